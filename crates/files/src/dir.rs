use crate::error::{FileError, split};
use crate::judge::{Found, Kind, Trust, Verdict, judge};
use crate::walk::{End, Walk};
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

/// A directory of private files that was come to by a way that nobody else can change.
///
/// Every name is looked up in the descriptor, and no link is followed.
#[derive(Debug)]
pub struct Dir {
    file: File,
    at: PathBuf,
    trust: Trust,
}

impl Dir {
    /// Opens a directory that is there.
    ///
    /// # Errors
    /// [`FileError::Refused`] that names the part of the path that another user owns or may write.
    pub fn open(path: &Path, trust: &Trust) -> Result<Dir, FileError> {
        Dir::at_end_of(Walk::new(Kind::PrivateWay, *trust)?, path)
    }

    /// Opens the directory of a service for root, whoever owns it: that user may own the files in it too.
    ///
    /// # Errors
    /// As [`Dir::open`]; nobody but the user who runs this may own what is above it.
    pub fn adopt(path: &Path, trust: &Trust) -> Result<Dir, FileError> {
        Dir::at_end_of(Walk::new(Kind::PrivateWay, *trust)?.adopting(), path)
    }

    fn at_end_of(mut walk: Walk, path: &Path) -> Result<Dir, FileError> {
        match walk.to(path)? {
            End::Here => Ok(Dir { file: walk.listable()?, at: walk.at, trust: walk.trust }),
            End::Name(_) => Err(FileError::io(path, Errno::NOTDIR)),
        }
    }

    /// Opens a directory, which is made with mode 0700 where it is not there, as are those on the way.
    ///
    /// # Errors
    /// As [`Dir::open`].
    pub fn make(path: &Path, trust: &Trust) -> Result<Dir, FileError> {
        Dir::make_with(path, trust, Mode::RWXU)
    }

    /// The same for what every user comes to, as a socket: what is made has mode 0755, whatever the umask.
    ///
    /// # Errors
    /// As [`Dir::open`].
    pub fn make_public(path: &Path, trust: &Trust) -> Result<Dir, FileError> {
        Dir::make_with(path, trust, Mode::from_raw_mode(0o755))
    }

    fn make_with(path: &Path, trust: &Trust, mode: Mode) -> Result<Dir, FileError> {
        match Dir::open(path, trust) {
            Err(error) if error.is_not_found() => {}
            other => return other,
        }
        let (above, name) = split(path)?;
        let above = Dir::make_with(above, trust, mode)?;
        let made = match rustix::fs::mkdirat(&above.file, name, Mode::RWXU) {
            // A link that leads nowhere exists too, and is not found again below.
            Err(Errno::EXIST) => false,
            made => made.map(|()| true).map_err(|error| FileError::io(path, error))?,
        };
        above.sync()?;
        let dir = Dir::open(path, trust)?;
        if made && mode != Mode::RWXU {
            rustix::fs::fchmod(&dir.file, mode).map_err(|error| FileError::io(path, error))?;
        }
        Ok(dir)
    }

