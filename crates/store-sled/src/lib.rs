//! The store on slots, a log, and sled.
//!
//! What a device identity is lies in slots, by tenant; who is who lies in a log: both are preallocated, so that a
//! full disk cannot stop a change of an identity, and are read where nothing can be written. sled has every record
//! once more, written behind; it stands in for a file that is lost or damaged, and nothing waits for it.
//! One sequence runs through all three, and every record counts as the newest copy has it.

mod content;
mod look;
mod make;
mod marker;
mod merge;
mod mirror;
mod old;
mod open;
mod packs;
#[cfg(test)]
mod tests;

use content::Writes;
use files::{Dir, Trust};
use layout::MARKER;
use mirror::Mirror;
use model::Secret;
use open::{How, Opened};
use slots::Cipher;
use slots::Place;
use slots::Records;
use slots::{Core, Plan};
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use store::{Change, Found, RecordKey, Store, StoreError};

/// The store of one state directory; one process at a time.
pub struct SledStore {
    place: Place,
    cipher: Cipher,
    core: Option<Core>,
    mirror: Option<Mirror>,
    records: Records,
    marker: bool,
    lost: Option<String>,
    /// Whether a commit failed: what is on disk is known only after it was read again.
    failed: bool,
    remarks: Vec<String>,
    _lock: File,
}

impl SledStore {
    /// Opens the state directory, which is made (mode 0700) if it is not there. `key` encrypts every record.
    ///
    /// A directory that has lost records opens, and says so as [`Store::missing`].
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process holds it or sled's own lock, [`StoreError::Newer`] when a newer
    /// version wrote it, [`StoreError::WrongAuthValue`] when its records are whole and `key` does not open them,
    /// [`StoreError::Open`] for faults of the file system.
    pub fn open(path: &Path, key: &Secret<[u8; 32]>) -> Result<SledStore, StoreError> {
        let failed = |cause| StoreError::Open { dir: path.display().to_string(), cause };
        let dir = Dir::make(path, &Trust::current()).map_err(|error| failed(error.into()))?;
        let lock = lock(&dir, path)?;
        let place = Place { dir: Arc::new(dir), path: path.to_owned() };
        let cipher = Cipher::new(key).map_err(failed)?;
        let marker = place.dir.holds(MARKER).map_err(|error| failed(error.into()))?;
        let opened = open::open(&How { place: &place, cipher: &cipher, marker, give_up: false })?;
        let mut store = SledStore {
            place,
            cipher,
            core: None,
            mirror: None,
            records: Records::new(),
            marker,
            lost: None,
            failed: false,
            remarks: Vec::new(),
            _lock: lock,
        };
        store.take(opened)?;
        Ok(store)
    }

    fn take(&mut self, opened: Opened) -> Result<(), StoreError> {
        let Opened { core, records, mirror, lost, remarks } = opened;
        self.remarks = remarks;
        self.remarks.extend(lost.iter().map(|what| format!("the state directory has lost records: {what}")));
        (self.core, self.records, self.mirror, self.lost) = (core, records, mirror, lost);
        if self.core.is_some() && !self.records.is_empty() {
            self.mark().map_err(|cause| refused(&[], cause))?;
        }
        Ok(())
    }

    /// What an operator should know of how the store was found, one sentence each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether there is no record, and was none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.lost.is_none()
    }

    fn mark(&mut self) -> io::Result<()> {
        if !self.marker {
            marker::make(&self.place)?;
            self.marker = true;
        }
        Ok(())
    }

    /// Makes a plan durable, and hands it to sled.
    fn write(&mut self, plan: Plan) -> io::Result<()> {
        if self.core.is_some() {
            self.mark()?;
        }
        let core = self.core.as_mut().ok_or_else(unwritable)?;
        core.write(&plan, &self.records)?;
        slots::apply(&mut self.records, &plan.changes);
        if let Some(mirror) = &mut self.mirror {
            let groups = plan.groups.into_iter().map(|(group, _)| (group, core.sequence)).collect();
            let log = (!plan.log.is_empty()).then_some(core.sequence);
            mirror.write(Writes { sequence: core.sequence, changes: plan.changes, groups, log });
        }
        if self.records.is_empty() && self.lost.is_none() {
            marker::remove(&self.place)?;
            self.marker = false;
        }
        Ok(())
    }

    /// Opens everything anew without what is lost, whose bytes are moved aside.
    fn give_up_missing(&mut self) -> Result<(), StoreError> {
        if self.lost.is_none() {
            return Ok(());
        }
        (self.core, self.mirror) = (None, None);
        let how = How { place: &self.place, cipher: &self.cipher, marker: self.marker, give_up: true };
        let opened = open::open(&how)?;
        self.take(opened)
    }
}

impl Store for SledStore {
    fn get(&mut self, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.records.get(key).cloned())
    }

    fn list(&mut self) -> Result<Vec<Found>, StoreError> {
        Ok(self.records.iter().map(|(key, bytes)| (key.clone(), Ok(bytes.clone()))).collect())
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if self.failed {
            return Err(refused(changes, io::Error::other("a write before this one failed")));
        }
        if changes.contains(&Change::GiveUpMissing) {
            self.give_up_missing()?;
        }
        let plan = Plan::of(&self.records, changes);
        if plan.changes.is_empty() {
            return Ok(());
        }
        if let Some(missing) = self.missing().filter(|_| self.core.is_none()) {
            return Err(missing);
        }
        self.write(plan).map_err(|cause| {
            self.failed = true;
            refused(changes, cause)
        })
    }

    fn missing(&self) -> Option<StoreError> {
        let dir = self.place.path.display().to_string();
        self.lost.clone().map(|what| StoreError::Missing { dir, what })
    }
}

/// The files could not be opened for writing, or not be made.
fn unwritable() -> io::Error {
    io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "it could not be written when firmamentd started")
}

fn refused(changes: &[Change], cause: io::Error) -> StoreError {
    match cause.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly(cause),
        _ => {
            let key = changes.first().map_or_else(String::new, |change| match change {
                Change::Put(key, _) | Change::Delete(key) => key.to_string(),
                Change::GiveUpMissing => "all".to_owned(),
            });
            StoreError::Write { key, cause }
        }
    }
}

/// Holds the directory itself locked, which needs no file in it and no right to write.
fn lock(dir: &Dir, path: &Path) -> Result<File, StoreError> {
    let name = path.display().to_string();
    let failed = |cause| StoreError::Open { dir: name.clone(), cause };
    let file = dir.file().try_clone().map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { dir: name }),
        Err(TryLockError::Error(cause)) => Err(failed(cause)),
    }
}
