//! The format before: one file with two slots of all records, and all of them as one value of sled.

use crate::content::old_context;
use layout::old_slot::{CAPACITY, HEADER, Header, SLOT};
use slots::Cipher;
use slots::Medium;
use slots::Records;
use std::io;

/// What the two slots say.
pub(crate) struct OldSlots {
    /// Generation and records of the newest slot that can be read.
    pub(crate) newest: Option<(u64, Records)>,
    /// Slots that hold something else.
    pub(crate) damaged: usize,
    /// Slots that are whole, and under another key.
    pub(crate) sealed_otherwise: usize,
}

/// The format that a slot of the old form names; the first block of a newer file is one without payload.
pub(crate) fn named_format(medium: &dyn Medium) -> io::Result<Option<u32>> {
    let mut named = None;
    for at in [0, SLOT] {
        named = named.max(slot(medium, at)?.map(|(header, _)| header.format));
    }
    Ok(named)
}

pub(crate) fn read(medium: &dyn Medium, cipher: &Cipher) -> io::Result<OldSlots> {
    let mut found = OldSlots { newest: None, damaged: 0, sealed_otherwise: 0 };
    for at in [0, SLOT] {
        let mut begin = [0; HEADER];
        if medium.read_at(at, &mut begin).is_ok() && begin == [0; HEADER] {
            continue;
        }
        let Some((header, payload)) = slot(medium, at)? else {
            found.damaged += 1;
            continue;
        };
        let plain = cipher.open(&old_context("slots", header.generation), &payload);
        match plain.and_then(|plain| slots::decode(&plain)) {
            None => found.sealed_otherwise += 1,
            Some(records) if found.newest.as_ref().is_none_or(|(newest, _)| header.generation > *newest) => {
                found.newest = Some((header.generation, records));
            }
            Some(_) => {}
        }
    }
    Ok(found)
}

/// A slot that passes its checksum.
fn slot(medium: &dyn Medium, at: u64) -> io::Result<Option<(Header, Vec<u8>)>> {
    let Some(header) = header(medium, at)?.filter(|it| it.length as usize <= CAPACITY) else {
        return Ok(None);
    };
    let mut payload = vec![0; header.length as usize];
    if medium.read_at(at + HEADER as u64, &mut payload).is_err() {
        return Ok(None);
    }
    Ok(is_right(&header, &payload).then_some((header, payload)))
}

fn header(medium: &dyn Medium, at: u64) -> io::Result<Option<Header>> {
    let mut bytes = [0; HEADER];
    if at + HEADER as u64 > medium.length()? {
        return Ok(None);
    }
    medium.read_at(at, &mut bytes)?;
    Ok(Header::read(&bytes))
}

fn is_right(header: &Header, payload: &[u8]) -> bool {
    header.checksum == crc32c::crc32c_append(crc32c::crc32c(&header.checked()), payload)
}
