//! What the database holds: packs of the log's records, a value for each record besides, and how new each part is.
//!
//! | Key | Value |
//! |---|---|
//! | the text of a record's key | sequence of its commit (8 bytes, big-endian), then the record, sealed; nothing behind the sequence where a pack may have the record and it is gone |
//! | a zero, then `packs` | what [`crate::packs`] says of them |
//! | a one, then the number of a pack | see there |
//! | a zero, then the id of a group of the slot file | sequence of the group's last commit |
//! | a zero, then `log` | sequence of the last entry of the log |
//! | `records` | as versions before wrote it: generation, then all records, sealed |

use crate::packs::{self, Packs};
use layout::slot::Group;
use slots::Cipher;
use slots::{Changes, Records, group_of};
use std::collections::BTreeMap;
use std::io;
use store::RecordKey;

/// What was read.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// By group, the sequence of its last commit.
    pub(crate) groups: BTreeMap<Group, u64>,
    /// The sequence of the last entry of the log.
    pub(crate) log: u64,
    pub(crate) records: Records,
    /// All records with their generation, where a version before wrote them.
    pub(crate) old: Option<(u64, Records)>,
    /// The packs, and what lies beside them.
    pub(crate) packs: Packs,
    /// Bytes of the log's records that are in no pack.
    pub(crate) loose: u64,
}

impl Content {
    pub(crate) fn is_empty(&self) -> bool {
        self.top() == 0 && self.old.is_none()
    }

    /// The last commit that it knows of.
    pub(crate) fn top(&self) -> u64 {
        self.groups.values().copied().fold(self.log.max(self.packs.sequence), u64::max)
    }
}

/// What has to be written.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    pub(crate) sequence: u64,
    pub(crate) changes: Changes,
    pub(crate) groups: BTreeMap<Group, u64>,
    pub(crate) log: Option<u64>,
}

/// A value of the database.
pub(crate) enum Stored {
    There(Vec<u8>),
    Gone,
}

impl Writes {
    /// What came later counts.
    pub(crate) fn add(&mut self, later: Writes) {
        self.sequence = later.sequence;
        self.changes.extend(later.changes);
        self.groups.extend(later.groups);
        self.log = later.log.or(self.log);
    }

    /// Bytes of the log's records in it.
    pub(crate) fn loose(&self) -> u64 {
        let of_log = self.changes.iter().filter(|(key, _)| group_of(key).is_none());
        of_log
            .map(|(key, bytes)| (key.to_string().len() + bytes.as_ref().map_or(0, Vec::len)) as u64 + 36)
            .sum()
    }

    /// The changes of the log's records, and the same writes without them.
    pub(crate) fn split(&self) -> (Changes, Writes) {
        let (of_log, besides) =
            self.changes.clone().into_iter().partition(|(key, _)| group_of(key).is_none());
        let Writes { sequence, ref groups, log, .. } = *self;
        (of_log, Writes { sequence, changes: besides, groups: groups.clone(), log })
    }

    /// Keys and values for the database, the value of versions before gone.
    pub(crate) fn sealed(&self, cipher: &Cipher, packs: &Packs) -> io::Result<Vec<(Vec<u8>, Stored)>> {
        let mut out = vec![(OLD.to_vec(), Stored::Gone)];
        let sequence = self.sequence.to_be_bytes();
        for (key, bytes) in &self.changes {
            let name = key.to_string().into_bytes();
            let stored = match bytes {
                None if packs.parts > 0 && group_of(key).is_none() => Stored::There(sequence.to_vec()),
                None => Stored::Gone,
                Some(plain) => {
                    let sealed = cipher.seal(&context(&name, sequence), plain)?;
                    Stored::There([sequence.as_slice(), &sealed].concat())
                }
            };
            out.push((name, stored));
        }
        let parts = self.groups.iter().map(|(group, at)| (group.as_slice(), *at));
        for (part, at) in parts.chain(self.log.map(|at| (LOG, at))) {
            out.push(([[0].as_slice(), part].concat(), Stored::There(at.to_be_bytes().to_vec())));
        }
        Ok(out)
    }
}

