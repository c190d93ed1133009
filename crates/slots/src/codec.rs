//! Records, and changes of records, as bytes.

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

/// As records, but each has a byte before its bytes: 1 where it is there, 0 where it is gone.
pub(crate) fn encode_changes(changes: &Changes) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, bytes) in changes {
        put(&mut out, key.to_string().as_bytes());
        out.push(u8::from(bytes.is_some()));
        put(&mut out, bytes.as_deref().unwrap_or_default());
    }
    out
}

pub(crate) fn decode_changes(mut bytes: &[u8]) -> Option<Changes> {
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
