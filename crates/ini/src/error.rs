use files::FileError;
use std::io;
use std::path::{Path, PathBuf};

/// What is wrong with a file, or with one line of it.
#[derive(Debug, thiserror::Error)]
pub enum IniError {
    /// A file cannot be read.
    #[error("{}: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
    /// We may not read a file, or somebody else could have changed it or a directory on the way to it.
    #[error(transparent)]
    Refused(FileError),
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
    /// A line goes on with the value of an option that takes one value only.
    #[error("{}:{line}: this line continues {option}, which takes one value in one line", path.display())]
    Continued {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// The option of the lines above.
        option: String,
    },
    /// Something that counts is not UTF-8.
    #[error("{}:{line}: this is {what}; save the file as UTF-8", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
        /// What it is instead.
        what: &'static str,
    },
}

impl IniError {
    pub(crate) fn unread(path: &Path, error: FileError) -> IniError {
        match error {
            FileError::Io { cause, .. } => IniError::File { path: path.to_owned(), cause },
            refused => IniError::Refused(refused),
        }
    }

    /// The file and the line, where it is about one.
    pub fn place(&self) -> Option<(&Path, usize)> {
        match self {
            IniError::File { .. } | IniError::Refused(_) => None,
            IniError::Line { path, line, .. }
            | IniError::Continued { path, line, .. }
            | IniError::Encoding { path, line, .. } => Some((path, *line)),
        }
    }
}
