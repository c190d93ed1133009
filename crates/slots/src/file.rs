//! The slot file: for each group of records the slot of its last commit, and the one before.
//!
//! A commit writes a slot for each group that it changes, in blocks that no slot in force takes; a torn or damaged
//! slot fails its checksum, and the one before counts. Where header and payload lie says [`layout::slot`].

use crate::cipher::{Cipher, SEAL};
use crate::codec::{self, Records};
use crate::medium::Medium;
use crate::order;
use layout::slot::{BLOCK, FORMAT, Group, HEADER, Header};
use std::collections::BTreeMap;
use std::io;
use store::RecordKey;

/// An open slot file.
pub struct Slots {
    medium: Box<dyn Medium>,
    cipher: Cipher,
    blocks: u64,
    places: BTreeMap<Group, Place>,
    /// Slots that say that a group is gone; they go when a later commit is durable.
    farewells: Vec<Extent>,
}

/// Consecutive blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    start: u64,
    count: u64,
}

struct Place {
    current: Extent,
    previous: Option<Extent>,
}

/// A slot whose checksum is right.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    /// What it says of itself.
    pub header: Header,
    extent: Extent,
}

/// What a file says without being decrypted.
pub struct Scan {
    /// Those that are whole.
    pub slots: Vec<Slot>,
    /// Headers whose payload is not what they say.
    pub damaged: Vec<Header>,
}

/// The newest readable slot of a group.
pub struct GroupFound {
    /// The number of the commit that wrote it.
    pub sequence: u64,
    /// None where the group is gone.
    pub records: Records,
}

/// What stands in a file.
#[derive(Default)]
pub struct SlotsFound {
    /// By group; without records where the group is gone.
    pub groups: BTreeMap<Group, GroupFound>,
    /// The header of the last commit.
    pub newest: Option<Header>,
    /// Groups whose slots are whole and cannot be decrypted.
    pub sealed_otherwise: usize,
}

/// One commit.
pub struct Batch<'a> {
    /// Its number.
    pub sequence: u64,
    /// The last commit that is known to be durable.
    pub floor: u64,
    /// The number of the log's last entry.
    pub log: u64,
    /// Groups that were here and cannot be found.
    pub lost: u32,
    /// All records of each group that it changes.
    pub groups: &'a [(Group, Records)],
}

/// Every slot of the file with a right checksum, and every header without.
///
/// # Errors
/// When the file cannot be read.
pub fn scan(medium: &dyn Medium) -> io::Result<Scan> {
    let mut found = Scan { slots: Vec::new(), damaged: Vec::new() };
    let blocks = medium.length()? / BLOCK;
    for start in 1..blocks {
        let mut bytes = [0; HEADER];
        medium.read_at(start * BLOCK, &mut bytes)?;
        let Some(header) = Header::read(&bytes) else { continue };
        let extent = Extent { start, count: blocks_of(header.length as usize) };
        let whole = extent.start + extent.count <= blocks
            && checksum(&header, &payload(medium, extent, &header)?) == header.checksum;
        match whole {
            true => found.slots.push(Slot { header, extent }),
            false => found.damaged.push(header),
        }
    }
    Ok(found)
}

/// The first block, which tells older versions that the file is not theirs.
pub fn first_block() -> Vec<u8> {
    let mut header = layout::old_slot::Header {
        format: FORMAT,
        generation: 0,
        length: 0,
        checksum: 0,
        may_have_device: true,
    };
    header.checksum = crc32c::crc32c(&header.checked());
    header.write()
}

impl Slots {
    /// Takes the slots that stand into force, and erases those that do not.
    pub fn load(
        medium: Box<dyn Medium>,
        cipher: Cipher,
        scan: &Scan,
        (floor, writable): (u64, bool),
    ) -> io::Result<(Slots, SlotsFound)> {
        let blocks = medium.length()? / BLOCK;
        let mut slots = Slots { medium, cipher, blocks, places: BTreeMap::new(), farewells: Vec::new() };
        let (standing, fallen) = order::split(&scan.slots, floor);
        let mut over: Vec<Extent> = fallen.iter().map(|slot| slot.extent).collect();
        let mut groups: BTreeMap<Group, Vec<Slot>> = BTreeMap::new();
        standing.iter().for_each(|slot| groups.entry(slot.header.group).or_default().push(*slot));
        let mut found = SlotsFound {
            newest: standing.iter().map(|slot| slot.header).max_by_key(|it| it.sequence),
            ..SlotsFound::default()
        };
        for (group, mut of_group) in groups {
            of_group.sort_by_key(|slot| std::cmp::Reverse(slot.header.sequence));
            match slots.adopt(group, &of_group, &mut over)? {
                Some(newest) => drop(found.groups.insert(group, newest)),
                None => found.sealed_otherwise += 1,
            }
        }
        // What is over would come back if what is newer were gone.
        if writable && !over.is_empty() {
            slots.clear(&over)?;
            slots.medium.sync()?;
        }
        Ok((slots, found))
    }

