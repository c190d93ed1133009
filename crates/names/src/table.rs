//! A file of records that are found by numbers, in pages each of which has a checksum.
//!
//! A page has 4,096 bytes: 4,092 of content and the CRC-32C of its number and its content. The contents one after
//! the other are: eight bytes of magic; the length of the whole content and the number of indexes, four bytes each;
//! for each index its place and its count of entries, four bytes each; the indexes, entries of eight bytes (key,
//! place of the record) in order of their keys; the records, each with its length in four bytes before it. Numbers
//! are little-endian, places count from the start of the content.

use crate::fields::{Cursor, Writer};
use std::fmt;

/// The file is not what we wrote: nothing of it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

impl fmt::Display for Damaged {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the file is damaged")
    }
}

impl std::error::Error for Damaged {}

/// Bytes that are read at a place, of a file that may change or end meanwhile.
pub trait Source {
    /// Fills the whole buffer from a place on; false where that cannot be done.
    fn fill(&self, place: u64, buffer: &mut [u8]) -> bool;
}

impl Source for &[u8] {
    fn fill(&self, place: u64, buffer: &mut [u8]) -> bool {
        let from = usize::try_from(place).ok().and_then(|place| self.get(place..));
        let bytes = from.and_then(|bytes| bytes.get(..buffer.len()));
        bytes.is_some_and(|bytes| {
            buffer.copy_from_slice(bytes);
            true
        })
    }
}

const PAGE: usize = 4_096;
const CONTENT: usize = PAGE - 4;
/// A record is at most so long: a group of some thousand members.
const LONGEST: u32 = 1 << 20;
const MAGIC: usize = 8;
const ENTRY: u32 = 8;

/// Records on their way into a file.
pub(crate) struct Builder<const INDEXES: usize> {
    records: Writer,
    indexes: [Vec<(u32, u32)>; INDEXES],
}

impl<const INDEXES: usize> Builder<INDEXES> {
    pub(crate) fn new() -> Builder<INDEXES> {
        Builder { records: Writer::default(), indexes: std::array::from_fn(|_| Vec::new()) }
    }

    /// Adds a record, which each of the keys leads to: the number of an index, and the key there.
    pub(crate) fn add(&mut self, record: &Writer, keys: &[(usize, u32)]) {
        let place = length(&self.records.0);
        self.records.number(length(&record.0));
        self.records.0.extend_from_slice(&record.0);
        for (index, key) in keys {
            if let Some(index) = self.indexes.get_mut(*index) {
                index.push((*key, place));
            }
        }
    }

    /// The file.
    pub(crate) fn finish(mut self, magic: [u8; MAGIC]) -> Vec<u8> {
        let head = length(&magic) + 8 + 8 * u32::try_from(INDEXES).unwrap_or(0);
        let entries: usize = self.indexes.iter().map(Vec::len).sum();
        let records_at = head + ENTRY * u32::try_from(entries).unwrap_or(u32::MAX / ENTRY);
        let mut content = Writer(magic.to_vec());
        content.number(records_at + length(&self.records.0));
        content.number(u32::try_from(INDEXES).unwrap_or(0));
        let mut place = head;
        for index in &mut self.indexes {
            index.sort_unstable();
            let count = u32::try_from(index.len()).unwrap_or(u32::MAX);
            content.number(place);
            content.number(count);
            place += ENTRY * count;
        }
        for (key, record) in self.indexes.iter().flatten() {
            content.number(*key);
            content.number(records_at + record);
        }
        content.0.extend_from_slice(&self.records.0);
        pages(&content.0)
    }
}

fn pages(content: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(content.len() / CONTENT * PAGE + PAGE);
    for (number, part) in (0..).zip(content.chunks(CONTENT)) {
        let mut page = part.to_vec();
        page.resize(CONTENT, 0);
        file.extend_from_slice(&page);
        file.extend_from_slice(&checksum(number, &page).to_le_bytes());
    }
    file
}

/// Of a page's number and content, so that a page in another's place is none.
fn checksum(number: u32, content: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&number.to_le_bytes()), content)
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// A file that is read, page by page.
#[derive(Debug)]
pub(crate) struct Table<S, const INDEXES: usize> {
    source: S,
    content: u32,
    indexes: [Index; INDEXES],
}

#[derive(Debug, Clone, Copy)]
struct Index {
    place: u32,
    count: u32,
}