/// What was read so far, of values that come one by one: they need not be in memory all at once.
#[derive(Default)]
pub(crate) struct Reading {
    content: Content,
    /// Parts of packs by their keys.
    parts: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Records beside the packs, each with the sequence of its commit; none for one that is gone.
    loose: Vec<(u64, RecordKey, Option<Vec<u8>>)>,
}

impl Reading {
    /// Takes a value in; none where it is not as it was written.
    pub(crate) fn take(&mut self, (key, value): (&[u8], &[u8]), cipher: &Cipher) -> Option<()> {
        let (sequence, rest) = value.split_first_chunk::<8>()?;
        let (at, content) = (u64::from_be_bytes(*sequence), &mut self.content);
        match key.split_first() {
            Some((0, part)) if part == LOG => content.log = at,
            Some((0, part)) if part == packs::INDEX => content.packs = Packs::read(at, rest)?,
            Some((1, _)) => drop(self.parts.insert(key.to_vec(), value.to_vec())),
            Some((0, part)) => drop(content.groups.insert(part.try_into().ok()?, at)),
            _ if key == OLD => {
                let plain = cipher.open(&old_context("sled", at), rest)?;
                content.old = Some((at, slots::decode(&plain)?));
            }
            _ => {
                let record = RecordKey::from(std::str::from_utf8(key).ok()?);
                if group_of(&record).is_none() {
                    content.loose += (key.len() + value.len()) as u64;
                }
                let plain = match rest {
                    [] => None,
                    sealed => Some(cipher.open(&context(key, *sequence), sealed)?),
                };
                self.loose.push((at, record, plain));
            }
        }
        Some(())
    }

    /// Everything, once the last value was taken; none where a part of the packs is not as it was written.
    pub(crate) fn finish(self, cipher: &Cipher) -> Option<Content> {
        let Reading { mut content, parts, mut loose } = self;
        content.records = content.packs.open(&parts, cipher)?;
        // What is older than the packs was put into them, and is still there where a crash came before it was taken
        // away.
        loose.retain(|(at, key, _)| *at >= content.packs.sequence || group_of(key).is_some());
        let changes: Changes = loose.into_iter().map(|(_, key, plain)| (key, plain)).collect();
        slots::apply(&mut content.records, &changes);
        Some(content)
    }
}

/// Keys of the database that count no more once there are these packs.
pub(crate) fn superseded(keys: Vec<Vec<u8>>, packs: &Packs) -> Vec<Vec<u8>> {
    let over = |key: &Vec<u8>| match key.first() {
        Some(0) => false,
        Some(1) => !packs.has(key),
        _ => std::str::from_utf8(key)
            .is_ok_and(|text| key != OLD && group_of(&RecordKey::from(text)).is_none()),
    };
    keys.into_iter().filter(over).collect()
}

/// What a generation of a version before was sealed with.
pub(crate) fn old_context(place: &str, generation: u64) -> Vec<u8> {
    format!("firmament {place} v1 {generation}").into_bytes()
}

fn context(key: &[u8], sequence: [u8; 8]) -> Vec<u8> {
    [b"firmament sled v2 ".as_slice(), &sequence, key].concat()
}

const OLD: &[u8] = b"records";
const LOG: &[u8] = b"log";

#[cfg(test)]
mod tests {
    use super::*;

    type Database = BTreeMap<Vec<u8>, Vec<u8>>;

    fn cipher() -> Cipher {
        Cipher::new(&model::Secret::new([7; 32])).unwrap()
    }

    fn name(n: u32) -> RecordKey {
        RecordKey::Account(format!("user{n}@contoso.com").parse().unwrap())
    }

    fn device() -> RecordKey {
        RecordKey::Device(model::TenantId::new(model::Guid::from_bytes([1; 16])))
    }

    fn writes(sequence: u64, changes: Changes) -> Writes {
        Writes { sequence, changes, groups: BTreeMap::new(), log: Some(sequence) }
    }

    fn apply(database: &mut Database, values: Vec<(Vec<u8>, Stored)>) {
        for (key, value) in values {
            match value {
                Stored::There(bytes) => drop(database.insert(key, bytes)),
                Stored::Gone => drop(database.remove(&key)),
            }
        }
    }

