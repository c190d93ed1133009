//! The way to a name, one part at a time.

use crate::error::FileError;
use crate::judge::{Fault, Found, Kind, Trust, Verdict, What, judge};
use crate::public::Notice;
use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// Where a walk has come to.
pub(crate) struct Walk {
    pub(crate) trust: Trust,
    kind: Kind,
    /// Whether the owner of the directory at the end is trusted for being that.
    adopts: bool,
    /// The directory that was come to last.
    pub(crate) dir: File,
    /// Its path, without links.
    pub(crate) at: PathBuf,
    /// What an operator should know of the way.
    pub(crate) notices: Vec<Notice>,
    links: usize,
}

/// What a walk ends at.
pub(crate) enum End {
    /// A directory, which the walk stands in now.
    Here,
    /// Something else that has this name in the last directory.
    Name(OsString),
}

impl Walk {
    /// Begins at `/`; `kind` is what every directory is judged as.
    pub(crate) fn new(kind: Kind, trust: Trust) -> Result<Walk, FileError> {
        let root = PathBuf::from("/");
        let dir = openat(CWD, &root, PATH.union(OFlags::DIRECTORY), Mode::empty());
        let dir = File::from(dir.map_err(|error| FileError::io(&root, error))?);
        let found = found(&dir, &root)?;
        let mut walk =
            Walk { trust, kind, adopts: false, dir, at: root.clone(), notices: Vec::new(), links: 0 };
        walk.judge(&found, &root)?;
        Ok(walk)
    }

    /// Trusts whoever owns the directory at the end, and nobody else who is on the way.
    pub(crate) fn adopting(self) -> Walk {
        Walk { adopts: true, ..self }
    }

    /// Goes to where a path leads; each link that it takes was made by somebody who is trusted, in a directory
    /// where nobody else could.
    pub(crate) fn to(&mut self, path: &Path) -> Result<End, FileError> {
        let path = std::path::absolute(path).map_err(|error| FileError::io(path, error))?;
        let mut rest = names(&path);
        while let Some(name) = rest.pop_front() {
            if name == OsStr::new("..") {
                self.up()?;
                continue;
            }
            let next = self.at.join(&name);
            let part = self.part(&name).map_err(|error| FileError::io(&next, error))?;
            let found = found(&part, &next)?;
            match found.what {
                What::Link => rest = self.follow(&part, &found, &next)?.into_iter().chain(rest).collect(),
                What::Directory => {
                    if self.adopts && rest.is_empty() {
                        self.trust = self.trust.with_service(found.uid);
                    }
                    self.judge(&found, &next)?;
                    (self.dir, self.at) = (part, next);
                }
                _ if rest.is_empty() => return Ok(End::Name(name)),
                _ => return Err(FileError::io(&next, rustix::io::Errno::NOTDIR)),
            }
        }
        Ok(End::Here)
    }

    /// The directory that was come to, in a descriptor that lists and locks.
    pub(crate) fn listable(&self) -> Result<File, FileError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let file = openat(&self.dir, ".", flags, Mode::empty());
        file.map(File::from).map_err(|error| FileError::io(&self.at, error))
    }

    fn part(&self, name: &OsStr) -> io::Result<File> {
        let part = openat(&self.dir, name, PATH.union(OFlags::NOFOLLOW), Mode::empty());
        part.map(File::from).map_err(Into::into)
    }

    fn up(&mut self) -> Result<(), FileError> {
        let above = openat(&self.dir, "..", PATH.union(OFlags::DIRECTORY), Mode::empty());
        self.dir = File::from(above.map_err(|error| FileError::io(&self.at, error))?);
        self.at.pop();
        Ok(())
    }

    /// The names that a link stands for. Its mode says nothing: whoever may write its directory may change it.
    fn follow(&mut self, link: &File, found: &Found, path: &Path) -> Result<VecDeque<OsString>, FileError> {
        if !self.trust.holds(found.uid) {
            return Err(FileError::refused(path, Fault::Owner(found.uid), self.kind, &self.trust));
        }
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(FileError::io(path, rustix::io::Errno::LOOP));
        }
        let target = readlinkat(link, "", Vec::new()).map_err(|error| FileError::io(path, error))?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        if target.is_absolute() {
            let root = Walk::new(self.kind, self.trust)?;
            (self.dir, self.at) = (root.dir, root.at);
        }
        Ok(names(&target))
    }

    fn judge(&mut self, found: &Found, path: &Path) -> Result<(), FileError> {
        match judge(found, self.kind, &self.trust) {
            Verdict::Fine => {}
            Verdict::Notice(fault) => self.note(path, fault),
            Verdict::Refused(fault) => {
                return Err(FileError::refused(path, fault, self.kind, &self.trust));
            }
        }
        Ok(())
    }

    /// Keeps what an operator should know, once.
    pub(crate) fn note(&mut self, path: &Path, fault: Fault) {
        let notice = Notice { path: path.to_owned(), fault };
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }
}

fn found(part: &File, path: &Path) -> Result<Found, FileError> {
    part.metadata().map(|found| Found::of(&found)).map_err(|error| FileError::io(path, error))
}

fn names(path: &Path) -> VecDeque<OsString> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(name).collect()
}

/// A descriptor that only names something, which opens no device and waits for no pipe.
const PATH: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
/// As many as Linux follows.
const MOST_LINKS: usize = 40;
