//! `himmelblau.conf`, with its drop-ins, as one checked value.
//!
//! The format is the incumbent's; options that name its files are understood and not obeyed.
//! Files are read in order and the last of two equal options counts; an empty value unsets a text, a path
//! or a list, and is malformed for everything else.
//! Everything that is wrong is told at once, each with its file and line.

mod clouds;
mod counting;
mod effective;
mod error;
mod guess;
mod notes;
mod options;
#[cfg(test)]
mod pages;
mod proxy;
mod ranges;
mod reader;
mod report;
mod restrictions;
mod rules;
mod scope;
mod settings;
mod spelling;

pub use effective::{Effective, Origin};
pub use error::{ConfigError, ConfigErrors, Note};
pub use options::{BreakglassOptions, DomainOptions, GlobalOptions};
pub use proxy::{Proxy, ProxyCredentials, ProxyInForce, proxy_in_force};
pub use settings::{DomainSettings, Pkcs11, Settings};

use ini::{Contents, Sources};
use report::Report;

/// A configuration, and what an operator should know of it.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The checked settings.
    pub settings: Settings,
    /// One sentence each, and each once.
    pub notes: Vec<Note>,
    /// Known options that do nothing here, each with its place; one of the notes counts them.
    pub without_effect: Vec<Note>,
}

/// A configuration with all that is wrong with it.
#[derive(Debug)]
pub struct Checked {
    /// What could be read; in the place of what is wrong stands the default.
    pub loaded: Loaded,
    /// In the order of the files; with any of them the configuration must not be used.
    pub errors: Vec<ConfigError>,
}

/// Reads and checks the configuration to its end; a machine without one has the defaults and serves no domain.
pub fn check(sources: &Sources) -> Checked {
    let Contents { mut parsed, errors, notices, files } = sources.read(&options::shape);
    let mut report = Report::default();
    errors.into_iter().for_each(|error| report.error(error.into()));
    report.notes.extend(notices.into_iter().map(Note));
    reader::normalise(&mut parsed, &mut report);
    notes::notes(&parsed, &mut report);
    restrictions::check(&parsed, &mut report);
    let settings = reader::settings(parsed, &mut report);
    report.notes.extend(rules::readable_password(&settings.parsed, &settings.global, &files));
    let (errors, notes, without_effect) = report.into_parts(&files);
    Checked { loaded: Loaded { settings, notes, without_effect }, errors }
}

/// The same for whoever can do nothing with a configuration that is wrong.
///
/// # Errors
/// [`ConfigErrors`], each naming file, line and option.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigErrors> {
    let Checked { loaded, errors } = check(sources);
    if errors.is_empty() { Ok(loaded) } else { Err(ConfigErrors(errors)) }
}