    /// The newest slot of a group that can be read; one that says that the group is gone ends it.
    fn adopt(
        &mut self,
        group: Group,
        newest_first: &[Slot],
        over: &mut Vec<Extent>,
    ) -> io::Result<Option<GroupFound>> {
        for (at, slot) in newest_first.iter().enumerate() {
            let Some(records) = self.read(slot)? else { continue };
            let mut older = newest_first.iter().skip(at + 1).map(|slot| slot.extent);
            if records.is_empty() {
                self.farewells.push(slot.extent);
            } else {
                self.places.insert(group, Place { current: slot.extent, previous: older.next() });
            }
            over.extend(older);
            return Ok(Some(GroupFound { sequence: slot.header.sequence, records }));
        }
        Ok(None)
    }

    fn read(&self, slot: &Slot) -> io::Result<Option<Records>> {
        let sealed = payload(self.medium.as_ref(), slot.extent, &slot.header)?;
        let plain = self.cipher.open(&slot.header.checked(), &sealed);
        Ok(plain.and_then(|plain| codec::decode(&plain)))
    }

    /// The groups that have records.
    pub fn groups(&self) -> impl Iterator<Item = Group> {
        self.places.keys().copied()
    }

    /// Whether the group has a slot.
    pub fn has(&self, group: &Group) -> bool {
        self.places.contains_key(group)
    }

    /// Gives a file that was made its name.
    pub fn publish(&mut self) -> io::Result<()> {
        self.medium.publish()
    }

    /// Names the format that is written in the first block; durable when it returns. Before anything else of that
    /// format is written, so that a version that does not know it never takes the rest for damaged.
    ///
    /// # Errors
    /// What the disk says.
    pub fn name_format(&mut self) -> io::Result<()> {
        let mut begin = [0; layout::old_slot::HEADER];
        self.medium.read_at(0, &mut begin)?;
        let named = first_block();
        if named.as_slice() != begin {
            self.medium.write_at(0, &named)?;
            self.medium.sync()?;
        }
        Ok(())
    }

    /// Whether the path still leads here.
    pub fn check(&self) -> io::Result<()> {
        self.medium.check()
    }

    /// Writes the slots of a commit; durable when it returns.
    pub fn write(&mut self, batch: &Batch<'_>) -> io::Result<()> {
        let mut placed = Vec::new();
        let live = self.live_after(batch.groups) + batch.lost;
        for (at, (group, records)) in batch.groups.iter().enumerate() {
            let next = batch.groups.get(at + 1).or(batch.groups.first());
            let plain = codec::encode(records);
            let length = u32::try_from(plain.len() + SEAL).map_err(io::Error::other)?;
            let mut header = Header {
                sequence: batch.sequence,
                floor: batch.floor,
                log: batch.log,
                group: *group,
                needs: next.map_or(*group, |(group, _)| *group),
                groups: live,
                length,
                may_have_device: records.keys().any(RecordKey::is_of_a_device),
                checksum: 0,
            };
            let sealed = self.cipher.seal(&header.checked(), &plain)?;
            header.checksum = checksum(&header, &sealed);
            let extent = self.place_for(group, blocks_of(sealed.len()), &placed)?;
            self.medium.write_at(extent.start * BLOCK, &[header.write(), sealed].concat())?;
            placed.push((*group, extent, records.is_empty()));
        }
        self.medium.sync()?;
        self.settle(placed)
    }

    /// How many groups have records after a commit.
    fn live_after(&self, changed: &[(Group, Records)]) -> u32 {
        let kept = self.places.keys().filter(|group| !changed.iter().any(|(it, _)| it == *group)).count();
        let there = changed.iter().filter(|(_, records)| !records.is_empty()).count();
        u32::try_from(kept + there).unwrap_or(u32::MAX)
    }

