//! The session key: wrapped for the transport key in a PRT reply, then ours (entra.md 7.5).

use crate::jwe::{exactly, split};
use crate::{JweFault, PrtError};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit};
use model::Secret;

/// `session_key_jwe` of a PRT reply, split into its parts (entra.md 7.5).
///
/// The session key is the content encryption key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedSessionKey {
    /// For RSA-OAEP with SHA-1 and MGF1-SHA-1 under the transport key of RSA-2048.
    pub encrypted_key: [u8; 256],
    iv: [u8; 12],
    /// The ciphertext, then the tag of 16 bytes.
    sealed: Vec<u8>,
}

impl WrappedSessionKey {
    /// Splits the five parts of `{"enc":"A256GCM","alg":"RSA-OAEP"}`.
    pub(crate) fn read(token: &str) -> Result<WrappedSessionKey, JweFault> {
        let parts = split(token, "RSA-OAEP")?;
        let tag: [u8; 16] = exactly(&parts.tag, "tag")?;
        Ok(WrappedSessionKey {
            encrypted_key: exactly(&parts.encrypted_key, "encrypted key")?,
            iv: exactly(&parts.iv, "IV")?,
            sealed: [parts.ciphertext.as_slice(), &tag].concat(),
        })
    }

    /// Whether the tag is that of the key, over EMPTY associated data: not over the protected header of
    /// RFC 7516 (\[observed\] of the real service, entra.md 12.7).
    fn verdict(&self, key: &[u8; 32]) -> TagVerdict {
        match Aes256Gcm::new(&(*key).into()).decrypt(&self.iv.into(), self.sealed.as_slice()) {
            Ok(_) => TagVerdict::Right,
            Err(_) => TagVerdict::Wrong,
        }
    }
}

/// What the tag of `session_key_jwe` says of the unwrapped key.
///
/// A wrong tag is a thing to log and no error: the proof that matters is that the service takes the next
/// request signed with the key.
#[must_use = "a wrong tag is to be logged"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagVerdict {
    /// It is the tag of this key.
    Right,
    /// It is not.
    Wrong,
}

/// The secret that the service shares with one session on this device: 32 bytes.
#[derive(Debug)]
pub struct SessionKey(Secret<[u8; 32]>);

impl SessionKey {
    /// The key that the key store unwrapped, and what the tag says of it.
    ///
    /// # Errors
    /// [`PrtError::KeyLength`] unless it has 32 bytes.
    pub fn new(
        unwrapped: &Secret<Vec<u8>>,
        wrapped: &WrappedSessionKey,
    ) -> Result<(SessionKey, TagVerdict), PrtError> {
        let key = SessionKey::from_bytes(unwrapped)?;
        let verdict = wrapped.verdict(key.expose());
        Ok((key, verdict))
    }

    /// The key as it was stored.
    ///
    /// # Errors
    /// [`PrtError::KeyLength`] unless it has 32 bytes.
    pub fn from_bytes(stored: &Secret<Vec<u8>>) -> Result<SessionKey, PrtError> {
        let bytes = stored.expose().as_slice();
        let key = bytes.try_into().map_err(|_| PrtError::KeyLength(bytes.len()))?;
        Ok(SessionKey(Secret::new(key)))
    }

    /// The 32 bytes, for the one call that seals or uses them.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::encode;
    use crate::kdf::vectors::KEY;
    use aes_gcm::aead::Payload;
    use proptest::prelude::*;

    const HEADER: &str = r#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#;
    /// Segments 3 to 5 of entra.md 12.7.
    const INNER: &str = "YGFiY2RlZmdoaWpr.yg.1Vu16B25jdyyAN-c7-DR9w";
    /// The same with the tag over the protected header.
    const OTHER_TAG: &str = "YGFiY2RlZmdoaWpr.yg.c-1hTfs9tuvnuQxfleVx0w";

    fn token(inner: &str) -> String {
        format!("{}.{}.{inner}", encode(HEADER), encode([7; 256]))
    }

