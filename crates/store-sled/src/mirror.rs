//! sled 0.34: the database, and never the only copy (measured: it does not always reopen after a kill).

use crate::cipher::Cipher;
use crate::codec::{self, Records};
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub(crate) struct Mirror {
    db: sled::Db,
    /// Our own descriptor of sled's log, because sled's flush is no barrier against a power cut.
    log: File,
    cipher: Cipher,
}

impl Mirror {
    /// Whether somebody holds sled's own lock: a child of its last owner until its exec, or a tool.
    pub(crate) fn is_held(dir: &Path) -> bool {
        let log = File::open(dir.join("db"));
        log.is_ok_and(|log| matches!(log.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Opens sled; one that will not open is moved aside and a new one made; none when that fails too.
    pub(crate) fn open(dir: &Path, cipher: Cipher, remarks: &mut Vec<String>) -> Option<Mirror> {
        match Mirror::try_open(dir, cipher.clone()) {
            Ok(mirror) => return Some(mirror),
            Err(error) => {
                remarks.push(format!("sled did not open ({error}); it was moved aside and rebuilt"))
            }
        }
        let opened = set_aside(dir).and_then(|()| Mirror::try_open(dir, cipher));
        opened.map_err(|error| remarks.push(format!("sled cannot be used: {error}"))).ok()
    }

    fn try_open(dir: &Path, cipher: Cipher) -> io::Result<Mirror> {
        fs::create_dir_all(dir)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        remove_half_snapshots(dir)?;
        let config = sled::Config::new().path(dir).mode(sled::Mode::LowSpace);
        let db = config.cache_capacity(1 << 20).flush_every_ms(None).open().map_err(io::Error::other)?;
        let log = File::open(dir.join("db"))?;
        Ok(Mirror { db, log, cipher })
    }

    /// Whether anything was ever written here.
    pub(crate) fn has_data(&self) -> bool {
        !self.db.is_empty()
    }

    pub(crate) fn generation(&self) -> Option<u64> {
        self.read().map(|(generation, _)| generation)
    }

    /// The newest generation, if it is whole.
    pub(crate) fn read(&self) -> Option<(u64, Records)> {
        let bytes = self.db.get(RECORDS).ok()??;
        let (generation, sealed) = bytes.split_first_chunk::<8>()?;
        let generation = u64::from_be_bytes(*generation);
        let plain = self.cipher.open(PLACE, generation, sealed)?;
        Some((generation, codec::decode(&plain)?))
    }

    /// Writes a generation; durable when it returns.
    pub(crate) fn write(&self, generation: u64, records: &Records) -> io::Result<()> {
        let sealed =
            self.cipher.seal(PLACE, generation, &codec::encode(records)).map_err(io::Error::other)?;
        let value = [generation.to_be_bytes().as_slice(), &sealed].concat();
        self.db.insert(RECORDS, value).map_err(io::Error::other)?;
        self.db.flush().map_err(io::Error::other)?;
        self.log.sync_data()
    }
}

/// A snapshot that was being written at a kill is what keeps sled from opening (spacejam/sled#1527).
fn remove_half_snapshots(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::rename(&path, path.with_extension("broken"))?;
        }
    }
    Ok(())
}

/// Moves the directory to `sled.broken.0`, older ones one further; the fourth is dropped.
fn set_aside(dir: &Path) -> io::Result<()> {
    let name = |n: usize| -> PathBuf { dir.with_file_name(layout::broken_sled(n)) };
    let last = name(KEPT - 1);
    if last.exists() {
        fs::remove_dir_all(&last)?;
    }
    for n in (1..KEPT).rev() {
        if name(n - 1).exists() {
            fs::rename(name(n - 1), name(n))?;
        }
    }
    if dir.exists() { fs::rename(dir, name(0)) } else { Ok(()) }
}

const RECORDS: &str = "records";
const PLACE: &str = "sled";
const KEPT: usize = 3;
