use std::fmt;
use std::io;
use std::path::PathBuf;

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
    /// A line is neither a section, an option nor a comment.
    #[error("{}:{line}: '{text}' is neither [section] nor option = value", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The line, shortened.
        text: String,
    },
    /// A value is not allowed.
    #[error("{}:{line}: {option} = {value} is not allowed; allowed: {allowed}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The option.
        option: String,
        /// Its value.
        value: String,
        /// What would be.
        allowed: String,
    },
    /// Something that another option makes necessary is missing.
    #[error("[{section}] {why}")]
    Missing {
        /// The section.
        section: String,
        /// What and why.
        why: String,
    },
    /// This version does not have what is asked for.
    #[error("{option} = {value} is not in this version: {instead}")]
    Unsupported {
        /// The option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What to do instead.
        instead: &'static str,
    },
}

/// Something an operator should know; nothing stops for it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note(pub String);

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
