//! What the database holds: packs of the log's records, a value for each record besides, and how new each part is.
//!
//! | Key | Value |
//! |---|---|
//! | the text of a record's key | sequence of its commit (8 bytes, big-endian), then the record, sealed; nothing behind the sequence where a pack may have the record and it is gone |
//! | a one, then the text that a pack begins with | what [`crate::packs`] says |
//! | a zero, then the id of a group of the slot file | sequence of the group's last commit |
//! | a zero, then `log` | sequence of the last entry of the log |
//! | `records` | as versions before wrote it: generation, then all records, sealed |

use crate::packs::{PACK, Packs};
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
    /// The packs that there are.
    pub(crate) packs: Packs,
    /// Keys of the log's records beside the packs.
    pub(crate) loose: Vec<Vec<u8>>,
    /// Bytes of them and their values.
    pub(crate) loose_bytes: u64,
}

impl Content {
    pub(crate) fn is_empty(&self) -> bool {
        self.top() == 0 && self.old.is_none()
    }

    /// The last commit that it knows of.
    pub(crate) fn top(&self) -> u64 {
        self.groups.values().copied().fold(self.log, u64::max)
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

    /// Keys and values for the database, the value of versions before gone.
    pub(crate) fn sealed(&self, cipher: &Cipher, packs: &Packs) -> io::Result<Vec<(Vec<u8>, Stored)>> {
        let mut out = vec![(OLD.to_vec(), Stored::Gone)];
        let sequence = self.sequence.to_be_bytes();
        for (key, bytes) in &self.changes {
            let name = key.to_string().into_bytes();
            let stored = match bytes {
                None if !packs.is_empty() && group_of(key).is_none() => Stored::There(sequence.to_vec()),
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
    /// Records beside the packs; none for one that is gone.
    beside: Changes,
}

impl Reading {
    /// Takes a value in; none where it is not as it was written.
    pub(crate) fn take(&mut self, (key, value): (&[u8], &[u8]), cipher: &Cipher) -> Option<()> {
        let (sequence, rest) = value.split_first_chunk::<8>()?;
        let (at, content) = (u64::from_be_bytes(*sequence), &mut self.content);
        match key.split_first() {
            Some((0, part)) if part == LOG => content.log = at,
            Some((&PACK, begin)) => content.records.extend(content.packs.open(begin, value, cipher)?),
            Some((0, part)) => drop(content.groups.insert(part.try_into().ok()?, at)),
            _ if key == OLD => {
                let plain = cipher.open(&old_context("sled", at), rest)?;
                content.old = Some((at, slots::decode(&plain)?));
            }
            _ => {
                let record = RecordKey::from(std::str::from_utf8(key).ok()?);
                let plain = match rest {
                    [] => None,
                    sealed => Some(cipher.open(&context(key, *sequence), sealed)?),
                };
                if group_of(&record).is_none() {
                    content.loose_bytes += (key.len() + value.len()) as u64;
                    content.loose.push(key.to_vec());
                }
                self.beside.insert(record, plain);
            }
        }
        Some(())
    }

    /// Everything, once the last value was taken.
    pub(crate) fn finish(self) -> Content {
        let Reading { mut content, beside } = self;
        // What lies beside the packs is never older than they are.
        slots::apply(&mut content.records, &beside);
        content
    }
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
        Some(reading.finish())
    }

    /// 500 names and a device, packed after commit 10.
    fn packed() -> (Database, Records) {
        let names = (0..500).map(|n| (name(n), Some(vec![n as u8; 200])));
        let changes: Changes = names.chain([(device(), Some(vec![5; 300]))]).collect();
        let mut database = Database::new();
        apply(&mut database, writes(10, changes.clone()).sealed(&cipher(), &Packs::default()).unwrap());
        for step in renewed(&database, 10) {
            apply(&mut database, step);
        }
        let mut records = Records::new();
        slots::apply(&mut records, &changes);
        (database, records)
    }

    /// What is written where the packs are renewed, in its order; each may be the last one before a crash.
    fn renewed(database: &Database, sequence: u64) -> Vec<Vec<(Vec<u8>, Stored)>> {
        let Content { mut packs, records, loose, .. } = read_all(database).unwrap();
        let writes = packs.renew(&loose, &slots::of_log(&records), (sequence, &cipher())).unwrap();
        let stored = |value: Option<Vec<u8>>| value.map_or(Stored::Gone, Stored::There);
        let packed =
            writes.into_iter().map(|it| it.into_iter().map(|(key, value)| (key, stored(value))).collect());
        let gone = loose.chunks(3).map(|keys| keys.iter().map(|key| (key.clone(), Stored::Gone)).collect());
        packed.chain(gone).collect()
    }

    #[test]
    fn packs_hold_what_was_there_and_what_came_since_counts() {
        let (mut database, mut records) = packed();
        let content = read_all(&database).unwrap();
        assert_eq!((&content.records, content.loose_bytes, content.top()), (&records, 0, 10));
        assert!(database.len() < 20, "{}", database.len());
        assert!(database.values().map(Vec::len).sum::<usize>() < 500 * 60);
        let changes: Changes = [(name(3), Some(vec![9])), (name(4), None), (name(900), Some(vec![9]))].into();
        let later = writes(11, changes.clone());
        apply(&mut database, later.sealed(&cipher(), &content.packs).unwrap());
        slots::apply(&mut records, &changes);
        let content = read_all(&database).unwrap();
        assert_eq!(content.records, records);
        assert!(content.loose_bytes > 0 && content.loose_bytes <= later.loose());
        assert_eq!(content.loose.len(), 3);
    }

    /// Many changes of many packs, some of which grow, some of which are empty afterwards.
    fn later(round: u32) -> Changes {
        let change = |n: u32| match n % 7 {
            0 => None,
            _ if (100..300).contains(&n) && round == 1 => None,
            _ => Some(vec![round as u8; 150 + (n % 9) as usize * 40]),
        };
        (0..800).filter(|n| n % 5 != round).map(|n| (name(n), change(n))).collect()
    }

    #[test]
    fn a_crash_between_any_two_writes_of_packs_loses_nothing_and_brings_nothing_back() {
        let (mut database, mut records) = packed();
        for round in 0..4 {
            let (at, changes) = (11 + u64::from(round), later(round));
            let packs = read_all(&database).unwrap().packs;
            let known =
                |(key, bytes): &(&RecordKey, &Option<Vec<u8>>)| bytes.is_some() || records.contains_key(key);
            let changes: Changes =
                changes.iter().filter(known).map(|(key, it)| (key.clone(), it.clone())).collect();
            apply(&mut database, writes(at, changes.clone()).sealed(&cipher(), &packs).unwrap());
            slots::apply(&mut records, &changes);
            let steps = renewed(&database, at);
            assert!(steps.len() > 100);
            // After a crash at some step everything begins anew.
            let crashes = [0, 1, steps.len() / 2];
            for (number, step) in steps.into_iter().enumerate() {
                let content = read_all(&database).unwrap();
                assert!(content.records == records, "{round} {number}");
                if crashes.contains(&number) {
                    let mut again = database.clone();
                    let later: Changes = [(name(1), Some(vec![7])), (name(2), None)].into();
                    apply(
                        &mut again,
                        writes(at + 1, later.clone()).sealed(&cipher(), &content.packs).unwrap(),
                    );
                    renewed(&again, at + 1).into_iter().for_each(|step| apply(&mut again, step));
                    let mut expected = records.clone();
                    slots::apply(&mut expected, &later);
                    let content = read_all(&again).unwrap();
                    assert!(content.records == expected && content.loose.is_empty(), "{round} {number}");
                }
                apply(&mut database, step);
            }
            let content = read_all(&database).unwrap();
            assert!(content.records == records && content.loose.is_empty(), "{round}");
        }
    }

    #[test]
    fn only_packs_are_written_that_something_lies_beside() {
        let (mut database, _) = packed();
        let packs = read_all(&database).unwrap().packs;
        apply(
            &mut database,
            writes(11, [(name(3), Some(vec![9]))].into()).sealed(&cipher(), &packs).unwrap(),
        );
        let written: usize = renewed(&database, 11).iter().map(Vec::len).sum();
        assert_eq!(written, 2, "one pack, and what lay beside it");
    }

    #[test]
    fn a_first_pack_that_is_empty_stays() {
        let (mut database, records) = packed();
        let packs = read_all(&database).unwrap().packs;
        let gone: Changes = slots::of_log(&records).into_keys().map(|key| (key, None)).collect();
        apply(&mut database, writes(11, gone).sealed(&cipher(), &packs).unwrap());
        renewed(&database, 11).into_iter().for_each(|step| apply(&mut database, step));
        let content = read_all(&database).unwrap();
        assert_eq!(content.records.into_keys().collect::<Vec<_>>(), [device()]);
        let packs: Vec<_> = database.keys().filter(|key| key[0] == PACK).collect();
        assert_eq!(packs, [&vec![PACK]]);
    }

    #[test]
    fn a_pack_is_read_in_its_own_place_only() {
        let (mut database, _) = packed();
        let keys: Vec<_> = database.keys().filter(|key| key[0] == PACK).cloned().collect();
        let other = database[&keys[0]].clone();
        database.insert(keys[1].clone(), other);
        assert_eq!(read_all(&database), None);
    }

    #[test]
    fn records_are_packed_when_many_lie_beside_the_packs() {
        let none = Packs::default();
        let limit = (0..10_000_000).step_by(1000).find(|loose| none.are_due(*loose)).unwrap();
        assert!((50_000..100_000).contains(&limit), "{limit}");
        let of_many: Records = (0..8000_u32).map(|n| (name(n), n.to_be_bytes().repeat(50))).collect();
        let (mut packs, loose) = (Packs::default(), vec![b"account/".to_vec()]);
        packs.renew(&loose, &of_many, (1, &cipher())).unwrap();
        assert!(!packs.are_due(limit), "a share of what is packed");
    }
}
