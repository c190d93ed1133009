//! Two slots in one preallocated file, overwritten in turn.
//!
//! Where a slot's header and payload lie says [`layout::slot`].
//! A torn or damaged slot fails its checksum or its authentication, and the other one counts.

use crate::cipher::Cipher;
use crate::codec::{self, Records};
use layout::draft_of;
use layout::slot::{CAPACITY, FORMAT, HEADER, Header, SLOT};
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
        let mut bytes = header(generation, &payload, records).write();
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
        let Some(header) = Header::read(&header).filter(|header| header.length as usize <= CAPACITY) else {
            return Ok(Read::Damaged);
        };
        let mut payload = vec![0; header.length as usize];
        if self.file.read_exact_at(&mut payload, slot * SLOT + HEADER as u64).is_err() {
            return Ok(Read::Damaged);
        }
        if checksum(&header, &payload) != header.checksum {
            return Ok(Read::Damaged);
        }
        if header.format > FORMAT {
            return Ok(Read::Newer(header.format));
        }
        let plain = self.cipher.open(PLACE, header.generation, &payload);
        let records = plain.and_then(|plain| codec::decode(&plain));
        Ok(records.map_or(Read::Damaged, |records| Read::Good(header.generation, records)))
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
    let draft = draft_of(path);
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

fn header(generation: u64, payload: &[u8], records: &Records) -> Header {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let may_have_device = records.keys().any(RecordKey::is_of_a_device);
    let header = Header { format: FORMAT, generation, length, checksum: 0, may_have_device };
    Header { checksum: checksum(&header, payload), ..header }
}

fn checksum(header: &Header, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&header.checked()), payload)
}

const PLACE: &str = "slots";
