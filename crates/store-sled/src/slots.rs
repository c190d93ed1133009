//! Two slots in one preallocated file, overwritten in turn.
//!
//! A slot is a header of 32 bytes and a payload of at most [`CAPACITY`] bytes:
//!
//! | Offset | Size | Field, big-endian |
//! |---|---|---|
//! | 0 | 8 | `FMSLOT01` |
//! | 8 | 4 | format of the file, 1 |
//! | 12 | 8 | generation |
//! | 20 | 4 | length of the payload |
//! | 24 | 4 | CRC-32C over bytes 0 to 23 and the payload |
//! | 28 | 4 | `NONE` when no record is about a device object, else zero; for tools without the key |
//!
//! A torn or damaged slot fails its checksum or its authentication, and the other one counts.

use crate::cipher::Cipher;
use crate::codec::{self, Records};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use store::{RecordKey, StoreError};

pub(crate) struct Slots {
    file: File,
    cipher: Cipher,
    writable: bool,
    new: bool,
    generation: Option<u64>,
    damaged: usize,
}

impl Slots {
    /// Opens or makes the file and reads its newest good slot.
    pub(crate) fn open(path: &Path, cipher: Cipher) -> Result<(Slots, Option<(u64, Records)>), StoreError> {
        Slots::open_by(path, cipher, |path| OpenOptions::new().read(true).write(true).open(path))
    }

    /// The same with another way to open for writing (a read-only file system, in tests).
    pub(crate) fn open_by(
        path: &Path,
        cipher: Cipher,
        open: fn(&Path) -> io::Result<File>,
    ) -> Result<(Slots, Option<(u64, Records)>), StoreError> {
        let failed = |cause| StoreError::Open { dir: path.display().to_string(), cause };
        let (file, writable, new) = match open(path) {
            Ok(file) => (file, true, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                (make(path).map_err(failed)?, true, true)
            }
            Err(_) => (File::open(path).map_err(failed)?, false, false),
        };
        let mut slots = Slots { file, cipher, writable, new, generation: None, damaged: 0 };
        let mut best = None;
        for slot in 0..2 {
            match slots.read(slot).map_err(failed)? {
                Read::Empty => {}
                Read::Damaged => slots.damaged += 1,
                Read::Newer(found) => {
                    return Err(StoreError::Newer { key: "all".to_owned(), found, known: FORMAT });
                }
                Read::Good(generation, records) => {
                    if best.as_ref().is_none_or(|(newest, _)| generation > *newest) {
                        best = Some((generation, records));
                    }
                }
            }
        }
        slots.generation = best.as_ref().map(|(generation, _)| *generation);
        Ok((slots, best))
    }

    pub(crate) fn is_writable(&self) -> bool {
        self.writable
    }

    /// Whether nothing was ever written here.
    pub(crate) fn is_new(&self) -> bool {
        self.new || (self.generation.is_none() && self.damaged == 0)
    }

    pub(crate) fn generation(&self) -> Option<u64> {
        self.generation
    }

    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.damaged > 0 {
            remarks
                .push(format!("{} of 2 slots of the state is damaged; the other copy is used", self.damaged));
        }
        if !self.writable {
            remarks.push("the state directory cannot be written: nothing can be registered".to_owned());
        }
        remarks
    }

    /// Overwrites the older slot; durable when it returns.
    pub(crate) fn write(&mut self, generation: u64, records: &Records) -> io::Result<()> {
        if !self.writable {
            return Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
        }
        let payload =
            self.cipher.seal(PLACE, generation, &codec::encode(records)).map_err(io::Error::other)?;
        if payload.len() > CAPACITY {
            return Err(io::Error::other("the records are larger than a slot"));
        }
        let mut bytes = header(generation, &payload, sign(records)).to_vec();
        bytes.extend(payload);
        self.file.write_all_at(&bytes, (generation % 2) * SLOT)?;
        self.file.sync_data()?;
        self.generation = Some(generation);
        Ok(())
    }

    fn read(&self, slot: u64) -> io::Result<Read> {
        let mut header = [0; HEADER];
        if self.file.read_exact_at(&mut header, slot * SLOT).is_err() {
            return Ok(Read::Damaged);
        }
        if header == [0; HEADER] {
            return Ok(Read::Empty);
        }
        let number =
            |at: usize| header.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        let length = number(20) as usize;
        if !header.starts_with(MAGIC) || length > CAPACITY {
            return Ok(Read::Damaged);
        }
        let mut payload = vec![0; length];
        if self.file.read_exact_at(&mut payload, slot * SLOT + HEADER as u64).is_err() {
            return Ok(Read::Damaged);
        }
        if checksum(&header, &payload) != number(24) {
            return Ok(Read::Damaged);
        }
        if number(8) > FORMAT {
            return Ok(Read::Newer(number(8)));
        }
        let generation = u64::from(number(12)) << 32 | u64::from(number(16));
        let records = self.cipher.open(PLACE, generation, &payload).and_then(|plain| codec::decode(&plain));
        Ok(records.map_or(Read::Damaged, |records| Read::Good(generation, records)))
    }
}

enum Read {
    Empty,
    Damaged,
    Newer(u32),
    Good(u64, Records),
}

/// Makes the file whole under another name first, so that it is never seen half made.
fn make(path: &Path) -> io::Result<File> {
    let draft = path.with_extension("new");
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    let zeros = vec![0; 64 * 1024];
    for _ in 0..(2 * SLOT).div_ceil(zeros.len() as u64) {
        file.write_all(&zeros)?;
    }
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    if let Some(dir) = path.parent() {
        File::open(dir)?.sync_all()?;
    }
    Ok(file)
}

/// What the header says of the records to whoever cannot read them.
fn sign(records: &Records) -> &'static [u8; 4] {
    if records.keys().any(RecordKey::is_of_a_device) { &[0; 4] } else { NO_DEVICE }
}

fn header(generation: u64, payload: &[u8], sign: &[u8; 4]) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let fields: [&[u8]; 4] = [MAGIC, &FORMAT.to_be_bytes(), &generation.to_be_bytes(), &length.to_be_bytes()];
    header.iter_mut().zip(fields.concat()).for_each(|(to, from)| *to = from);
    let sum = checksum(&header, payload).to_be_bytes();
    let tail = sum.iter().chain(sign);
    header.iter_mut().skip(24).zip(tail).for_each(|(to, from)| *to = *from);
    header
}

fn checksum(header: &[u8; HEADER], payload: &[u8]) -> u32 {
    let (fields, _) = header.split_at(24);
    crc32c::crc32c_append(crc32c::crc32c(fields), payload)
}

const MAGIC: &[u8; 8] = b"FMSLOT01";
const NO_DEVICE: &[u8; 4] = b"NONE";
/// How slots and records are laid out; the records have schemas of their own.
const FORMAT: u32 = 1;
const PLACE: &str = "slots";
const HEADER: usize = 32;
/// The longest payload: a stored reply is at most 512 KiB in hex, and a machine has few tenants.
pub(crate) const CAPACITY: usize = 2 * 1024 * 1024 - HEADER;
const SLOT: u64 = (CAPACITY + HEADER) as u64;
