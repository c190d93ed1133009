use crate::Refusal;
use files::{Dir, FileError, Trust};
use layout::draft_of;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Whether the name is taken, by a link without a goal too.
pub(crate) fn is_there(path: &Path) -> Result<bool, Refusal> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if is_nothing(&error) => Ok(false),
        Err(cause) => Err(refused(path, cause)),
    }
}

/// The state directory, which the user of the service may own; none where there is none.
pub(crate) fn service_dir(path: &Path) -> Result<Option<Dir>, Refusal> {
    there(Dir::adopt(path, &Trust::current()))
}

/// A private file of root or of the service's user, opened without following a link; none where there is none.
pub(crate) fn open_private(path: &Path) -> Result<Option<File>, Refusal> {
    let Some(dir) = service_dir(folder(path))? else { return Ok(None) };
    there(dir.open_private(name(path)))
}

/// What was opened; none where nothing is there.
pub(crate) fn there<T>(opened: Result<T, FileError>) -> Result<Option<T>, Refusal> {
    match opened {
        Err(error) if error.is_not_found() => Ok(None),
        other => Ok(other.map(Some)?),
    }
}

/// Writes the draft of `path` durably, with mode 0600 and for whoever owns the directory.
pub(crate) fn write_draft(path: &Path, bytes: &[u8]) -> Result<PathBuf, Refusal> {
    let draft = draft_of(path);
    let made = || Dir::make(folder(path), &Trust::current());
    let dir = service_dir(folder(path))?.map_or_else(made, Ok)?;
    // One that a crash left was never in force.
    dir.write_draft(name(&draft), bytes)?;
    Ok(draft)
}

/// Gives the draft its name, durably.
pub(crate) fn put_in_force(path: &Path) -> Result<(), Refusal> {
    let dir = Dir::adopt(folder(path), &Trust::current())?;
    dir.rename_to_free(name(&draft_of(path)), name(path))?;
    Ok(dir.sync()?)
}

/// Deletes a file, a link or a directory durably; says whether there was one.
pub(crate) fn delete(path: &Path) -> Result<bool, Refusal> {
    let deleted = fs::symlink_metadata(path).and_then(|found| match found.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    });
    match deleted.and_then(|()| File::open(folder(path))?.sync_all()) {
        Ok(()) => Ok(true),
        Err(error) if is_nothing(&error) => Ok(false),
        Err(cause) => Err(refused(path, cause)),
    }
}

pub(crate) fn refused(path: &Path, cause: io::Error) -> Refusal {
    Refusal::File { path: path.to_owned(), cause }
}

fn is_nothing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

fn name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}
