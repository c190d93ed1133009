//! `himmelblau.conf`, with its drop-ins, as one checked value.
//!
//! The reader is our own because every error has to name file and line, which the INI libraries looked at
//! do not keep. The format is the incumbent's; options that name its files are understood and not obeyed.
//! Files are read in order and the last of two equal options counts; an empty value unsets a text, a path
//! or a list, and is malformed for everything else.

mod counting;
mod effective;
mod error;
mod foreign;
mod ini;
mod notes;
mod options;
#[cfg(test)]
mod pages;
mod reader;
mod rules;
mod scope;
mod settings;
mod sources;
mod values;

pub use effective::{Effective, Origin};
pub use error::{ConfigError, Note};
pub use options::{DomainOptions, GlobalOptions};
pub use settings::{DomainSettings, Pkcs11, Settings};
pub use sources::Sources;
pub use values::Proxy;

use std::collections::BTreeSet;

/// A configuration, and what an operator should know of it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The checked settings.
    pub settings: Settings,
    /// One sentence each, and each once.
    pub notes: Vec<Note>,
}

/// Reads and checks the configuration; a machine without one has the defaults and serves no domain.
///
/// # Errors
/// [`ConfigError`] naming file, line and option.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let mut parsed = ini::Parsed::default();
    let mut notes = BTreeSet::new();
    for file in sources.read()? {
        ini::parse(&file.path, &file.text, &mut parsed)?;
        notes.extend(file.notices.iter().map(|notice| Note(notice.to_string())));
    }
    let notes = notes.into_iter().chain(notes::notes(&parsed)).collect();
    Ok(Loaded { settings: reader::settings(parsed)?, notes })
}
