use facts::Reason;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// A directory that stands for `/`: absolute links below it lead to places below it, and `..` never out of it.
#[derive(Debug)]
pub(crate) struct Root(PathBuf);

impl Root {
    pub(crate) fn new(path: &Path) -> Root {
        Root(path.to_owned())
    }

    /// Where a path leads: absolute, as the machine has it, without a link in it.
    pub(crate) fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let mut pending = parts(path);
        let (mut place, mut links) = (PathBuf::from("/"), 0);
        while let Some(part) = pending.pop_front() {
            if part == ".." {
                place.pop();
                continue;
            }
            let next = place.join(&part);
            if !fs::symlink_metadata(self.outside(&next))?.is_symlink() {
                place = next;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(io::ErrorKind::InvalidInput.into());
            }
            let target = fs::read_link(self.outside(&next))?;
            if target.is_absolute() {
                place = PathBuf::from("/");
            }
            let mut target = parts(&target);
            target.append(&mut pending);
            pending = target;
        }
        Ok(place)
    }

    /// The bytes of a regular file of at most `limit` bytes.
    pub(crate) fn bytes(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Reason> {
        let named = || path.display().to_string();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Reason::Missing(named()),
            _ => Reason::Unreadable(named()),
        };
        let place = self.outside(&self.resolve(path).map_err(failed)?);
        // Whoever opens a pipe waits for its other end.
        if !fs::symlink_metadata(&place).map_err(failed)?.is_file() {
            return Err(Reason::Unreadable(named()));
        }
        let mut bytes = Vec::new();
        let file = File::open(place).map_err(failed)?;
        file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > limit {
            return Err(Reason::TooLarge(named()));
        }
        Ok(bytes)
    }

    /// The text of a regular file of configuration or of `/proc`; what is not UTF-8 in it is replaced.
    pub(crate) fn text(&self, path: impl AsRef<Path>) -> Result<String, Reason> {
        Ok(String::from_utf8_lossy(&self.bytes(path.as_ref(), LARGEST_FILE)?).into_owned())
    }

    /// As [`Root::text`]; none where there is no such file.
    pub(crate) fn text_if_there(&self, path: impl AsRef<Path>) -> Result<Option<String>, Reason> {
        match self.text(path) {
            Ok(text) => Ok(Some(text)),
            Err(Reason::Missing(_)) => Ok(None),
            Err(reason) => Err(reason),
        }
    }

    /// One value of `/sys` without what stands around it; none where there is none.
    pub(crate) fn value(&self, path: impl AsRef<Path>) -> Result<Option<String>, Reason> {
        match self.bytes(path.as_ref(), LARGEST_VALUE) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned())),
            Err(Reason::Missing(_)) => Ok(None),
            Err(reason) => Err(reason),
        }
    }

    /// The names in a directory, sorted by their bytes; nothing where there is none.
    pub(crate) fn names(&self, path: impl AsRef<Path>) -> Result<Vec<String>, Reason> {
        let failed = |_| Reason::Unreadable(path.as_ref().display().to_string());
        let Ok(place) = self.resolve(path.as_ref()) else { return Ok(Vec::new()) };
        let place = self.outside(&place);
        if !place.is_dir() {
            return Ok(Vec::new());
        }
        let entries: io::Result<Vec<_>> = fs::read_dir(place).map_err(failed)?.take(MOST_NAMES + 1).collect();
        let entries = entries.map_err(failed)?;
        if entries.len() > MOST_NAMES {
            return Err(Reason::TooLarge(path.as_ref().display().to_string()));
        }
        let name = |entry: &fs::DirEntry| entry.file_name().into_string().ok();
        let mut names: Vec<String> = entries.iter().filter_map(name).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Whether something is there, at the end of links too.
    pub(crate) fn is_there(&self, path: impl AsRef<Path>) -> bool {
        self.resolve(path.as_ref()).is_ok()
    }

    fn outside(&self, place: &Path) -> PathBuf {
        self.0.join(place.strip_prefix("/").unwrap_or(place))
    }
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let part = |part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(part).collect()
}

/// Links on one way, as many as the kernel follows.
const MOST_LINKS: usize = 40;
/// Bytes of a file of configuration or of `/proc`; a machine with ten thousand mounts has less.
const LARGEST_FILE: u64 = 4 << 20;
/// Bytes of a value: a page of the kernel.
const LARGEST_VALUE: u64 = 4096;
/// Names in a directory.
const MOST_NAMES: usize = 65_536;
