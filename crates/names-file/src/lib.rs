//! The files of names and of verdicts: written whole, and opened so that nothing that lies in their place can hold up or deceive the
//! process that reads them: sshd, sudo, or whatever looks up a name (login.md 3.3).

mod update;

pub use update::update;

use names::{Damaged, Names, Source, Verdicts};
use rustix::fs::{FileType, Mode, OFlags, Stat, fchmod, fstat, open, rename, stat, unlink};
use rustix::io::{Errno, pread};
use std::fs::{File, Metadata};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Why there is nothing to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// There is no such file: nobody is known.
    Missing,
    /// It is damaged, somebody else's, or cannot be read.
    Bad,
}

impl From<Damaged> for Unusable {
    fn from(_: Damaged) -> Unusable {
        Unusable::Bad
    }
}

/// A file that is read at a place, whatever becomes of it meanwhile.
#[derive(Debug)]
pub struct Pages(OwnedFd);

impl Source for Pages {
    fn fill(&self, place: u64, buffer: &mut [u8]) -> bool {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match pread(&self.0, rest, place + filled as u64) {
                Ok(0) => return false,
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
        }
        true
    }
}

/// The file of names, where it is root's or its directory's owner's, and nobody else's to write.
///
/// # Errors
/// [`Unusable`], where nobody is known by it.
pub fn names(root: u32, path: &Path) -> Result<Names<Pages>, Unusable> {
    Ok(Names::open(pages(root, path)?)?)
}

/// The file of verdicts, by the same rule.
///
/// # Errors
/// [`Unusable`], where nothing is decided by it.
pub fn verdicts(root: u32, path: &Path) -> Result<Verdicts<Pages>, Unusable> {
    Ok(Verdicts::open(pages(root, path)?)?)
}

/// The first line of a short file of text, by the same rule.
///
/// # Errors
/// [`Unusable`], where there is no such line.
pub fn line(root: u32, path: &Path) -> Result<String, Unusable> {
    let mut text = String::new();
    let file = File::from(pages(root, path)?.0);
    file.take(LONGEST_LINE).read_to_string(&mut text).map_err(|_| Unusable::Bad)?;
    text.lines().next().map(str::to_owned).ok_or(Unusable::Bad)
}

fn pages(root: u32, path: &Path) -> Result<Pages, Unusable> {
    let directory = path.parent().map(stat).ok_or(Unusable::Bad)?.map_err(missing)?;
    let (file, of) = opened(path)?;
    let owned = of.st_uid == root || of.st_uid == directory.st_uid;
    if !owned || is_writable_by_others(&of) || is_writable_by_others(&directory) {
        return Err(Unusable::Bad);
    }
    Ok(Pages(file))
}

/// The text of a file that is one user's alone to write; none where there is none such.
pub fn text_of(owner: u32, path: &Path) -> Option<String> {
    let (file, of) = opened(path).ok()?;
    let good = of.st_uid == owner && !is_writable_by_others(&of);
    let mut text = String::new();
    (good && File::from(file).take(LONGEST_TEXT).read_to_string(&mut text).is_ok()).then_some(text)
}

/// A file as it can be told from any other that comes into its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The device that it is on.
    pub device: u64,
    /// Its inode there.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was written: seconds since 1970, and nanoseconds.
    pub modified: (i64, i64),
}

/// What is in a place now, not following a link; none where there is nothing.
pub fn stamp(path: &Path) -> Option<Stamp> {
    std::fs::symlink_metadata(path).ok().map(|found| of(&found))
}

fn of(found: &Metadata) -> Stamp {
    Stamp {
        device: found.dev(),
        inode: found.ino(),
        size: found.size(),
        modified: (found.mtime(), found.mtime_nsec()),
    }
}

/// Puts a file in the place of the one that is there, durable and whole: whoever reads has the old one or the new one.
/// What it is on the disk then.
///
/// # Errors
/// Where it cannot be written; the old one is then in its place.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<Stamp> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let beside = directory.join(format!(".{}.new", name.to_string_lossy()));
    let written = write_beside(&beside, bytes, mode).and_then(|stamp| {
        rename(&beside, path)?;
        Ok(stamp)
    });
    let stamp = written.inspect_err(|_| {
        // The error that counts is the first one.
        let _ = unlink(&beside);
    })?;
    File::open(directory)?.sync_all()?;
    Ok(stamp)
}

