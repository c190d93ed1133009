use model::RsaPublicKey;

/// The public key as BCRYPT_RSAKEY_BLOB (entra.md 5.3): 24 bytes of header, exponent, modulus.
///
/// | Offset | Size | Field |
/// |---|---|---|
/// | 0 | 4 | `RSA1` |
/// | 4 | 4 LE | bits of the modulus |
/// | 8 | 4 LE | bytes of the exponent |
/// | 12 | 4 LE | bytes of the modulus |
/// | 16 | 8 | zero: no primes |
/// | 24 | … | exponent, then modulus, both big-endian |
pub fn transport_key_blob(key: &RsaPublicKey) -> Vec<u8> {
    let size = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
    let mut blob = MAGIC.to_vec();
    blob.extend(size(key.modulus.len() * 8));
    blob.extend(size(key.exponent.len()));
    blob.extend(size(key.modulus.len()));
    blob.extend([0; 8]);
    blob.extend(&key.exponent);
    blob.extend(&key.modulus);
    blob
}

const MAGIC: &[u8; 4] = b"RSA1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_the_vector() {
        let key = RsaPublicKey { modulus: vec![0xad; 256], exponent: vec![1, 0, 1] };
        let blob = transport_key_blob(&key);
        let hex = model::hex(&blob[..27]);
        assert_eq!(hex, "525341310008000003000000000100000000000000000000010001");
        assert_eq!(blob.len(), 283);
    }
}
