//! A file of fixed place and known size: what slots and log are written to.

use files::{Dir, FileError};
use layout::draft_of;
use std::fs::{DirBuilder, File, Metadata};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where bytes are kept; tests have one that fails and loses power.
pub trait Medium: Send {
    /// Bytes that can be read.
    fn length(&self) -> io::Result<u64>;
    /// Fills `into` from `at` on.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()>;
    /// Writes within the length; durable with the next [`Medium::sync`].
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;
    /// Makes what was written durable.
    fn sync(&mut self) -> io::Result<()>;
    /// Makes it longer, with zeros that have their place on disk; durable.
    fn extend(&mut self, to: u64) -> io::Result<()>;
    /// Whether whoever opens the path again finds what was written here.
    fn check(&self) -> io::Result<()>;
    /// Gives a file that was made its name, in the place of what has it; durable.
    fn publish(&mut self) -> io::Result<()>;
}

/// A file of the state directory.
pub struct FileMedium {
    file: File,
    dir: Arc<Dir>,
    /// The path that the next start opens.
    path: PathBuf,
    name: &'static str,
}

impl FileMedium {
    /// Opens a file that is there: to write, or else to read; the flag says which.
    pub fn open(place: &Place, name: &'static str) -> Result<(FileMedium, bool), FileError> {
        let opened = |file| place.medium(file, name);
        match place.dir.open_private_to_write(name) {
            Ok(file) => Ok((opened(file), true)),
            Err(error @ (FileError::Io { .. } | FileError::Denied { .. })) if !error.is_not_found() => {
                Ok((opened(place.dir.open_private(name)?), false))
            }
            Err(error) => Err(error),
        }
    }

    /// A file that begins so and goes on with zeros, under the name of a draft until [`Medium::publish`].
    pub fn make(place: &Place, name: &'static str, begin: &[u8], length: u64) -> io::Result<FileMedium> {
        let draft = draft_of(Path::new(name));
        place.dir.write_draft(&draft, begin)?;
        let file = place.dir.open_private_to_write(&draft)?;
        fill(&file, begin.len() as u64, length)?;
        Ok(place.medium(file, name))
    }
}

/// The state directory, and the path that leads to it.
#[derive(Clone)]
pub struct Place {
    /// The directory, open.
    pub dir: Arc<Dir>,
    /// The path that the next start opens.
    pub path: PathBuf,
}

impl Place {
    fn medium(&self, file: File, name: &'static str) -> FileMedium {
        FileMedium { file, dir: self.dir.clone(), path: self.path.join(name), name }
    }

    /// Gives something that cannot be read another name; nothing is ever overwritten.
    pub fn set_aside(&self, name: &str) -> io::Result<String> {
        for number in 0..MOST_ASIDE {
            let to = layout::set_aside_as(name, number);
            if !self.dir.holds(&to)? {
                self.dir.rename_to_free(name, &to)?;
                self.dir.sync()?;
                return Ok(to);
            }
        }
        Err(too_many(name))
    }

    /// A copy of a directory of plain files, under the name of what is set aside.
    pub fn keep_copy(&self, name: &str) -> io::Result<()> {
        let free = (0..MOST_ASIDE).map(|number| layout::set_aside_as(name, number));
        for to in free {
            if !self.dir.holds(&to)? {
                copy(&self.dir.path().join(name), &self.dir.path().join(to))?;
                return Ok(self.dir.sync()?);
            }
        }
        Err(too_many(name))
    }
}

fn too_many(name: &str) -> io::Error {
    io::Error::other(format!("{MOST_ASIDE} copies of {name} lie beside it; delete what is not needed"))
}

/// Copies a directory, without following a link.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !std::fs::symlink_metadata(from)?.is_dir() {
        return std::fs::copy(from, to).map(drop);
    }
    DirBuilder::new().mode(0o700).create(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => copy(&entry.path(), &to.join(entry.file_name()))?,
            kind if kind.is_file() => drop(std::fs::copy(entry.path(), to.join(entry.file_name()))?),
            _ => {}
        }
    }
    Ok(())
}

impl Medium for FileMedium {
    fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, at)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, at)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn extend(&mut self, to: u64) -> io::Result<()> {
        fill(&self.file, self.length()?, to)?;
        self.file.sync_all()
    }

    fn check(&self) -> io::Result<()> {
        let same = |a: &Metadata, b: &Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
        let mine = self.file.metadata()?;
        match std::fs::symlink_metadata(&self.path) {
            Ok(found) if same(&mine, &found) && mine.nlink() > 0 => Ok(()),
            Ok(_) => {
                Err(io::Error::new(io::ErrorKind::NotFound, format!("{} was replaced", self.path.display())))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(io::Error::new(error.kind(), format!("{} was deleted", self.path.display())))
            }
            Err(error) => Err(error),
        }
    }

    fn publish(&mut self) -> io::Result<()> {
        self.file.sync_all()?;
        self.dir.rename(draft_of(Path::new(self.name)), self.name)?;
        Ok(self.dir.sync()?)
    }
}

/// Whether there are only zeros.
pub fn is_empty(medium: &dyn Medium) -> io::Result<bool> {
    let length = medium.length()?;
    let mut piece = vec![0; 64 * 1024];
    let mut at = 0;
    while at < length {
        let part = piece.get_mut(..(length - at).min(64 * 1024) as usize).unwrap_or_default();
        medium.read_at(at, part)?;
        if part.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        at += part.len() as u64;
    }
    Ok(true)
}

/// Zeros from one offset up to another, so that the file system gives the place now.
fn fill(file: &File, from: u64, to: u64) -> io::Result<()> {
    let zeros = [0; 64 * 1024];
    let mut at = from;
    while at < to {
        let piece = (to - at).min(zeros.len() as u64);
        file.write_all_at(zeros.get(..piece as usize).unwrap_or(&zeros), at)?;
        at += piece;
    }
    Ok(())
}

/// How many copies that cannot be read are kept; the next one stays where it is.
const MOST_ASIDE: usize = 10;
