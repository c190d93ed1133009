//! Records, and changes of records, as bytes.

use aws_lc_rs::digest::{SHA256, digest};
use std::collections::BTreeMap;
use store::RecordKey;

/// Every record by its key.
pub type Records = BTreeMap<RecordKey, Vec<u8>>;

/// Records that are there from now on, or are not any more.
pub type Changes = BTreeMap<RecordKey, Option<Vec<u8>>>;

/// For each record: length of the key's text (4 bytes, big-endian), the text, length of the bytes, the bytes.
pub fn encode(records: &Records) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, bytes) in records {
        put(&mut out, key.to_string().as_bytes());
        put(&mut out, bytes);
    }
    out
}

/// Records from their bytes; none where these are not records.
pub fn decode(mut bytes: &[u8]) -> Option<Records> {
    let mut records = Records::new();
    while !bytes.is_empty() {
        let (key, rest) = take(bytes)?;
        let (value, rest) = take(rest)?;
        records.insert(RecordKey::from(std::str::from_utf8(key).ok()?), value.to_vec());
        bytes = rest;
    }
    Some(records)
}

/// For each record that is there: 1, then as [`encode`] has it. For each that is gone: 0, then the hash of the text of
/// its key, so that to delete is short whatever the key.
pub(crate) fn encode_changes(changes: &Changes) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, bytes) in changes {
        let key = key.to_string();
        out.push(u8::from(bytes.is_some()));
        match bytes {
            Some(bytes) => {
                put(&mut out, key.as_bytes());
                put(&mut out, bytes);
            }
            None => out.extend(hash_of(key.as_bytes())),
        }
    }
    out
}

/// The keys of an area so far: only what it says to be there can be gone.
pub(crate) type Known = BTreeMap<[u8; HASH], RecordKey>;

/// None where these are not changes, or one takes away what is not known.
pub(crate) fn decode_changes(mut bytes: &[u8], known: &mut Known) -> Option<Changes> {
    let mut changes = Changes::new();
    while let Some((there, rest)) = bytes.split_first() {
        bytes = match there {
            1 => {
                let (text, rest) = take(rest)?;
                let (value, rest) = take(rest)?;
                let key = RecordKey::from(std::str::from_utf8(text).ok()?);
                known.insert(hash_of(text), key.clone());
                changes.insert(key, Some(value.to_vec()));
                rest
            }
            0 => {
                let (hash, rest) = rest.split_first_chunk::<HASH>()?;
                changes.insert(known.get(hash)?.clone(), None);
                rest
            }
            _ => return None,
        };
    }
    Some(changes)
}

/// Of format 2: as records, but each has a byte before its bytes: 1 where it is there, 0 where it is gone.
pub(crate) fn decode_old_changes(mut bytes: &[u8]) -> Option<Changes> {
    let mut changes = Changes::new();
    while !bytes.is_empty() {
        let (key, rest) = take(bytes)?;
        let (there, rest) = rest.split_first()?;
        let (value, rest) = take(rest)?;
        let key = RecordKey::from(std::str::from_utf8(key).ok()?);
        changes.insert(key, (*there == 1).then(|| value.to_vec()));
        bytes = rest;
    }
    Some(changes)
}

/// The first half of the SHA-256 of a key's text.
fn hash_of(text: &[u8]) -> [u8; HASH] {
    digest(&SHA256, text).as_ref().first_chunk().copied().unwrap_or_default()
}

/// Applies changes to records.
pub fn apply(records: &mut Records, changes: &Changes) {
    for (key, bytes) in changes {
        match bytes {
            Some(bytes) => drop(records.insert(key.clone(), bytes.clone())),
            None => drop(records.remove(key)),
        }
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(bytes);
}

fn take(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}

const HASH: usize = 16;
/// What [`encode_changes`] takes for each record that is gone.
pub(crate) const GONE: u64 = 1 + HASH as u64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_read_as_they_were_written_and_only_what_is_there_can_be_gone() {
        let name = |n: u8| RecordKey::Account(format!("user{n}@contoso.com").parse().unwrap());
        let foreign = RecordKey::Foreign("later/kind".to_owned());
        let mut known = Known::new();
        let there: Changes = [(name(1), Some(vec![1; 300])), (foreign.clone(), Some(Vec::new()))].into();
        assert_eq!(decode_changes(&encode_changes(&there), &mut known), Some(there));
        let gone: Changes = [(name(1), None), (foreign, None), (name(2), Some(vec![2]))].into();
        let bytes = encode_changes(&gone);
        assert_eq!(decode_changes(&bytes, &mut known), Some(gone.clone()));
        assert_eq!(decode_changes(&bytes, &mut Known::new()), None, "it takes away what is not known");
        let all_gone: Changes = [(name(1), None), (name(2), None)].into();
        assert_eq!(encode_changes(&all_gone).len() as u64, 2 * GONE);
        for cut in 1..bytes.len() {
            let read = decode_changes(&bytes[..cut], &mut known.clone());
            assert_ne!(read, Some(gone.clone()), "{cut}");
        }
        assert_eq!(decode_changes(&[2], &mut known), None);
    }
}
