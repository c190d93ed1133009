//! Public keys as clients upload them: `BCRYPT_RSAKEY_BLOB` (entra.md 5.3).

use crate::keys::PublicParts;

/// The parts of an RSA-2048 public key; `None` for any other layout, above all one with primes.
pub fn public_parts(blob: &[u8]) -> Option<PublicParts> {
    let word = |at: usize| {
        let bytes = blob.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u32::from_le_bytes) as usize
    };
    let (bits, exponent, modulus, primes) = (word(4), word(8), word(12), word(16) + word(20));
    let good = blob.starts_with(b"RSA1")
        && bits == 2048
        && modulus == 256
        && primes == 0
        && (1..=4).contains(&exponent);
    let key = blob.get(24..).and_then(|key| key.split_at_checked(exponent));
    let key = key.filter(|(_, rest)| good && rest.len() == modulus);
    key.map(|(e, n)| (n.to_vec(), e.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob() -> Vec<u8> {
        // entra.md 12.6.
        let head = [0x31415352u32, 2048, 3, 256, 0, 0].map(u32::to_le_bytes).concat();
        [head, vec![1, 0, 1], vec![0xab; 256]].concat()
    }

    #[test]
    fn the_blob_of_the_page_is_read() {
        assert_eq!(blob().len(), 283);
        assert_eq!(public_parts(&blob()), Some((vec![0xab; 256], vec![1, 0, 1])));
    }

    #[test]
    fn no_other_layout_is_read() {
        for (at, byte) in [(0, b'X'), (4, 1), (8, 0), (8, 9), (13, 2), (16, 1), (20, 1)] {
            let mut blob = blob();
            blob[at] = byte;
            assert_eq!(public_parts(&blob), None, "byte {at} is {byte}");
        }
        for length in [0, 3, 24, 27, 282] {
            assert_eq!(public_parts(&blob()[..length]), None, "{length}");
        }
        assert_eq!(public_parts(&[blob(), vec![0]].concat()), None);
    }
}
