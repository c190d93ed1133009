//! What can be known of a machine for its compliance: the words between whoever measures and whoever judges.
//!
//! Pure: no clock, no network, no disk, no serialisation framework.
//! They stand apart from the port that brings them, because whoever judges may see nothing asynchronous.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod control;
mod passwords;
mod release;
mod scripts;
mod storage;

pub use control::{Action, Answer, Control};
pub use passwords::{
    Module, Number, Origin, Passwdqc, PasswordStack, Place, Quality, StackLine, UnixOptions,
};
pub use release::Release;
pub use scripts::{ScriptFailure, ScriptOutcome, Value};
pub use storage::{Branch, CryptFormat, Layer, Link, Mapping, Storage, Volume};

use std::collections::BTreeMap;

/// One thing about the machine: measured, or not, and why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact<T> {
    /// It was measured.
    Known(T),
    /// It could not be measured; nothing stands in its place.
    Unknown(Reason),
}

impl<T> Fact<T> {
    /// What was measured.
    ///
    /// # Errors
    /// Why nothing was.
    pub fn known(&self) -> Result<&T, &Reason> {
        match self {
            Fact::Known(value) => Ok(value),
            Fact::Unknown(reason) => Err(reason),
        }
    }
}

impl<T> From<Result<T, Reason>> for Fact<T> {
    fn from(result: Result<T, Reason>) -> Fact<T> {
        match result {
            Ok(value) => Fact::Known(value),
            Err(reason) => Fact::Unknown(reason),
        }
    }
}

/// Why something about the machine is not known; paths are as the machine has them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nobody asked for it.
    #[error("nothing asked for it")]
    NotAsked,
    /// Measuring broke off.
    #[error("the measuring broke off")]
    BrokeOff,
    /// The file, or the last of several that were looked for, is not there.
    #[error("{0} is not there")]
    Missing(String),
    /// It is there and cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(String),
    /// It is larger than anything of its kind.
    #[error("{0} is too large")]
    TooLarge(String),
    /// A line of it, counted from 1, has another form than its manual says.
    #[error("{file} line {line} cannot be understood")]
    NotUnderstood {
        /// The file.
        file: String,
        /// From 1 on.
        line: usize,
    },
    /// Files include each other without an end, or too deep.
    #[error("{file} line {line} includes too many files")]
    TooDeep {
        /// The file.
        file: String,
        /// From 1 on.
        line: usize,
    },
    /// A default of the distribution stands where this version does not read it.
    #[error("the settings of the distribution in {0} are not read")]
    VendorSettings(String),
    /// A file system that is mounted at every start is not among the mounts that this process sees.
    #[error("{0} is in fstab and cannot be seen")]
    MountNotSeen(String),
    /// The kernel shows no device of that number or name.
    #[error("no block device {0} is known to the kernel")]
    NoDevice(String),
    /// A mapped device does not say what it stands on.
    #[error("{0} does not say what it stands on")]
    NothingBelow(String),
    /// Devices stand on each other in more steps than any machine has, or in a circle.
    #[error("{0} stands on too many devices")]
    TooManyDevices(String),
    /// The file that holds a device or the writable part of an overlay is on no volume that can be seen.
    #[error("the volume that holds {0} cannot be seen")]
    HolderNotSeen(String),
    /// What the pool of a zfs stands on is not told to anybody who may not ask for it.
    #[error("the devices of the pool {0} cannot be seen")]
    Zfs(String),
    /// A file system has devices that cannot be found.
    #[error("the devices of the file system from {0} cannot be found")]
    NoMembers(String),
}

/// Names a policy as the service does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub String);

/// What is to be measured; the rest stays [`Reason::NotAsked`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// The distribution and its version.
    pub release: bool,
    /// The mounted volumes and what they stand on.
    pub storage: bool,
    /// What a change of a local password goes through.
    pub passwords: bool,
}

/// Everything about the machine that policies ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The distribution and its version.
    pub release: Fact<Release>,
    /// The mounted volumes and what they stand on.
    pub storage: Fact<Storage>,
    /// What a change of a local password goes through.
    pub passwords: Fact<PasswordStack>,
    /// How the script of each policy ended; a policy without one has not been run.
    pub scripts: BTreeMap<PolicyId, ScriptOutcome>,
}

impl Facts {
    /// Nothing is known, all for one reason.
    pub fn unknown(reason: &Reason) -> Facts {
        Facts {
            release: Fact::Unknown(reason.clone()),
            storage: Fact::Unknown(reason.clone()),
            passwords: Fact::Unknown(reason.clone()),
            scripts: BTreeMap::new(),
        }
    }
}
