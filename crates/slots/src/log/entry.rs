//! One entry of the log.

use super::Payload;
use super::area::{Area, BEGIN, Form};
use crate::cipher::{Cipher, SEAL};
use crate::codec::{self, Changes, Known};
use crate::packing;
use layout::slot::Group;
use std::io;

/// An entry that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it begins in its area.
    pub(super) at: usize,
    /// The number of its commit.
    pub sequence: u64,
    /// The last commit that was known to be durable.
    pub floor: u64,
    /// A group of the slot file that belongs to the commit.
    pub needs: Option<Group>,
    pub(super) checksum: u32,
    /// What it changes.
    pub changes: Changes,
}

/// What an entry says besides its changes.
pub(super) struct Order {
    pub(super) sequence: u64,
    pub(super) floor: u64,
    pub(super) needs: Option<Group>,
    pub(super) previous: u32,
}

/// Header and payload that pass their checksum, not decrypted yet.
struct Raw<'a> {
    order: Order,
    checksum: u32,
    checked: &'a [u8],
    payload: &'a [u8],
}

/// The bytes of an entry, and its checksum.
pub(super) fn write(
    order: &Order,
    epoch: u64,
    (cipher, Payload(payload)): (&Cipher, &Payload),
) -> io::Result<(Vec<u8>, u32)> {
    let length = u32::try_from(payload.len() + SEAL).map_err(io::Error::other)?;
    let numbers = [epoch, order.sequence, order.floor].map(u64::to_be_bytes).concat();
    let needs = [u32::from(order.needs.is_some()).to_be_bytes().as_slice(), &order.needs.unwrap_or_default()]
        .concat();
    let checked =
        [MAGIC.as_slice(), &length.to_be_bytes(), &numbers, &needs, &order.previous.to_be_bytes()].concat();
    let sealed = cipher.seal(&checked, payload)?;
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&checked), &sealed);
    let mut bytes = [checked.as_slice(), &checksum.to_be_bytes(), &[0; 4], &sealed].concat();
    bytes.resize(size(payload.len() as u64) as usize, 0);
    Ok((bytes, checksum))
}

/// The entries of an area from its first on, and where the next one goes.
pub(super) fn parse(bytes: &[u8], area: &Area, cipher: &Cipher) -> (Vec<Entry>, usize) {
    let (mut entries, mut at, mut previous) = (Vec::new(), BEGIN as usize, 0);
    let mut known = Known::new();
    while let Some(raw) = bytes.get(at..).and_then(|rest| read(rest, area.epoch)) {
        let payload = cipher.open(raw.checked, raw.payload).filter(|_| raw.order.previous == previous);
        let changes = payload.and_then(|payload| match area.form {
            Form::Plain => codec::decode_old_changes(&payload),
            Form::Packed => codec::decode_changes(&packing::unpack(&payload)?, &mut known),
        });
        let Some(changes) = changes else { break };
        previous = raw.checksum;
        let Order { sequence, floor, needs, .. } = raw.order;
        entries.push(Entry { at, sequence, floor, needs, checksum: raw.checksum, changes });
        at += (HEADER + raw.payload.len()).next_multiple_of(8);
    }
    (entries, at)
}

/// Whether the first entry passes its checksum.
pub(super) fn is_whole(bytes: &[u8], area: &Area) -> bool {
    bytes.get(BEGIN as usize..).is_some_and(|rest| read(rest, area.epoch).is_some())
}

/// Whether a later entry lies behind the last that could be read: one between them is damaged.
pub(super) fn any_behind(bytes: &[u8], tail: usize, (area, last): (&Area, u64)) -> bool {
    let starts = (tail..bytes.len()).step_by(8);
    starts.filter_map(|at| bytes.get(at..)).filter(|rest| rest.starts_with(MAGIC)).any(|rest| {
        let entry = read(rest, area.epoch);
        entry.is_some_and(|raw| raw.order.sequence > last + 1)
    })
}

fn read(bytes: &[u8], epoch: u64) -> Option<Raw<'_>> {
    let (checked, rest) = bytes.split_at_checked(CHECKED)?;
    let (checksum, rest) = rest.split_first_chunk()?;
    let (magic, fields) = checked.split_first_chunk::<4>()?;
    let (length, fields) = fields.split_first_chunk()?;
    let (found, fields) = fields.split_first_chunk()?;
    let (sequence, fields) = fields.split_first_chunk()?;
    let (floor, fields) = fields.split_first_chunk()?;
    let (flag, fields) = fields.split_first_chunk()?;
    let (group, previous) = fields.split_first_chunk::<16>()?;
    let payload = rest.get(4..4 + u32::from_be_bytes(*length) as usize)?;
    let checksum = u32::from_be_bytes(*checksum);
    let right = magic == MAGIC
        && u64::from_be_bytes(*found) == epoch
        && checksum == crc32c::crc32c_append(crc32c::crc32c(checked), payload);
    let order = Order {
        sequence: u64::from_be_bytes(*sequence),
        floor: u64::from_be_bytes(*floor),
        needs: (u32::from_be_bytes(*flag) == 1).then_some(*group),
        previous: u32::from_be_bytes(*previous.first_chunk()?),
    };
    right.then_some(Raw { order, checksum, checked, payload })
}

/// Bytes of an entry with so many bytes of payload, which are sealed in it.
pub(super) fn size(payload: u64) -> u64 {
    ((HEADER + SEAL) as u64 + payload).next_multiple_of(8)
}

const MAGIC: &[u8; 4] = b"FMLE";
const CHECKED: usize = 56;
const HEADER: usize = 64;
