//! Where the daemon's log goes, and how to find a secret that leaked into one.

mod canary;

pub use canary::{Encoding, scan};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

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
    let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let log = match std::env::var_os("JOURNAL_STREAM") {
        Some(_) => log.without_time().boxed(),
        None => log.boxed(),
    };
    let set = tracing_subscriber::registry().with(log.with_filter(targets(verbosity))).try_init();
    if set.is_err() {
        tracing::debug!("A log is set up already");
    }
}

/// What is logged: everything of ours from a level on.
fn targets(verbosity: Verbosity) -> Targets {
    match verbosity {
        Verbosity::Normal => Targets::new().with_default(LevelFilter::INFO),
        // The libraries below us log what they send, which may hold secrets.
        Verbosity::Debug => {
            let below = LIBRARIES.map(|library| (library, LevelFilter::INFO));
            Targets::new().with_default(LevelFilter::DEBUG).with_targets(below)
        }
    }
}

/// Libraries that see what is sent and stored.
const LIBRARIES: [&str; 5] = ["hyper", "hyper_util", "rustls", "h2", "sled"];

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::Level;

    #[test]
    fn what_libraries_send_is_in_no_log() {
        for (verbosity, target, level, logged) in [
            (Verbosity::Normal, "driver::computer", Level::INFO, true),
            (Verbosity::Normal, "driver::computer", Level::DEBUG, false),
            (Verbosity::Debug, "driver::computer", Level::DEBUG, true),
            (Verbosity::Debug, "driver::computer", Level::TRACE, false),
            (Verbosity::Debug, "hyper::proto::h1", Level::DEBUG, false),
            (Verbosity::Debug, "hyper_util::client", Level::DEBUG, false),
            (Verbosity::Debug, "rustls::client::hs", Level::DEBUG, false),
            (Verbosity::Debug, "h2::codec", Level::DEBUG, false),
            (Verbosity::Debug, "sled::pagecache", Level::DEBUG, false),
            (Verbosity::Debug, "rustls::client::hs", Level::WARN, true),
        ] {
            let told = targets(verbosity).would_enable(target, &level);
            assert_eq!(told, logged, "{verbosity:?} {target} {level}");
        }
    }
}
