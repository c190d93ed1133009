//! Small files of ours that keys hang on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes a file with mode 0600, whole or not at all: the name appears only when the bytes are on disk. The
/// directory is made where it is not there.
///
/// # Errors
/// Whatever the file system says; what was at the name before is then still there.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(dir)?;
    let draft = layout::draft_of(path);
    // A draft left by a crash was never in force.
    fs::remove_file(&draft)
        .or_else(|error| (error.kind() == io::ErrorKind::NotFound).then_some(()).ok_or(error))?;
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(dir)?.sync_all()
}
