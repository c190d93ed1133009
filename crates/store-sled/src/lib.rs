//! The store on sled, with a two-slot file beside it that sled can break without harm.
//!
//! Every record is in both. The slot file is written first, in place and with `fdatasync`, so a full disk
//! cannot stop a change of state and a read-only one can still be read; it is the truth unless it is older
//! than sled. sled is rebuilt from it when it will not open, and a broken one is moved aside, never deleted.

mod cipher;
mod codec;
mod mirror;
mod slots;
#[cfg(test)]
mod tests;

use cipher::Cipher;
use codec::Records;
use layout::{SLED, SLOTS};
use mirror::Mirror;
use model::Secret;
use slots::Slots;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use store::{Change, Found, RecordKey, Store, StoreError};

/// The store of one state directory; one process at a time.
pub struct SledStore {
    slots: Slots,
    mirror: Option<Mirror>,
    records: Records,
    generation: u64,
    remarks: Vec<String>,
    _lock: File,
}

impl SledStore {
    /// Opens the state directory, which is made (mode 0700) if it is not there. `key` encrypts every record.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process holds it or sled's own lock, [`StoreError::Newer`] when a newer version wrote
    /// it, [`StoreError::Damaged`] when neither copy can be read (wrong key included), [`StoreError::Open`]
    /// for faults of the file system.
    pub fn open(dir: &Path, key: &Secret<[u8; 32]>) -> Result<SledStore, StoreError> {
        let failed = |cause| StoreError::Open { dir: dir.display().to_string(), cause };
        make_private(dir).map_err(failed)?;
        let lock = lock(dir)?;
        let cipher = Cipher::new(key).map_err(|why| failed(io::Error::other(why)))?;
        let (slots, from_slots) = Slots::open(&dir.join(SLOTS), cipher.clone())?;
        let mut remarks = slots.remarks();
        let sled = dir.join(SLED);
        // A healthy sled that is held must not be moved aside: it may be all that knows the newest state.
        if slots.is_writable() && Mirror::is_held(&sled) {
            return Err(StoreError::InUse { dir: sled.display().to_string() });
        }
        let mirror = if slots.is_writable() { Mirror::open(&sled, cipher, &mut remarks) } else { None };
        let from_sled = mirror.as_ref().and_then(Mirror::read);
        let damaged = || StoreError::Damaged {
            key: "all".to_owned(),
            why: "neither copy can be read: wrong auth value, or both are damaged".to_owned(),
        };
        let (generation, records) = match (from_slots, from_sled) {
            (Some(slots), Some(sled)) if sled.0 > slots.0 => sled,
            (Some(slots), _) => slots,
            (None, Some(sled)) => sled,
            (None, None) if slots.is_new() && !mirror.as_ref().is_some_and(Mirror::has_data) => {
                (0, Records::new())
            }
            (None, None) => return Err(damaged()),
        };
        let mut store = SledStore { slots, mirror, records, generation, remarks, _lock: lock };
        store.repair();
        Ok(store)
    }

    /// What an operator should know of how the store was found, one sentence each.
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Whether nothing was ever written.
    pub fn is_empty(&self) -> bool {
        self.generation == 0
    }

    /// Brings the older copy up to the newer one.
    fn repair(&mut self) {
        if self.slots.is_writable() && self.slots.generation() != Some(self.generation) && self.generation > 0
        {
            match self.slots.write(self.generation, &self.records) {
                Ok(()) => self.remarks.push("the slot file was rebuilt from sled".to_owned()),
                Err(error) => self.remarks.push(format!("the slot file cannot be rebuilt: {error}")),
            }
        }
        if self.mirror.as_ref().is_some_and(|mirror| mirror.generation() != Some(self.generation)) {
            self.write_mirror();
        }
    }

    /// sled's copy; a sled that will not be written is set aside until the next start.
    fn write_mirror(&mut self) {
        let Some(mirror) = &self.mirror else { return };
        if let Err(error) = mirror.write(self.generation, &self.records) {
            tracing::warn!(%error, "sled cannot be written; the slot file goes on alone");
            self.mirror = None;
        }
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
        let mut records = self.records.clone();
        for change in changes {
            match change {
                Change::Put(key, bytes) => drop(records.insert(key.clone(), bytes.clone())),
                Change::Delete(key) => drop(records.remove(key)),
            }
        }
        let generation = self.generation + 1;
        self.slots.write(generation, &records).map_err(|cause| refused(changes, cause))?;
        self.generation = generation;
        self.records = records;
        self.write_mirror();
        Ok(())
    }
}

fn refused(changes: &[Change], cause: io::Error) -> StoreError {
    match cause.kind() {
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly(cause),
        _ => {
            let key = changes.first().map_or_else(String::new, |change| match change {
                Change::Put(key, _) | Change::Delete(key) => key.to_string(),
            });
            StoreError::Write { key, cause }
        }
    }
}

/// Makes the directory for us alone, whatever the umask; one that cannot be changed is used as it is.
fn make_private(dir: &Path) -> io::Result<()> {
    if !dir.exists() {
        fs::create_dir_all(dir)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        if let Some(parent) = dir.parent() {
            File::open(parent)?.sync_all()?;
        }
    }
    Ok(())
}

/// Holds the directory itself locked, which needs no file in it and no right to write.
fn lock(dir: &Path) -> Result<File, StoreError> {
    let name = dir.display().to_string();
    let file = File::open(dir).map_err(|cause| StoreError::Open { dir: name.clone(), cause })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::InUse { dir: name }),
        Err(fs::TryLockError::Error(cause)) => Err(StoreError::Open { dir: name, cause }),
    }
}
