//! `himmelblau.conf`, with its drop-ins, as one checked value.
//!
//! The reader is our own because every error has to name file and line, which the INI libraries looked at
//! do not keep. The format is the incumbent's; options that name its files are understood and not obeyed.

mod error;
mod ini;
mod options;
mod settings;
mod sources;

pub use error::{ConfigError, Note};
pub use settings::{DomainSettings, Effective, HsmType, IpVersion, Registration, Settings};
pub use sources::Sources;

/// A configuration, and what an operator should know of it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The checked settings.
    pub settings: Settings,
    /// One sentence each.
    pub notes: Vec<Note>,
}

/// Reads and checks the configuration; a machine without one has the defaults and serves no domain.
///
/// # Errors
/// [`ConfigError`] naming file, line and option.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut entries = Vec::new();
    for file in sources.files()? {
        ini::read(&file, &mut entries)?;
    }
    settings::check(entries)
}
