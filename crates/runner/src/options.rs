use clap::Parser;
use config::{Loaded, Settings, Sources};
use std::path::{Path, PathBuf};
use telemetry::Verbosity;

/// Gives this machine an identity in Microsoft Entra ID at the first sign-in, and keeps it.
#[derive(Debug, Parser)]
#[command(name = "firmamentd", version)]
pub(crate) struct Options {
    /// The configuration file (default: the himmelblau.conf of this machine).
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the identity is kept.
    #[arg(long, value_name = "DIR", default_value = "/var/lib/firmament")]
    pub(crate) state_dir: PathBuf,
    /// Where to listen (default: the option socket_path, else /run/firmament/socket).
    #[arg(long, value_name = "SOCKET")]
    socket: Option<PathBuf>,
    /// Log every step.
    #[arg(long)]
    debug: bool,
}

impl Options {
    pub(crate) fn sources(&self) -> Sources {
        self.config.as_deref().map_or_else(Sources::system, Sources::file)
    }

    pub(crate) fn socket(&self, settings: &Settings) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| settings.socket_path().to_owned())
    }

    /// What the command line or the option `debug` asks for.
    pub(crate) fn verbosity(&self, loaded: Option<&Loaded>) -> Verbosity {
        let configured = loaded.is_some_and(|loaded| loaded.settings.debug());
        if self.debug || configured { Verbosity::Debug } else { Verbosity::Normal }
    }

    pub(crate) fn state_dir(&self) -> &Path {
        &self.state_dir
    }
}