    fn read_all(database: &Database) -> Option<Content> {
        let (mut reading, cipher) = (Reading::default(), cipher());
        let mut taken = database.iter().map(|(key, value)| reading.take((key, value), &cipher));
        taken.try_for_each(|it| it)?;
        reading.finish(&cipher)
    }

    /// 500 names and a device, packed at commit 10.
    fn packed() -> (Database, Packs, Records) {
        let names: Records = (0..500).map(|n| (name(n), vec![n as u8; 200])).collect();
        let (packs, values) = Packs::default().next(&names, 10, &cipher()).unwrap();
        let mut database: Database = values.into_iter().chain([packs.index()]).collect();
        let of_device: Changes = [(device(), Some(vec![5; 300]))].into();
        apply(&mut database, writes(3, of_device.clone()).sealed(&cipher(), &packs).unwrap());
        let mut records = names;
        slots::apply(&mut records, &of_device);
        (database, packs, records)
    }

    #[test]
    fn packs_hold_what_was_there_and_what_came_since_counts() {
        let (mut database, packs, mut records) = packed();
        assert!(packs.parts > 3 && packs.bytes < 500 * 50, "{packs:?}");
        let content = read_all(&database).unwrap();
        assert_eq!((&content.records, &content.packs, content.loose), (&records, &packs, 0));
        assert_eq!(content.top(), 10);
        let changes: Changes = [(name(3), Some(vec![9])), (name(4), None), (name(900), Some(vec![9]))].into();
        let later = writes(11, changes.clone());
        apply(&mut database, later.sealed(&cipher(), &packs).unwrap());
        slots::apply(&mut records, &changes);
        let content = read_all(&database).unwrap();
        assert_eq!(content.records, records);
        assert!(content.loose > 0 && content.loose <= later.loose());
    }

    #[test]
    fn what_a_crash_left_beside_newer_packs_does_not_count_and_goes_with_the_next() {
        let (mut database, packs, mut records) = packed();
        let stale: Changes = [(name(3), Some(vec![9])), (name(900), Some(vec![9])), (name(4), None)].into();
        apply(&mut database, writes(9, stale).sealed(&cipher(), &packs).unwrap());
        apply(
            &mut database,
            writes(10, [(name(5), Some(vec![1]))].into()).sealed(&cipher(), &packs).unwrap(),
        );
        slots::apply(&mut records, &[(name(5), Some(vec![1]))].into());
        assert_eq!(read_all(&database).unwrap().records, records, "of the same commit it is no older");
        let few: Records = [(name(5), vec![1])].into();
        let (next, values) = packs.next(&few, 11, &cipher()).unwrap();
        database.extend(values.into_iter().chain([next.index()]));
        let of_device = records[&device()].clone();
        let expected: Records = [(name(5), vec![1]), (device(), of_device)].into();
        assert_eq!(read_all(&database).unwrap().records, expected);
        for key in superseded(database.keys().cloned().collect(), &next) {
            database.remove(&key);
        }
        let content = read_all(&database).unwrap();
        assert_eq!((content.records, content.loose, next.parts), (expected, 0, 1));
        // A pack, what says so, how new the log is, and the device.
        assert_eq!(database.len(), 4);
    }

    #[test]
    fn packs_that_are_not_all_of_one_generation_are_damage() {
        let (database, packs, mut records) = packed();
        records.remove(&device());
        let (next, values) = packs.next(&records, 10, &cipher()).unwrap();
        let mut mixed = database.clone();
        let (key, value) = values.into_iter().next().unwrap();
        mixed.insert(key.clone(), value);
        assert_eq!(read_all(&mixed), None);
        let mut ahead = database.clone();
        ahead.extend([next.index()]);
        assert_eq!(read_all(&ahead), None);
        let mut short = database;
        short.remove(&key);
        assert_eq!(read_all(&short), None);
    }

    #[test]
    fn records_are_packed_when_many_lie_beside_the_packs() {
        let (_, packs, _) = packed();
        let limit = (0..10_000_000).step_by(1000).find(|loose| packs.is_due(*loose)).unwrap();
        assert!((100_000..200_000).contains(&limit), "{limit}");
        let mut long = packs;
        long.bytes = 8_000_000;
        assert!(!long.is_due(limit));
    }
}