impl<S: Source, const INDEXES: usize> Table<S, INDEXES> {
    /// Reads the head; nothing else is read before it is asked for.
    pub(crate) fn open(source: S, magic: [u8; MAGIC]) -> Result<Table<S, INDEXES>, Damaged> {
        let mut table = Table { source, content: u32::MAX, indexes: [Index { place: 0, count: 0 }; INDEXES] };
        let head = table.read(0, MAGIC + 8 + 8 * INDEXES)?;
        let (found, rest) = head.split_first_chunk().ok_or(Damaged)?;
        let mut fields = Cursor(rest);
        let (content, indexes) = (fields.number()?, fields.number()?);
        if *found != magic || usize::try_from(indexes) != Ok(INDEXES) {
            return Err(Damaged);
        }
        table.content = content;
        for index in &mut table.indexes {
            *index = Index { place: fields.number()?, count: fields.number()? };
            let end = index.count.checked_mul(ENTRY).and_then(|length| index.place.checked_add(length));
            end.filter(|end| *end <= content).ok_or(Damaged)?;
        }
        Ok(table)
    }

    /// The first record under a key of an index that `take` makes something of.
    pub(crate) fn find<T>(
        &self,
        index: usize,
        key: u32,
        mut take: impl FnMut(&[u8]) -> Result<Option<T>, Damaged>,
    ) -> Result<Option<T>, Damaged> {
        let index = *self.indexes.get(index).ok_or(Damaged)?;
        let mut number = self.first_of(index, key)?;
        while number < index.count {
            let (found, place) = self.entry(index, number)?;
            if found != key {
                break;
            }
            if let Some(taken) = take(&self.record(place)?)? {
                return Ok(Some(taken));
            }
            number += 1;
        }
        Ok(None)
    }

    /// Every record that an index leads to, in the order of its keys.
    pub(crate) fn all<T>(
        &self,
        index: usize,
        mut take: impl FnMut(&[u8]) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let index = *self.indexes.get(index).ok_or(Damaged)?;
        (0..index.count).map(|number| take(&self.record(self.entry(index, number)?.1)?)).collect()
    }

    /// The first entry whose key is not below this one.
    fn first_of(&self, index: Index, key: u32) -> Result<u32, Damaged> {
        let (mut low, mut high) = (0, index.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(index, middle)?.0 < key { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    fn entry(&self, index: Index, number: u32) -> Result<(u32, u32), Damaged> {
        let place =
            number.checked_mul(ENTRY).and_then(|place| place.checked_add(index.place)).ok_or(Damaged)?;
        let bytes = self.read(place, 8)?;
        let mut fields = Cursor(&bytes);
        Ok((fields.number()?, fields.number()?))
    }

    fn record(&self, place: u32) -> Result<Vec<u8>, Damaged> {
        let length = Cursor(&self.read(place, 4)?).number()?;
        if length > LONGEST {
            return Err(Damaged);
        }
        self.read(place.checked_add(4).ok_or(Damaged)?, usize::try_from(length).map_err(|_| Damaged)?)
    }

    /// Content from a place on, through as many pages as it takes, each of which has to be whole.
    fn read(&self, place: u32, length: usize) -> Result<Vec<u8>, Damaged> {
        let start = usize::try_from(place).map_err(|_| Damaged)?;
        let last = usize::try_from(self.content).map_err(|_| Damaged)?;
        let end = start.checked_add(length).filter(|end| *end <= last).ok_or(Damaged)?;
        let mut bytes = Vec::with_capacity(length);
        let mut page = [0; PAGE];
        while start + bytes.len() < end {
            let at = start + bytes.len();
            self.load(at / CONTENT, &mut page)?;
            let (from, wanted) = (at % CONTENT, end - at);
            let part = page.get(from..CONTENT.min(from + wanted)).ok_or(Damaged)?;
            bytes.extend_from_slice(part);
        }
        Ok(bytes)
    }

    fn load(&self, number: usize, page: &mut [u8; PAGE]) -> Result<(), Damaged> {
        let place = u64::try_from(number * PAGE).map_err(|_| Damaged)?;
        if !self.source.fill(place, page) {
            return Err(Damaged);
        }
        let (content, sum) = page.split_at_checked(CONTENT).ok_or(Damaged)?;
        let number = u32::try_from(number).map_err(|_| Damaged)?;
        if sum == checksum(number, content).to_le_bytes() { Ok(()) } else { Err(Damaged) }
    }
}