/// A new file, durable, which is not in its place yet; of the file itself, for what is in the place afterwards may be
/// somebody else's.
fn write_beside(beside: &Path, bytes: &[u8], mode: u32) -> io::Result<Stamp> {
    // What a crash left.
    match unlink(beside) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(open(beside, flags, Mode::from_raw_mode(0o600))?);
    file.write_all(bytes)?;
    fchmod(&file, Mode::from_raw_mode(mode))?;
    file.sync_all()?;
    Ok(of(&file.metadata()?))
}

/// A regular file: a FIFO or a lease would hold up who opens it without `NONBLOCK`.
fn opened(path: &Path) -> Result<(OwnedFd, Stat), Unusable> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = open(path, flags, Mode::empty()).map_err(missing)?;
    let of = fstat(&file).map_err(|_| Unusable::Bad)?;
    let is_file = FileType::from_raw_mode(of.st_mode) == FileType::RegularFile;
    if is_file { Ok((file, of)) } else { Err(Unusable::Bad) }
}

fn missing(error: Errno) -> Unusable {
    if matches!(error, Errno::NOENT | Errno::NOTDIR) { Unusable::Missing } else { Unusable::Bad }
}

fn is_writable_by_others(of: &Stat) -> bool {
    of.st_mode & 0o022 != 0
}

/// Of a file of one line.
const LONGEST_LINE: u64 = 256;
/// Of /etc/group and the like.
const LONGEST_TEXT: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use ::names::{Snapshot, encode, encode_verdicts};
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn what_is_not_ours_to_believe_is_unavailable_and_what_is_not_there_is_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("names");
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(dir.path(), 0o755);
        fs::write(&file, encode(&Snapshot::default()).unwrap()).unwrap();
        mode(&file, 0o644);
        let short = dir.path().join("language");
        fs::write(&short, "de!\nmore\n").unwrap();
        mode(&short, 0o644);
        assert_eq!(line(0, &short), Ok("de!".to_owned()));
        mode(&short, 0o666);
        assert_eq!(line(0, &short), Err(Unusable::Bad));
        mode(&short, 0o644);
        for (content, unusable) in [(&b""[..], Unusable::Bad), (b"\xff\n", Unusable::Bad)] {
            fs::write(&short, content).unwrap();
            assert_eq!(line(0, &short), Err(unusable));
        }
        assert_eq!(line(0, &dir.path().join("nothing")), Err(Unusable::Missing));
        let of = || names(0, &file).map(drop);
        assert_eq!(of(), Ok(()));
        for writable in [0o664, 0o646] {
            mode(&file, writable);
            assert_eq!(of(), Err(Unusable::Bad), "{writable:o}");
        }
        mode(&file, 0o644);
        mode(dir.path(), 0o777);
        assert_eq!(of(), Err(Unusable::Bad));
        mode(dir.path(), 0o755);
        fs::rename(&file, dir.path().join("elsewhere")).unwrap();
        assert_eq!(of(), Err(Unusable::Missing));
        symlink("elsewhere", &file).unwrap();
        assert_eq!(of(), Err(Unusable::Bad));
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert_eq!(of(), Err(Unusable::Bad));
        fs::remove_dir(&file).unwrap();
        assert_eq!(names(0, &dir.path().join("no/names")).map(drop), Err(Unusable::Missing));
    }

    #[test]
    fn a_file_is_replaced_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("names");
        replace(&path, b"one", 0o644).unwrap();
        fs::write(dir.path().join(".names.new"), b"what a crash left").unwrap();
        replace(&path, b"two", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        // A directory cannot be replaced by a file, nor what is in its way.
        fs::create_dir(dir.path().join("verdicts")).unwrap();
        assert!(replace(&dir.path().join("verdicts"), b"x", 0o600).is_err());
        fs::create_dir(dir.path().join(".names.new")).unwrap();
        assert!(replace(&path, b"three", 0o600).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert!(replace(&dir.path().join("no/names"), b"x", 0o600).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
    }

    #[test]
    fn one_file_is_not_taken_for_the_other() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let file = dir.path().join("verdicts");
        fs::write(&file, encode_verdicts(&[])).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(verdicts(0, &file).map(drop), Ok(()));
        assert_eq!(names(0, &file).map(drop), Err(Unusable::Bad));
    }

    #[test]
    fn a_text_is_read_only_of_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let (file, own) = (dir.path().join("text"), rustix::process::geteuid().as_raw());
        fs::write(&file, "sudo\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(text_of(own, &file).as_deref(), Some("sudo\n"));
        assert_eq!(text_of(own + 1, &file), None);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(text_of(own, &file), None);
        assert_eq!(text_of(own, &dir.path().join("none")), None);
    }
}
