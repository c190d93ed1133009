//! Packs: records of the log that lie in the database many in a value, because together they take a quarter of their
//! bytes.
//!
//! A commit writes each of its records under its own key. When these are many, those of each pack are put into it, a few
//! packs in one write of sled; then they go. A record beside its pack is never older than what that says, so that between
//! any two of these writes everything is there.
//!
//! A pack has the records from its key on, by the order of their texts, up to the next pack. Its key is a one, then the
//! text of the key that it begins with, or nothing in the first one. Its value is the sequence of the commit that it was
//! written after (8 bytes, big-endian), then records as [`slots::encode`] has them, packed ([`slots::pack`]) and sealed.

use slots::{Cipher, Records};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound::{Excluded, Included, Unbounded};

/// The packs that there are, by the texts that they begin with, and the bytes of each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Packs(BTreeMap<Vec<u8>, u64>);

/// Values of packs by their keys, none where a pack goes: written together.
pub(crate) type Values = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A key of the database that is no text.
pub(crate) const PACK: u8 = 1;

impl Packs {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in what was read: where the pack begins, and its value; none where that is not as it was written.
    pub(crate) fn open(&mut self, begin: &[u8], value: &[u8], cipher: &Cipher) -> Option<Records> {
        let (sequence, sealed) = value.split_first_chunk()?;
        let packed = cipher.open(&context(begin, *sequence), sealed)?;
        let records = slots::decode(&slots::unpack(&packed)?)?;
        self.0.insert(begin.to_vec(), value.len() as u64);
        Some(records)
    }

    /// Where the pack begins that has the place of a record.
    fn of(&self, text: &[u8]) -> Option<&Vec<u8>> {
        self.0.range::<[u8], _>((Unbounded, Included(text))).next_back().map(|(begin, _)| begin)
    }

    /// Whether so many bytes beside them are enough to pack them. What lies beside is so short that its pages in sled,
    /// which are many and of which it keeps what is over for long, take little.
    pub(crate) fn are_due(&self, loose: u64) -> bool {
        loose > LOOSE + self.0.values().sum::<u64>() / 16
    }

    /// Writes anew the packs that have a place for one of these texts, with all records of the log as they are after a
    /// commit. What is returned first is written first; each element stands as a whole.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub(crate) fn renew(
        &mut self,
        loose: &[Vec<u8>],
        records: &Records,
        (sequence, cipher): (u64, &Cipher),
    ) -> io::Result<Vec<Values>> {
        if self.is_empty() {
            self.0.insert(Vec::new(), 0);
        }
        let texts: BTreeMap<Vec<u8>, _> =
            records.iter().map(|(key, bytes)| (key.to_string().into_bytes(), (key, bytes))).collect();
        let touched: BTreeSet<Vec<u8>> = loose.iter().filter_map(|text| self.of(text)).cloned().collect();
        let (mut writes, mut together) = (Vec::new(), Values::new());
        for begin in touched {
            let after = (Excluded(begin.as_slice()), Unbounded);
            let end = self.0.range::<[u8], _>(after).next().map(|(next, _)| next.clone());
            let end = end.as_deref().map_or(Unbounded, Excluded);
            let here = texts.range::<[u8], _>((Included(begin.as_slice()), end));
            let mut values = Values::from([([&[PACK], begin.as_slice()].concat(), None)]);
            self.0.remove(&begin);
            for (begin, part) in cut(begin, here.map(|(text, (key, bytes))| (text, *key, *bytes))) {
                let sealed = cipher
                    .seal(&context(&begin, sequence.to_be_bytes()), &slots::pack(&slots::encode(&part)))?;
                let value = [sequence.to_be_bytes().as_slice(), &sealed].concat();
                self.0.insert(begin.clone(), value.len() as u64);
                values.insert([&[PACK], begin.as_slice()].concat(), Some(value));
            }
            together.append(&mut values);
            if together.len() >= TOGETHER {
                writes.push(std::mem::take(&mut together));
            }
        }
        writes.extend(Some(together).filter(|values| !values.is_empty()));
        Ok(writes)
    }
}

/// Records in equal parts where they are long enough for two: the first part begins where the pack did, each other one
/// with its record.
fn cut<'r>(
    begin: Vec<u8>,
    records: impl Iterator<Item = (&'r Vec<u8>, &'r store::RecordKey, &'r Vec<u8>)>,
) -> Vec<(Vec<u8>, Records)> {
    let records: Vec<_> = records.collect();
    let all: usize = records.iter().map(|(text, _, bytes)| text.len() + bytes.len()).sum();
    let enough = all / (all / PART).max(1);
    let (mut parts, mut last, mut length): (Vec<(Vec<u8>, Records)>, _, usize) = (Vec::new(), begin, 0);
    let mut part = Records::new();
    for (text, key, bytes) in records {
        if length > enough {
            parts.push((std::mem::replace(&mut last, text.clone()), std::mem::take(&mut part)));
            length = 0;
        }
        length += text.len() + bytes.len();
        part.insert(key.clone(), bytes.clone());
    }
    // The first pack stays, so that each record has a place; another one that is empty goes to the one before.
    parts.extend(Some((last, part)).filter(|(begin, part)| begin.is_empty() || !part.is_empty()));
    parts
}

fn context(begin: &[u8], sequence: [u8; 8]) -> Vec<u8> {
    [b"firmament sled packs v1 ".as_slice(), &sequence, begin].concat()
}

/// Bytes of records in a pack, which has less than twice as many: sixteen packs are a page of sled, which is to lie in its
/// log and not in a file besides.
const PART: usize = 16 * 1024;
/// Bytes that may always lie beside the packs.
const LOOSE: u64 = 64 * 1024;
/// Packs that are written at once: sled cleans its log between writes, and keeps all that is over until then.
const TOGETHER: usize = 64;
