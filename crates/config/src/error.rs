use ini::{Entry, IniError, Place};
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file, or a line of it, cannot be read.
    #[error(transparent)]
    Source(#[from] IniError),
    /// A value is not allowed.
    #[error("{}:{line}: {option} = {value} is not allowed; allowed: {allowed}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The option, or `[section]` for the name of a section.
        option: String,
        /// Its value, or the part of a list.
        value: String,
        /// What would be.
        allowed: String,
    },
    /// What several options say cannot be together, or one that another makes necessary is missing.
    #[error("{}:{line}: [{section}] {why}", path.display())]
    Combination {
        /// The file of one of them.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The section.
        section: String,
        /// Which, and why.
        why: String,
    },
    /// An option says who may sign in or where, and Firmament could not keep to it.
    #[error("{}:{line}: {option} {why}", path.display())]
    NotKept {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The option.
        option: String,
        /// Why it cannot be kept, and what to do.
        why: String,
    },
}

impl ConfigError {
    /// `part` is the part of a list that is at fault, by how many lines below the first it stands.
    pub(crate) fn value(entry: &Entry, part: Option<(usize, String)>, allowed: String) -> ConfigError {
        let (below, part) = part.unwrap_or_else(|| (0, entry.value.clone()));
        // A proxy may hold a password, whatever is wrong with the rest of it.
        let value = if entry.option == "proxy" { "(…)" } else { &part };
        let Place { path, line } = entry.place.clone();
        let value = model::printable(value, 80);
        ConfigError::Value { path, line: line + below, option: entry.option.clone(), value, allowed }
    }

    pub(crate) fn not_kept(entry: &Entry, why: String) -> ConfigError {
        let Place { path, line } = entry.place.clone();
        ConfigError::NotKept { path, line, option: model::printable(&entry.option, 60), why }
    }

    pub(crate) fn combination(entry: Option<&Entry>, section: &str, why: String) -> ConfigError {
        let place = entry.map(|entry| entry.place.clone());
        let Place { path, line } = place.unwrap_or(Place { path: PathBuf::new(), line: 0 });
        ConfigError::Combination { path, line, section: section.to_owned(), why }
    }

    /// The file and the line, where it is about one.
    pub fn place(&self) -> Option<(&Path, usize)> {
        match self {
            ConfigError::Source(error) => error.place(),
            ConfigError::Value { path, line, .. }
            | ConfigError::Combination { path, line, .. }
            | ConfigError::NotKept { path, line, .. } => Some((path, *line)),
        }
    }
}

/// Everything that keeps a configuration from being used, each in a line of its own.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        out.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}

/// Something an operator should know; nothing stops for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note(pub String);

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
