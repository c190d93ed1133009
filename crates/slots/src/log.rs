//! The log: changes of records one behind the other, in one of two areas of the file.
//!
//! When an area is full, what is still there is written into the other one, which is kept free for that, or into
//! one twice as long behind both. The area of the highest epoch counts.
//!
//! An area begins with `FMLOG003`, its epoch, the sequence of the commit that it begins with and its length (8 bytes
//! each, numbers big-endian) and a CRC-32C over these. Entries follow from byte 64 on, each at a multiple of 8:
//!
//! | Offset | Size | Field |
//! |---|---|---|
//! | 0 | 4 | `FMLE` |
//! | 4 | 4 | length of the payload |
//! | 8 | 8 | epoch of the area |
//! | 16 | 8 | sequence of the commit |
//! | 24 | 8 | sequence up to which everything was durable when it was written |
//! | 32 | 4 | 1 where a group of the slot file belongs to the commit, else 0 |
//! | 36 | 16 | that group |
//! | 52 | 4 | checksum of the entry before |
//! | 56 | 4 | CRC-32C over bytes 0 to 55 and the payload |
//! | 60 | 4 | zero |
//!
//! The payload is the changes, packed ([`mod@crate::packing`]) and sealed. In an area that begins with `FMLOG002` it is
//! sealed alone, and a record that is gone has its key in full: such an area is read, and the next commit writes what
//! is in it into the other one.

mod area;
mod entry;

use crate::cipher::Cipher;
use crate::codec::{self, Changes, Records};
use crate::medium::Medium;
use crate::packing;
pub use area::first_area;
use area::{Area, BEGIN, Form};
pub use entry::Entry;
use layout::slot::Group;
use std::io;

/// An open log.
pub struct Log {
    medium: Box<dyn Medium>,
    cipher: Cipher,
    area: Area,
    tail: u64,
    previous: u32,
    last: u64,
}

/// What a log holds.
pub struct LogFound {
    /// The log, whose next entry goes behind these.
    pub log: Log,
    /// In their order, the first one with what was left at the last compaction.
    pub entries: Vec<Entry>,
    /// Whether an entry behind which there are others cannot be read.
    pub damaged: bool,
    /// Whether its first entry was written under another key.
    pub sealed_otherwise: bool,
}

impl Log {
    /// Reads the newest area; none where no area can be recognised.
    pub fn open(medium: Box<dyn Medium>, cipher: Cipher) -> io::Result<Option<LogFound>> {
        let Some(area) = Area::newest(medium.as_ref())? else { return Ok(None) };
        let mut bytes = vec![0; area.length as usize];
        medium.read_at(area.start, &mut bytes)?;
        let (entries, tail) = entry::parse(&bytes, &area, &cipher);
        // What an area begins with was durable before the area counted.
        let begun =
            area.sequence == 0 || entries.first().is_some_and(|entry| entry.sequence >= area.sequence);
        let last = entries.last().map_or(area.sequence, |entry| entry.sequence);
        let damaged = !begun || entry::any_behind(&bytes, tail, (&area, last));
        let sealed_otherwise = entries.is_empty() && entry::is_whole(&bytes, &area);
        let previous = entries.last().map_or(0, |entry| entry.checksum);
        let log = Log { medium, cipher, tail: area.start + tail as u64, previous, last, area };
        Ok(Some(LogFound { log, entries, damaged, sealed_otherwise }))
    }

    /// The sequence of the last entry.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Takes the last entry back: the commit that it belonged to was cut off. Where it can be overwritten it is: it
    /// would count again with the next slot of its number.
    pub fn drop_last(&mut self, entries: &mut Vec<Entry>, writable: bool) -> io::Result<()> {
        let Some(dropped) = entries.pop() else { return Ok(()) };
        self.tail = self.area.start + dropped.at as u64;
        self.previous = entries.last().map_or(0, |entry| entry.checksum);
        self.last = entries.last().map_or(self.area.sequence, |entry| entry.sequence);
        if writable {
            self.medium.write_at(self.tail, &[0; BEGIN as usize])?;
            self.medium.sync()?;
        }
        Ok(())
    }

