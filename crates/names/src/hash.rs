//! MurmurHash3, x86, 32 bits, in the public domain by Austin Appleby; what the incumbent numbers people with.
//!
//! Twenty lines of our own, because every process that looks up a name loads them.

/// The seed that the incumbent takes.
const SEED: u32 = 0xdead_beef;

/// The hash of a name.
pub(crate) fn murmur3(bytes: &[u8]) -> u32 {
    let blocks = bytes.chunks_exact(4);
    let rest = blocks.remainder();
    let mut hash = SEED;
    for block in blocks {
        hash ^= mixed(little_endian(block));
        hash = hash.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    if !rest.is_empty() {
        hash ^= mixed(little_endian(rest));
    }
    // The algorithm counts in 32 bits.
    hash ^= u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    hash = (hash ^ hash >> 16).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ hash >> 13).wrapping_mul(0xc2b2_ae35);
    hash ^ hash >> 16
}

fn mixed(block: u32) -> u32 {
    block.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593)
}

/// At most four bytes.
fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}
