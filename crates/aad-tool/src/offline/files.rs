use super::Refusal;
use layout::draft_of;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// Whether the name is taken, by a link without a goal too.
pub(crate) fn is_there(path: &Path) -> Result<bool, Refusal> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if is_nothing(&error) => Ok(false),
        Err(cause) => Err(refused(path, cause)),
    }
}

/// Writes the draft of `path` durably, with mode 0600 and for whoever owns the directory.
pub(crate) fn write_draft(path: &Path, bytes: &[u8]) -> Result<PathBuf, Refusal> {
    let draft = draft_of(path);
    // One that a crash left was never in force.
    delete(&draft)?;
    let written = write(&draft, bytes);
    written.map(|()| draft.clone()).map_err(|cause| refused(&draft, cause))
}

fn write(draft: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = folder(draft);
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    let (ours, wanted) = (file.metadata()?, fs::metadata(dir)?);
    // The daemon is not root, and owns its state directory.
    if ours.uid() != wanted.uid() {
        fchown(&file, Some(wanted.uid()), Some(wanted.gid()))?;
    }
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the draft its name, durably.
pub(crate) fn put_in_force(path: &Path) -> Result<(), Refusal> {
    let renamed = fs::rename(draft_of(path), path).and_then(|()| File::open(folder(path))?.sync_all());
    renamed.map_err(|cause| refused(path, cause))
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