    /// Its path, without links.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// The directory itself, to be locked.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Makes the names in it durable.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn sync(&self) -> Result<(), FileError> {
        self.file.sync_all().map_err(|error| FileError::io(&self.at, error))
    }

    /// Opens a private file for reading.
    ///
    /// # Errors
    /// [`FileError::Refused`] for one that another user owns, may read or may write, for a link, a file with a second
    /// name, and what is no regular file.
    pub fn open_private(&self, name: impl AsRef<OsStr>) -> Result<File, FileError> {
        self.open_judged(name.as_ref(), OFlags::RDONLY, Kind::Private)
    }

    /// Opens a private file for reading and writing; it keeps its content.
    ///
    /// # Errors
    /// As [`Dir::open_private`].
    pub fn open_private_to_write(&self, name: impl AsRef<OsStr>) -> Result<File, FileError> {
        self.open_judged(name.as_ref(), OFlags::RDWR, Kind::Private)
    }

    /// Opens a file for reading that is encrypted, so that others may read it.
    ///
    /// # Errors
    /// As [`Dir::open_private`], but for who may read it.
    pub fn open_sealed(&self, name: impl AsRef<OsStr>) -> Result<File, FileError> {
        self.open_judged(name.as_ref(), OFlags::RDONLY, Kind::Sealed)
    }

    /// Makes a file with mode 0600, for reading and writing; it belongs to whoever the directory belongs to.
    ///
    /// # Errors
    /// [`FileError::Io`] with [`io::ErrorKind::AlreadyExists`] where anything has the name, a link too.
    pub fn create_private(&self, name: impl AsRef<OsStr>) -> Result<File, FileError> {
        let name = name.as_ref();
        let failed = |error: io::Error| FileError::io(&self.at.join(name), error);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = rustix::fs::openat(&self.file, name, flags, Mode::RUSR | Mode::WUSR);
        let made = File::from(made.map_err(|error| failed(error.into()))?);
        let (ours, wanted) = (made.metadata().map_err(failed)?, self.file.metadata().map_err(failed)?);
        // The daemon is not root, and owns its state directory.
        if ours.uid() != wanted.uid() {
            fchown(&made, Some(wanted.uid()), Some(wanted.gid())).map_err(failed)?;
        }
        Ok(made)
    }

    /// Writes a private file durably under a name where one may lie that a crash left.
    ///
    /// # Errors
    /// [`FileError::Io`]; the name is not durable before [`Dir::sync`].
    pub fn write_draft(&self, name: impl AsRef<OsStr>, bytes: &[u8]) -> Result<(), FileError> {
        let name = name.as_ref();
        self.remove(name)?;
        let mut file = self.create_private(name)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(|error| FileError::io(&self.at.join(name), error))
    }

    /// Gives a file another name, in the place of what had it.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn rename(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), FileError> {
        let renamed = rustix::fs::renameat(&self.file, from.as_ref(), &self.file, to.as_ref());
        renamed.map_err(|error| FileError::io(&self.at.join(to.as_ref()), error))
    }

    /// Gives a file a name that nothing has.
    ///
    /// # Errors
    /// [`FileError::Io`] with [`io::ErrorKind::AlreadyExists`] where anything has it, a link too.
    pub fn rename_to_free(&self, from: impl AsRef<OsStr>, to: impl AsRef<OsStr>) -> Result<(), FileError> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let renamed = rustix::fs::renameat_with(&self.file, from, &self.file, to, RenameFlags::NOREPLACE);
        match renamed {
            // A file system that cannot do it at once; nobody else writes in this directory.
            Err(Errno::INVAL) if !self.holds(to)? => self.rename(from, to),
            other => other.map_err(|error| FileError::io(&self.at.join(to), error)),
        }
    }

    /// Removes a file or a link; says whether there was one.
    ///
    /// # Errors
    /// [`FileError::Io`], for a directory too.
    pub fn remove(&self, name: impl AsRef<OsStr>) -> Result<bool, FileError> {
        match rustix::fs::unlinkat(&self.file, name.as_ref(), AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(FileError::io(&self.at.join(name.as_ref()), error)),
        }
    }

    /// Whether anything has the name, a link too.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn holds(&self, name: impl AsRef<OsStr>) -> Result<bool, FileError> {
        match rustix::fs::statat(&self.file, name.as_ref(), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(FileError::io(&self.at.join(name.as_ref()), error)),
        }
    }

    /// What is opened was judged before, so that nothing waits for a pipe, and is judged again by its descriptor.
    fn open_judged(&self, name: &OsStr, access: OFlags, kind: Kind) -> Result<File, FileError> {
        let path = self.at.join(name);
        let failed = |error: Errno| FileError::io(&path, error);
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let named =
            rustix::fs::openat(&self.file, name, OFlags::PATH | flags, Mode::empty()).map_err(failed)?;
        self.judge(&File::from(named), &path, kind)?;
        let opened = rustix::fs::openat(&self.file, name, access | OFlags::NONBLOCK | flags, Mode::empty());
        let opened = File::from(opened.map_err(failed)?);
        self.judge(&opened, &path, kind)?;
        Ok(opened)
    }

    fn judge(&self, file: &File, path: &Path, kind: Kind) -> Result<(), FileError> {
        let found = file.metadata().map_err(|error| FileError::io(path, error))?;
        match judge(&Found::of(&found), kind, &self.trust) {
            Verdict::Refused(fault) => Err(FileError::refused(path, fault, kind, &self.trust)),
            Verdict::Fine | Verdict::Notice(_) => Ok(()),
        }
    }
}
