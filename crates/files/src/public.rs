use crate::error::{FileError, mend, split};
use crate::judge::{Fault, Found, Kind, Trust, Verdict, judge};
use crate::walk::{End, Walk};
use rustix::fs::{Mode, OFlags, openat};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What an operator should know of a part of a path; it is used all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The part of the path.
    pub path: PathBuf,
    /// What is odd about it.
    pub fault: Fault,
}

impl fmt::Display for Notice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trust = Trust { me: 0, service: None };
        let mend = mend(&self.path, self.fault, Kind::Public, &trust);
        write!(out, "{} {}: {mend}", self.path.display(), self.fault)
    }
}

/// Something that anybody may read, and what an operator should know of the way to it.
#[derive(Debug)]
pub struct Public<T> {
    /// What was read.
    pub content: T,
    /// Each part of the path once.
    pub notices: Vec<Notice>,
    /// Whether every user of the system may read it.
    pub world_readable: bool,
}

/// Reads a file that only root or the user who runs this can change; links that they made are followed.
///
/// # Errors
/// [`FileError::Refused`] that names the part of the path that another user owns or may write, and the command that
/// mends it; [`FileError::Io`] with [`io::ErrorKind::FileTooLarge`] for more than [`LARGEST`] bytes.
pub fn read_public(path: &Path, trust: &Trust) -> Result<Public<Vec<u8>>, FileError> {
    let (mut walk, path, _) = find(path, trust)?;
    let failed = |error: io::Error| FileError::io(&path, error);
    let (file, world_readable) = open(&mut walk, &path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let mut content = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut content).map_err(failed)?;
    match content.len() as u64 > LARGEST {
        true => Err(failed(io::ErrorKind::FileTooLarge.into())),
        false => Ok(Public { content, notices: walk.notices, world_readable }),
    }
}

/// The path without links of a file that only root or the user who runs this can change or exchange.
///
/// # Errors
/// As [`read_public`].
pub fn find_public(path: &Path, trust: &Trust) -> Result<Public<PathBuf>, FileError> {
    let (walk, content, world_readable) = find(path, trust)?;
    Ok(Public { content, notices: walk.notices, world_readable })
}

/// Goes to a file, which is judged and not opened: a pipe or a device never is.
fn find(path: &Path, trust: &Trust) -> Result<(Walk, PathBuf, bool), FileError> {
    let mut walk = Walk::new(Kind::PublicWay, *trust)?;
    let End::Name(name) = walk.to(path)? else {
        return Err(FileError::refused(&walk.at, Fault::Not("regular file"), Kind::Public, trust));
    };
    let path = walk.at.join(&name);
    let (_, world_readable) = open(&mut walk, &path, OFlags::PATH)?;
    Ok((walk, path, world_readable))
}

/// Opens and judges what has the last name of a path in the directory that was come to; a pipe that took the place
/// does not hang. Says too whether everybody may read it.
fn open(walk: &mut Walk, path: &Path, access: OFlags) -> Result<(File, bool), FileError> {
    let failed = |error: io::Error| FileError::io(path, error);
    let (_, name) = split(path)?;
    let file = openat(&walk.dir, name, access | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty());
    let file = File::from(file.map_err(|error| failed(error.into()))?);
    let found = Found::of(&file.metadata().map_err(failed)?);
    match judge(&found, Kind::Public, &walk.trust) {
        Verdict::Fine => {}
        Verdict::Notice(fault) => walk.note(path, fault),
        Verdict::Refused(fault) => return Err(FileError::refused(path, fault, Kind::Public, &walk.trust)),
    }
    Ok((file, found.mode & 0o004 != 0))
}

/// The names in a directory where only root or the user who runs this can make any.
///
/// # Errors
/// As [`read_public`].
pub fn list_public(path: &Path, trust: &Trust) -> Result<Public<Vec<OsString>>, FileError> {
    let mut walk = Walk::new(Kind::PublicWay, *trust)?;
    if let End::Name(_) = walk.to(path)? {
        return Err(FileError::io(path, rustix::io::Errno::NOTDIR));
    }
    let failed = |error| FileError::io(path, error);
    let mut content = Vec::new();
    for entry in rustix::fs::Dir::new(walk.listable()?).map_err(failed)? {
        let name = OsStr::from_bytes(entry.map_err(failed)?.file_name().to_bytes()).to_owned();
        if name != "." && name != ".." {
            content.push(name);
        }
    }
    content.sort();
    Ok(Public { content, notices: walk.notices, world_readable: true })
}

/// The longest file that is read, in bytes; the bundle of all certificates of a system has a quarter of a megabyte.
pub const LARGEST: u64 = 8 << 20;
