//! The files as they were written last: what stands there already is not written again.

use names::{Snapshot, VerdictOf};

/// Both files, as they can be told from any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilesOnDisk {
    /// That of names.
    pub names: FileStamp,
    /// That of verdicts.
    pub verdicts: FileStamp,
}

/// A file and the moment at which it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    /// The device that it is on.
    pub device: u64,
    /// Its inode there.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was written: seconds since 1970, and nanoseconds.
    pub modified: (i64, i64),
}

/// What was written last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// What the file of names says.
    pub names: Snapshot,
    /// What the file of verdicts says.
    pub verdicts: Vec<VerdictOf>,
    /// What both were on the disk then.
    pub files: FilesOnDisk,
}

impl Written {
    /// Whether it says what is to be said now, and the files are still those.
    pub fn is_current(
        &self,
        names: &Snapshot,
        verdicts: &[VerdictOf],
        on_disk: impl FnOnce() -> Option<FilesOnDisk>,
    ) -> bool {
        self.names == *names && self.verdicts == verdicts && on_disk() == Some(self.files)
    }
}
