use crate::ini::{Entry, Place};
use files::FileError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        cause: io::Error,
    },
    /// Somebody else could have changed a file, or a directory on the way to it.
    #[error(transparent)]
    Untrusted(FileError),
    /// A line is neither a section, an option nor a comment.
    #[error("{}:{line}: '{text}' is neither [section] nor option = value", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The first word of the line.
        text: String,
    },
    /// A value is not allowed.
    #[error("{}:{line}: {option} = {value} is not allowed; allowed: {allowed}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The option, or `[section]` for the name of a section.
        option: String,
        /// Its value.
        value: String,
        /// What would be.
        allowed: String,
    },
    /// Something that another option makes necessary is missing.
    #[error("{}:{line}: [{section}] {why}", path.display())]
    Missing {
        /// The file of the other option.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The section.
        section: String,
        /// What and why.
        why: String,
    },
}

impl ConfigError {
    pub(crate) fn unread(path: &Path, error: FileError) -> ConfigError {
        match error {
            FileError::Io { cause, .. } => ConfigError::File { path: path.to_owned(), cause },
            refused => ConfigError::Untrusted(refused),
        }
    }

    pub(crate) fn value(entry: &Entry, allowed: String) -> ConfigError {
        // A proxy may hold a password, whatever is wrong with the rest of it.
        let value = if entry.option == "proxy" { "(…)" } else { &entry.value };
        let Place { path, line } = entry.place.clone();
        let value = model::printable(value, 80);
        ConfigError::Value { path, line, option: entry.option.clone(), value, allowed }
    }
}

/// Something an operator should know; nothing stops for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note(pub String);

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
