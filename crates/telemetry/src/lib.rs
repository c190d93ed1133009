//! Where the daemon's log goes, and how to find a secret that leaked into one.

mod canary;

pub use canary::{Encoding, scan};

use tracing_subscriber::EnvFilter;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// Changes of state, warnings, errors.
    Normal,
    /// Every step of ours.
    Debug,
}

/// Sends the log to standard error; under systemd the journal adds the time itself.
pub fn init(verbosity: Verbosity) {
    let filter = match verbosity {
        Verbosity::Normal => EnvFilter::new("info"),
        // The libraries below us log what they send, which may hold secrets.
        Verbosity::Debug => EnvFilter::new("debug,hyper=info,hyper_util=info,rustls=info,h2=info,sled=info"),
    };
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    let set = match std::env::var_os("JOURNAL_STREAM") {
        Some(_) => log.without_time().try_init(),
        None => log.try_init(),
    };
    if set.is_err() {
        tracing::debug!("A log is set up already");
    }
}
