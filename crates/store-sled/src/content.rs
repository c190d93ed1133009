//! What the database holds: a value for each record, and how new each part is.
//!
//! | Key | Value |
//! |---|---|
//! | the text of a record's key | sequence of its commit (8 bytes, big-endian), then the record, sealed |
//! | a zero, then the id of a group of the slot file | sequence of the group's last commit |
//! | a zero, then `log` | sequence of the last entry of the log |
//! | `records` | as versions before wrote it: generation, then all records, sealed |

use layout::slot::Group;
use slots::Cipher;
use slots::{Changes, Records};
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
}

impl Content {
    pub(crate) fn is_empty(&self) -> bool {
        self.top() == 0 && self.old.is_none()
    }

    /// The last commit that it knows of.
    pub(crate) fn top(&self) -> u64 {
        self.groups.values().copied().fold(self.log, u64::max)
    }

    /// Takes a value in; none where it is not as it was written.
    pub(crate) fn take(&mut self, (key, value): (&[u8], &[u8]), cipher: &Cipher) -> Option<()> {
        let (sequence, rest) = value.split_first_chunk::<8>()?;
        let at = u64::from_be_bytes(*sequence);
        match key.split_first() {
            Some((0, part)) if part == LOG => self.log = at,
            Some((0, part)) => drop(self.groups.insert(part.try_into().ok()?, at)),
            _ if key == OLD => {
                let plain = cipher.open(&old_context("sled", at), rest)?;
                self.old = Some((at, slots::decode(&plain)?));
            }
            _ => {
                let plain = cipher.open(&context(key, *sequence), rest)?;
                self.records.insert(RecordKey::from(std::str::from_utf8(key).ok()?), plain);
            }
        }
        Some(())
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

    /// Keys and values for the database, the value of versions before gone.
    pub(crate) fn sealed(&self, cipher: &Cipher) -> io::Result<Vec<(Vec<u8>, Stored)>> {
        let mut out = vec![(OLD.to_vec(), Stored::Gone)];
        let sequence = self.sequence.to_be_bytes();
        for (key, bytes) in &self.changes {
            let name = key.to_string().into_bytes();
            let stored = match bytes {
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

/// What a generation of a version before was sealed with.
pub(crate) fn old_context(place: &str, generation: u64) -> Vec<u8> {
    format!("firmament {place} v1 {generation}").into_bytes()
}

fn context(key: &[u8], sequence: [u8; 8]) -> Vec<u8> {
    [b"firmament sled v2 ".as_slice(), &sequence, key].concat()
}

const OLD: &[u8] = b"records";
const LOG: &[u8] = b"log";
