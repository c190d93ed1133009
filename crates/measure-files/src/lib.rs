//! What this machine is, read from its files below a root path: os-release, mounts, block devices and the stack of PAM.
//!
//! No process is started, no privilege is needed, and every file that is read is bounded in its size.
//! Links are followed inside the root alone, so that a directory can stand for a machine.

mod blocks;
mod mounts;
mod os_release;
mod pam;
mod pam_modules;
mod pwquality;
mod root;
#[cfg(test)]
mod tests;
mod thread;
mod volumes;

use facts::{Fact, Facts, Reason, Release, Wanted};
use measure::{FactsFuture, Measure};
use root::Root;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Measures the machine whose files lie below a path.
#[derive(Debug, Clone)]
pub struct MachineFiles {
    root: PathBuf,
}

impl MachineFiles {
    /// `root` is `/` for this machine. The process must see all mounts of it (compliance.md 4.2).
    pub fn new(root: impl Into<PathBuf>) -> MachineFiles {
        MachineFiles { root: root.into() }
    }

    /// What is wanted, read now in this thread; it takes some milliseconds.
    pub fn read(&self, wanted: &Wanted) -> Facts {
        let root = Root::new(&self.root);
        Facts {
            release: asked(wanted.release, || os_release::read(&root)),
            storage: asked(wanted.storage, || volumes::read(&root).into()),
            passwords: asked(wanted.passwords, || pam::read(&root).into()),
            scripts: BTreeMap::new(),
        }
    }
}

impl Measure for MachineFiles {
    fn facts(&self, wanted: &Wanted) -> FactsFuture {
        let (files, wanted) = (self.clone(), *wanted);
        thread::run(move || files.read(&wanted), Facts::unknown(&Reason::BrokeOff))
    }
}

/// What os-release(5) says of the machine whose files lie below a path.
pub fn os_release(root: &Path) -> Fact<Release> {
    os_release::read(&Root::new(root))
}

fn asked<T>(is_wanted: bool, read: impl FnOnce() -> Fact<T>) -> Fact<T> {
    if is_wanted { read() } else { Fact::Unknown(Reason::NotAsked) }
}
