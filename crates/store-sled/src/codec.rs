use std::collections::BTreeMap;
use store::RecordKey;

/// Every record by its key.
pub(crate) type Records = BTreeMap<RecordKey, Vec<u8>>;

/// For each record: length of the key's text (4 bytes, big-endian), the text, length of the bytes, the bytes.
pub(crate) fn encode(records: &Records) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, bytes) in records {
        for part in [key.to_string().as_bytes(), bytes] {
            out.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend(part);
        }
    }
    out
}

pub(crate) fn decode(mut bytes: &[u8]) -> Option<Records> {
    let mut records = Records::new();
    while !bytes.is_empty() {
        let (key, rest) = part(bytes)?;
        let (value, rest) = part(rest)?;
        records.insert(RecordKey::from(std::str::from_utf8(key).ok()?), value.to_vec());
        bytes = rest;
    }
    Some(records)
}

fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}
