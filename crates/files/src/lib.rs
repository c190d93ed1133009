//! Files that nobody else may change: judged by who owns them and who may write them, on the whole way to them.
//!
//! Every part of a path is opened by itself, without following a link, and judged by its descriptor; so what was
//! judged is what is used. Links are followed by hand where whoever made them is trusted, and never to a file that is
//! for its owner alone.

mod dir;
mod error;
mod judge;
mod public;
mod walk;

pub use dir::Dir;
pub use error::FileError;
pub use judge::{Fault, Found, Kind, Trust, Verdict, What, judge};
pub use public::{LARGEST, Notice, Public, find_public, list_public, read_public};

use std::fs::File;
use std::path::Path;

/// Opens a file of ours alone for reading, without following a link.
///
/// # Errors
/// [`FileError::Refused`] for a file that another user owns, may read or may write, one that is no regular file or
/// has a second name, and for a directory on the way that another user could exchange it in.
pub fn open_private(path: &Path, trust: &Trust) -> Result<File, FileError> {
    let (dir, name) = error::split(path)?;
    Dir::open(dir, trust)?.open_private(name)
}

/// Opens a file of ours for reading that is encrypted, so that others may read it.
///
/// # Errors
/// As [`open_private`], but for who may read it.
pub fn open_sealed(path: &Path, trust: &Trust) -> Result<File, FileError> {
    let (dir, name) = error::split(path)?;
    Dir::open(dir, trust)?.open_sealed(name)
}

/// Whether nothing is at a path; what cannot be looked at may be there.
pub fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// Writes a file of ours alone, whole or not at all, in the place of one that may be there: the name appears only when
/// the bytes are on disk. The directory is made where it is not there.
///
/// # Errors
/// [`FileError`]; what was at the name before is then still there.
pub fn write_private(path: &Path, bytes: &[u8], trust: &Trust) -> Result<(), FileError> {
    let (dir, name) = error::split(path)?;
    let (dir, draft) = (Dir::make(dir, trust)?, layout::draft_of(Path::new(name)));
    dir.write_draft(&draft, bytes)?;
    dir.rename(&draft, name)?;
    dir.sync()
}

/// The same, where nothing has the name yet.
///
/// # Errors
/// [`FileError::Io`] with [`std::io::ErrorKind::AlreadyExists`] where anything has it, a link too.
pub fn make_private(path: &Path, bytes: &[u8], trust: &Trust) -> Result<(), FileError> {
    let (dir, name) = error::split(path)?;
    let (dir, draft) = (Dir::make(dir, trust)?, layout::draft_of(Path::new(name)));
    dir.write_draft(&draft, bytes)?;
    dir.rename_to_free(&draft, name)?;
    dir.sync()
}
