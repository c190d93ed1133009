//! Packs: records of the log that lie in the database many in a value, because together they take a fifth of their bytes.
//!
//! A commit writes its records each under its own key. When those are many, everything is packed anew, together with what
//! the commit changes: the packs of a new generation in the place of those before and what says that they count, in one
//! write of sled that stands as a whole; then what they supersede goes. Packs of two generations are never read
//! together: each is sealed with its own.
//!
//! A pack is the sequence of the last commit that is in it (8 bytes, numbers big-endian), then records as
//! [`slots::encode`] has them, packed ([`slots::pack`]) and sealed. Its key is a one and its number (4 bytes). The value
//! that says which count, under a zero and `packs`, is that sequence, the generation (8 bytes) and how many there are
//! (4 bytes).

use slots::{Cipher, Records};
use std::collections::BTreeMap;
use std::io;

/// Which packs count; none in a database without.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Packs {
    /// Everything of the log up to this commit is in them.
    pub(crate) sequence: u64,
    generation: u64,
    /// How many there are.
    pub(crate) parts: u32,
    /// Bytes of their values.
    pub(crate) bytes: u64,
}

/// Keys and values.
pub(crate) type Values = BTreeMap<Vec<u8>, Vec<u8>>;

impl Packs {
    /// From what stands behind the sequence.
    pub(crate) fn read(sequence: u64, rest: &[u8]) -> Option<Packs> {
        let (generation, parts) = rest.split_first_chunk()?;
        let (generation, parts) =
            (u64::from_be_bytes(*generation), u32::from_be_bytes(parts.try_into().ok()?));
        Some(Packs { sequence, generation, parts, bytes: 0 })
    }

    /// Key and value that say that these count.
    pub(crate) fn index(&self) -> (Vec<u8>, Vec<u8>) {
        let numbers = [self.sequence, self.generation].map(u64::to_be_bytes).concat();
        ([[0].as_slice(), INDEX].concat(), [numbers.as_slice(), &self.parts.to_be_bytes()].concat())
    }

    /// The records of these packs; none where one of them is not there or not as it was written.
    pub(crate) fn open(&mut self, values: &Values, cipher: &Cipher) -> Option<Records> {
        let mut records = Records::new();
        for number in 0..self.parts {
            let key = key(number);
            let value = values.get(&key)?;
            let (sequence, sealed) = value.split_at_checked(8)?;
            let packed = cipher.open(&context(&key, self.generation, sequence), sealed)?;
            records.extend(slots::decode(&slots::unpack(&packed)?)?);
            self.bytes += value.len() as u64;
        }
        Some(records)
    }

    /// The packs of the next generation, with these records of the log as a commit left them.
    pub(crate) fn next(
        &self,
        records: &Records,
        sequence: u64,
        cipher: &Cipher,
    ) -> io::Result<(Packs, Values)> {
        let mut next = Packs { sequence, generation: self.generation + 1, parts: 0, bytes: 0 };
        let mut values = Values::new();
        for part in parts(records) {
            let key = key(next.parts);
            let at = sequence.to_be_bytes();
            let sealed =
                cipher.seal(&context(&key, next.generation, &at), &slots::pack(&slots::encode(&part)))?;
            next.parts += 1;
            next.bytes += (at.len() + sealed.len()) as u64;
            values.insert(key, [at.as_slice(), &sealed].concat());
        }
        Ok((next, values))
    }

    /// Whether the key is one of theirs.
    pub(crate) fn has(&self, of: &[u8]) -> bool {
        let number = of.strip_prefix(&[1]).and_then(|rest| rest.try_into().ok()).map(u32::from_be_bytes);
        number.is_some_and(|number| number < self.parts)
    }

    /// Whether so many bytes beside them are enough to pack everything anew. Each byte is so packed a few times, and
    /// what lies beside the packs is short however often it changes.
    pub(crate) fn is_due(&self, loose: u64) -> bool {
        loose > LOOSE + self.bytes / 4
    }
}

/// Records in their order, cut where a pack is long enough.
fn parts(records: &Records) -> Vec<Records> {
    let (mut parts, mut last, mut length) = (Vec::new(), Records::new(), 0);
    for (key, bytes) in records {
        length += key.to_string().len() + bytes.len();
        last.insert(key.clone(), bytes.clone());
        if length >= PART {
            parts.push(std::mem::take(&mut last));
            length = 0;
        }
    }
    parts.extend(Some(last).filter(|last| !last.is_empty()));
    parts
}

fn key(number: u32) -> Vec<u8> {
    [[1].as_slice(), &number.to_be_bytes()].concat()
}

fn context(key: &[u8], generation: u64, sequence: &[u8]) -> Vec<u8> {
    [b"firmament sled packs v1 ".as_slice(), &generation.to_be_bytes(), sequence, key].concat()
}

/// What the value is called that says which packs count.
pub(crate) const INDEX: &[u8] = b"packs";
/// Bytes of records in a pack: sixteen packs are a page of sled, which is to lie in its log and not in a file besides.
const PART: usize = 16 * 1024;
/// Bytes that may always lie beside the packs.
const LOOSE: u64 = 128 * 1024;