    /// What was written is in force. What is over is overwritten: durable with the next sync, which is at once where
    /// a group is gone, so that it leaves no bytes.
    fn settle(&mut self, placed: Vec<(Group, Extent, bool)>) -> io::Result<()> {
        let mut over = std::mem::take(&mut self.farewells);
        let mut at_once = !over.is_empty();
        for (group, extent, gone) in placed {
            let old = self.places.remove(&group);
            over.extend(old.as_ref().and_then(|old| old.previous));
            if gone {
                over.extend(old.map(|old| old.current));
                self.farewells.push(extent);
                at_once = true;
            } else {
                let previous = old.map(|old| old.current);
                self.places.insert(group, Place { current: extent, previous });
            }
        }
        self.clear(&over)?;
        if at_once { self.medium.sync() } else { Ok(()) }
    }

    /// Overwrites blocks that nothing in force takes.
    fn clear(&mut self, extents: &[Extent]) -> io::Result<()> {
        let places =
            self.places.values().flat_map(|place| std::iter::once(place.current).chain(place.previous));
        let used: Vec<Extent> = self.farewells.iter().copied().chain(places).collect();
        let taken = |block: u64| used.iter().any(|it| (it.start..it.start + it.count).contains(&block));
        for block in extents.iter().flat_map(|extent| extent.start..extent.start + extent.count) {
            if !taken(block) {
                self.medium.write_at(block * BLOCK, &[0; BLOCK as usize])?;
            }
        }
        Ok(())
    }

    /// Free blocks for a slot. A new group has to leave room for the longest answer of a service, so that a disk
    /// that is full when it comes cannot lose it.
    fn place_for(
        &mut self,
        group: &Group,
        count: u64,
        placed: &[(Group, Extent, bool)],
    ) -> io::Result<Extent> {
        let mut used = self.used(group);
        used.extend(placed.iter().map(|(_, extent, _)| *extent));
        let reserve = if self.has(group) { 0 } else { RESERVE };
        if let Some(extent) = fit(&used, self.blocks, (count, reserve)) {
            return Ok(extent);
        }
        let blocks = self.blocks + count + reserve;
        self.medium.extend(blocks * BLOCK)?;
        self.blocks = blocks;
        fit(&used, blocks, (count, reserve)).ok_or_else(|| io::Error::other("no place for a slot"))
    }

    /// What must not be overwritten when this group is written: of the group itself only its slot in force.
    fn used(&self, writing: &Group) -> Vec<Extent> {
        let mut used = self.farewells.clone();
        for (group, place) in &self.places {
            used.push(place.current);
            used.extend(place.previous.filter(|_| group != writing));
        }
        used
    }
}

/// The first gap that holds `count` blocks and leaves one of `reserve`.
fn fit(used: &[Extent], blocks: u64, (count, reserve): (u64, u64)) -> Option<Extent> {
    let extent = Extent { start: gap(used, blocks, count)?, count };
    let with: Vec<Extent> = used.iter().copied().chain([extent]).collect();
    (reserve == 0 || gap(&with, blocks, reserve).is_some()).then_some(extent)
}

fn gap(used: &[Extent], blocks: u64, count: u64) -> Option<u64> {
    let mut used = used.to_vec();
    used.sort_by_key(|extent| extent.start);
    let mut free_from = 1;
    for extent in used {
        if extent.start >= free_from + count {
            return Some(free_from);
        }
        free_from = free_from.max(extent.start + extent.count);
    }
    (free_from + count <= blocks).then_some(free_from)
}

fn payload(medium: &dyn Medium, extent: Extent, header: &Header) -> io::Result<Vec<u8>> {
    let mut payload = vec![0; header.length as usize];
    medium.read_at(extent.start * BLOCK + HEADER as u64, &mut payload)?;
    Ok(payload)
}

fn blocks_of(length: usize) -> u64 {
    ((HEADER + length) as u64).div_ceil(BLOCK)
}

fn checksum(header: &Header, payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&header.checked()), payload)
}

/// Blocks that are kept free: a stored answer is at most 512 KiB in hex, and there is the rest of its tenant.
const RESERVE: u64 = 640 * 1024 / BLOCK;
/// The length of a new file.
pub const FIRST_LENGTH: u64 = (1 + 16) * BLOCK + RESERVE * BLOCK;
