//! A change of a file that another process writes too: root's while the daemon runs.

use crate::opened;
use rustix::fs::{CWD, RenameFlags, Stat, rename, renameat_with, stat, unlink};
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// Replaces a file by what becomes of the one that is there, which `bytes_after` reads at the path that it is given.
/// The two change places in one step, so that a file which somebody put there meanwhile is found, and changed in its
/// turn: nothing that another writes is lost.
///
/// # Errors
/// Where it cannot be written, or others write it again and again.
pub fn update(
    path: &Path,
    mode: u32,
    mut bytes_after: impl FnMut(&Path) -> io::Result<Vec<u8>>,
) -> io::Result<()> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // Not the daemon's name: neither takes away what the other is writing.
    let beside = directory.join(format!(".{}.update", name.to_string_lossy()));
    let mut known = identity(path);
    let mut bytes = bytes_after(path)?;
    for _ in 0..TRIES {
        crate::write_beside(&beside, &bytes, mode)?;
        let put = identity(&beside);
        let had = match renameat_with(CWD, &beside, CWD, path, RenameFlags::EXCHANGE) {
            Ok(()) => identity(&beside),
            // There is none to change places with; one that comes at this moment is met in the next round.
            Err(Errno::NOENT) => match renameat_with(CWD, &beside, CWD, path, RenameFlags::NOREPLACE) {
                Ok(()) => return durable(directory),
                Err(Errno::EXIST | Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            },
            // The file system cannot do it.
            Err(Errno::INVAL | Errno::NOSYS) => {
                rename(&beside, path)?;
                return durable(directory);
            }
            Err(error) => return Err(error.into()),
        };
        if had == known {
            unlink(&beside)?;
            return durable(directory);
        }
        (known, bytes) = (put, bytes_after(&beside)?);
    }
    // What they wrote last is better than an old one with the change.
    rename(&beside, path)?;
    Err(io::Error::other("others write it all the time"))
}

fn durable(directory: &Path) -> io::Result<()> {
    std::fs::File::open(directory)?.sync_all()
}

/// Which file it is; a rename leaves all of this.
fn identity(path: &Path) -> Option<(u64, i64, u64, i64)> {
    let of = |it: Stat| (it.st_ino, it.st_mtime, it.st_mtime_nsec, it.st_size);
    let regular = opened(path).is_ok();
    stat(path).ok().filter(|_| regular).map(of)
}

/// Each one is lost only where somebody else has just written.
const TRIES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replace;
    use std::fs;

    fn marked(path: &Path) -> io::Result<Vec<u8>> {
        Ok([fs::read(path).unwrap_or_default(), b"+".to_vec()].concat())
    }

    #[test]
    fn what_another_writes_meanwhile_is_changed_and_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("names");
        for before in [None, Some("one")] {
            let _ = before.map(|text| fs::write(&path, text).unwrap());
            let mut others = ["four", "three", "two"].to_vec();
            update(&path, 0o644, |at| {
                let bytes = marked(at);
                others
                    .pop()
                    .into_iter()
                    .for_each(|other| assert!(replace(&path, other.as_bytes(), 0o644).is_ok()));
                bytes
            })
            .unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "four+");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn the_first_one_is_written_and_a_quiet_one_is_changed_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("names");
        for expected in ["+", "++"] {
            update(&path, 0o644, marked).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        }
        assert!(update(&dir.path().join("no/names"), 0o644, marked).is_err());
    }

    #[test]
    fn one_that_is_written_all_the_time_is_given_up_and_left_to_the_others() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("names");
        let mut count = 0;
        let ended = update(&path, 0o644, |at| {
            count += 1;
            let bytes = marked(at);
            replace(&path, format!("{count}").as_bytes(), 0o644).unwrap();
            bytes
        });
        assert!(ended.is_err());
        assert!(fs::read_to_string(&path).unwrap().parse::<usize>().is_ok());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
