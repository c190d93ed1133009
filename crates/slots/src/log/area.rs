//! The two areas of a log: of the same length, one behind the other, from the beginning of the file on.

use crate::medium::Medium;
use std::io;

/// How the payloads of an area's entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As format 2 has them: read, and not written any more.
    Plain,
    /// Packed.
    Packed,
}

/// A part of the file that entries are written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    /// Zero, or the same as the length.
    pub(super) start: u64,
    pub(super) length: u64,
    pub(super) epoch: u64,
    /// Everything up to this commit is in the first entry.
    pub(super) sequence: u64,
    pub(super) form: Form,
}

impl Form {
    /// What an area begins with.
    fn magic(self) -> &'static [u8; 8] {
        match self {
            Form::Plain => b"FMLOG002",
            Form::Packed => b"FMLOG003",
        }
    }
}

impl Area {
    /// The area of the highest epoch.
    pub(super) fn newest(medium: &dyn Medium) -> io::Result<Option<Area>> {
        let end = medium.length()?;
        let mut found = Vec::new();
        let mut start = 0;
        while start + BEGIN <= end {
            let mut bytes = [0; BEGIN as usize];
            medium.read_at(start, &mut bytes)?;
            found.extend(Area::read(start, &bytes).filter(|area| start + area.length <= end));
            start = if start == 0 { AREA } else { start * 2 };
        }
        Ok(found.into_iter().max_by_key(|area| area.epoch))
    }

    fn read(start: u64, bytes: &[u8; BEGIN as usize]) -> Option<Area> {
        let (checked, rest) = bytes.split_at_checked(32)?;
        let (magic, numbers) = checked.split_first_chunk::<8>()?;
        let (epoch, numbers) = numbers.split_first_chunk()?;
        let (sequence, numbers) = numbers.split_first_chunk()?;
        let length = u64::from_be_bytes(*numbers.first_chunk()?);
        let form = [Form::Plain, Form::Packed].into_iter().find(|form| form.magic() == magic)?;
        let right = rest.first_chunk() == Some(&crc32c::crc32c(checked).to_be_bytes());
        let (epoch, sequence) = (u64::from_be_bytes(*epoch), u64::from_be_bytes(*sequence));
        (right && (start == 0 || start == length)).then_some(Area { start, length, epoch, sequence, form })
    }

    /// Its first [`BEGIN`] bytes.
    pub(super) fn write(&self) -> Vec<u8> {
        let numbers = [self.epoch, self.sequence, self.length].map(u64::to_be_bytes).concat();
        let checked = [self.form.magic().as_slice(), &numbers].concat();
        let sum = crc32c::crc32c(&checked).to_be_bytes();
        let mut bytes = [checked.as_slice(), &sum].concat();
        bytes.resize(BEGIN as usize, 0);
        bytes
    }

    /// The one of the same length that comes after it, packed.
    pub(super) fn other(&self, sequence: u64) -> Area {
        let start = if self.start == 0 { self.length } else { 0 };
        Area { start, length: self.length, epoch: self.epoch + 1, sequence, form: Form::Packed }
    }

    /// Whether an eighth of it stays free with so many bytes in it, what a leave needs among them: so what is there is
    /// written anew seldom, and the file is short.
    pub(super) fn has_air(&self, needed: u64) -> bool {
        needed <= self.length / 8 * 7
    }

    /// One of twice the length, behind both.
    pub(super) fn longer(&self, sequence: u64) -> Area {
        Area { start: self.length * 2, length: self.length * 2, ..self.other(sequence) }
    }
}

/// A new log: the beginning of its first area, and the length of the file.
pub fn first_area() -> (Vec<u8>, u64) {
    let area = Area { start: 0, length: AREA, epoch: 1, sequence: 0, form: Form::Packed };
    (area.write(), 2 * AREA)
}

/// Bytes before the first entry.
pub(super) const BEGIN: u64 = 64;
const AREA: u64 = 128 * 1024;
