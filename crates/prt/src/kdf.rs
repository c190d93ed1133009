//! Keys derived from the session key: NIST SP 800-108 in counter mode with HMAC-SHA-256, one block
//! (entra.md 7.6, MS-OAPXBC 3.1.5.1.3.3).

use crate::SessionKey;
use hmac::{Hmac, KeyInit, Mac};
use model::{Kdf, Secret};
use sha2::{Digest, Sha256};

/// The key that signs a payload; `payload` is the JSON as it is transmitted, which version 2 binds the key to.
pub(crate) fn signing_key(key: &SessionKey, kdf: Kdf, ctx: &[u8], payload: &[u8]) -> Secret<[u8; 32]> {
    match kdf {
        Kdf::V1 => derive(key, ctx),
        Kdf::V2 => derive(key, &Sha256::new().chain_update(ctx).chain_update(payload).finalize()),
    }
}

/// The key of a context: `HMAC(session key, 00 00 00 01 ‖ label ‖ 00 ‖ context ‖ 00 00 01 00)`.
pub(crate) fn derive(key: &SessionKey, context: &[u8]) -> Secret<[u8; 32]> {
    Secret::new(hmac_sha256(key.expose(), &[&COUNTER, LABEL, &[0], context, &LENGTH]))
}

/// HMAC-SHA-256 (RFC 2104) over the parts in a row.
pub(crate) fn hmac_sha256(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key shorter than the block counts as filled up with zeros (RFC 2104 section 2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// The number of the only block, 32 bits big-endian.
const COUNTER: [u8; 4] = [0, 0, 0, 1];
const LABEL: &[u8] = b"AzureAD-SecureConversation";
/// 256 bits, 32 bits big-endian.
const LENGTH: [u8; 4] = [0, 0, 1, 0];

/// The vectors of entra.md 12.4.
#[cfg(test)]
pub(crate) mod vectors {
    use super::*;

    pub(crate) const KEY: [u8; 32] = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
        28, 29, 30, 31,
    ];
    pub(crate) const CTX: [u8; 24] = *b"@ABCDEFGHIJKLMNOPQRSTUVW";

    pub(crate) fn session_key() -> SessionKey {
        SessionKey::from_bytes(&Secret::new(KEY.to_vec())).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::vectors::{CTX, session_key};
    use super::*;
    use model::hex;

    #[test]
    fn both_versions_give_the_keys_of_the_vectors() {
        let payload =
            br#"{"refresh_token":"0.PRT-EXAMPLE","is_primary":"true","request_nonce":"NONCE-EXAMPLE"}"#;
        for (kdf, wanted) in [
            (Kdf::V1, "261704508fac96248f7d3be91a017495fc867b984effbbd36059d69719da6375"),
            (Kdf::V2, "a86a64a6f9eeab636c7d561d557a3df5b21a19e886a1eacd3d5c8a51b5f4d767"),
        ] {
            assert_eq!(hex(signing_key(&session_key(), kdf, &CTX, payload).expose()), wanted);
        }
        assert_eq!(
            hex(&Sha256::new().chain_update(CTX).chain_update(payload).finalize()),
            "8e3494ac8aced8cff00cfbe95ea478a04b5c5cf10ec84770252e752b8236dd91"
        );
    }

    #[test]
    fn requests_are_signed_with_the_second_version_unless_told_otherwise() {
        assert_eq!(Kdf::default(), Kdf::V2);
    }

    #[test]
    fn parts_are_hashed_in_a_row() {
        let key = [7; 32];
        assert_eq!(hmac_sha256(&key, &[b"ab", b"", b"c"]), hmac_sha256(&key, &[b"abc"]));
    }
}