    /// Gives a log that was made its name.
    pub fn publish(&mut self) -> io::Result<()> {
        self.medium.publish()
    }

    /// Whether the path still leads here.
    pub fn check(&self) -> io::Result<()> {
        self.medium.check()
    }

    /// Whether the changes fit into the area and leave room for one more entry of so many bytes.
    pub fn has_room(&self, payload: &Payload, kept: Option<u64>) -> bool {
        let needed = payload.size() + kept.map_or(0, room_for);
        self.area.form == Form::Packed && self.tail + needed <= self.area.start + self.area.length
    }

    /// Writes an entry; durable when it returns.
    pub fn append(
        &mut self,
        (sequence, floor): (u64, u64),
        needs: Option<Group>,
        payload: &Payload,
    ) -> io::Result<()> {
        let order = entry::Order { sequence, floor, needs, previous: self.previous };
        let (bytes, checksum) = entry::write(&order, self.area.epoch, (&self.cipher, payload))?;
        if self.tail + bytes.len() as u64 > self.area.start + self.area.length {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the log is full"));
        }
        self.medium.write_at(self.tail, &bytes)?;
        self.medium.sync()?;
        self.tail += bytes.len() as u64;
        self.previous = checksum;
        self.last = sequence;
        Ok(())
    }

    /// Writes everything that is still there into another area, with room for changes to come and for an entry of so
    /// many bytes more; `sequence` is the last commit.
    pub fn compact(
        &mut self,
        records: &Records,
        sequence: u64,
        (coming, kept): (&Payload, Option<u64>),
    ) -> io::Result<()> {
        let everything: Changes =
            records.iter().map(|(key, bytes)| (key.clone(), Some(bytes.clone()))).collect();
        let everything = Payload::of(&everything);
        let needed = BEGIN + everything.size() + coming.size() + kept.map_or(0, room_for);
        let area = self.next_area(needed, sequence)?;
        self.medium.write_at(area.start, &[0; BEGIN as usize])?;
        self.medium.sync()?;
        let order = entry::Order { sequence, floor: sequence, needs: None, previous: 0 };
        let (bytes, checksum) = entry::write(&order, area.epoch, (&self.cipher, &everything))?;
        self.medium.write_at(area.start + BEGIN, &bytes)?;
        self.medium.sync()?;
        self.medium.write_at(area.start, &area.write())?;
        self.medium.sync()?;
        self.tail = area.start + BEGIN + bytes.len() as u64;
        (self.area, self.previous, self.last) = (area, checksum, sequence);
        Ok(())
    }

    /// The area that is free, or a longer one behind both where that would soon be full again.
    fn next_area(&mut self, needed: u64, sequence: u64) -> io::Result<Area> {
        let free = self.area.other(sequence);
        let mut longer = self.area.longer(sequence);
        while !longer.has_air(needed) {
            longer = Area { start: longer.length * 2, length: longer.length * 2, ..longer };
        }
        if free.has_air(needed) {
            return Ok(free);
        }
        let end = longer.start + longer.length;
        match self.medium.length()? >= end || self.medium.extend(end).is_ok() {
            true => Ok(longer),
            false if needed <= free.length => Ok(free),
            false => Err(io::Error::new(io::ErrorKind::StorageFull, "the log cannot grow")),
        }
    }
}

/// What an entry of so many bytes takes, however they are packed.
fn room_for(bytes: u64) -> u64 {
    entry::size(packing::MOST_MORE + bytes)
}

/// Changes as an entry has them, before they are sealed.
pub struct Payload(Vec<u8>);

impl Payload {
    /// Packs changes.
    pub fn of(changes: &Changes) -> Payload {
        Payload(packing::pack(&codec::encode_changes(changes)))
    }

    /// Bytes of the entry.
    fn size(&self) -> u64 {
        entry::size(self.0.len() as u64)
    }
}