    fn verdict(key: &[u8], inner: &str) -> TagVerdict {
        let wrapped = WrappedSessionKey::read(&token(inner)).unwrap();
        SessionKey::new(&Secret::new(key.to_vec()), &wrapped).unwrap().1
    }

    #[test]
    fn the_tag_over_nothing_is_right_and_the_one_of_the_rfc_is_wrong() {
        assert_eq!(verdict(&KEY, INNER), TagVerdict::Right);
        assert_eq!(verdict(&KEY, OTHER_TAG), TagVerdict::Wrong);
        assert_eq!(verdict(&[9; 32], INNER), TagVerdict::Wrong);
    }

    #[test]
    fn the_other_tag_is_really_that_of_the_rfc() {
        let (msg, aad) = (b" ".as_slice(), encode(HEADER));
        let cipher = Aes256Gcm::new(&KEY.into());
        let sealed = cipher.encrypt(b"`abcdefghijk".into(), Payload { msg, aad: aad.as_bytes() }).unwrap();
        assert!(OTHER_TAG.ends_with(&encode(&sealed[1..])));
    }

    #[test]
    fn a_wrong_tag_does_not_lose_the_key() {
        let wrapped = WrappedSessionKey::read(&token(OTHER_TAG)).unwrap();
        let (key, _) = SessionKey::new(&Secret::new(KEY.to_vec()), &wrapped).unwrap();
        assert_eq!(key.expose(), &KEY);
    }

    #[test]
    fn the_encrypted_key_is_handed_out_as_it_came() {
        assert_eq!(WrappedSessionKey::read(&token(INNER)).unwrap().encrypted_key, [7; 256]);
    }

    #[test]
    fn damage_is_told_by_part() {
        let length = |part, length| JweFault::Length { part, length };
        for (token, wanted) in [
            (format!("{}..{INNER}", encode(HEADER)), length("encrypted key", 0)),
            (format!("{}.{}.{INNER}", encode(HEADER), encode([0; 255])), length("encrypted key", 255)),
            (token("YGFi.yg.1Vu16B25jdyyAN-c7-DR9w"), length("IV", 3)),
            (token("YGFiY2RlZmdoaWpr.yg."), length("tag", 0)),
            (token("YGFiY2RlZmdoaWpr.yg"), JweFault::Segments(4)),
            (
                format!(
                    "{}.{}.{INNER}",
                    encode(r#"{"enc":"A256GCM","alg":"RSA-OAEP-256"}"#),
                    encode([7; 256])
                ),
                JweFault::Algorithm("RSA-OAEP-256, A256GCM".to_owned()),
            ),
            (
                format!("{}.{}.{INNER}", encode(r#"{"enc":"A128GCM","alg":"RSA-OAEP"}"#), encode([7; 256])),
                JweFault::Algorithm("RSA-OAEP, A128GCM".to_owned()),
            ),
        ] {
            assert_eq!(WrappedSessionKey::read(&token).unwrap_err(), wanted);
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for length in [0, 16, 31, 33, 64] {
            let error = SessionKey::from_bytes(&Secret::new(vec![0; length])).unwrap_err();
            assert_eq!(error, PrtError::KeyLength(length));
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let key = SessionKey::from_bytes(&Secret::new(vec![201; 32])).unwrap();
        assert_eq!(format!("{key:?}"), "SessionKey(Secret)");
    }

    proptest! {
        #[test]
        fn one_changed_bit_makes_the_tag_wrong(key: [u8; 32], plain: u8, at in 0usize..17, bit in 0u8..8) {
            let iv = [3; 12];
            let mut sealed = Aes256Gcm::new(&key.into()).encrypt(&iv.into(), [plain].as_slice()).unwrap();
            let mut wrapped = WrappedSessionKey { encrypted_key: [0; 256], iv, sealed: sealed.clone() };
            prop_assert_eq!(wrapped.verdict(&key), TagVerdict::Right);
            sealed[at] ^= 1 << bit;
            wrapped.sealed = sealed;
            prop_assert_eq!(wrapped.verdict(&key), TagVerdict::Wrong);
        }
    }
}
