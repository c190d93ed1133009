//! AES-256-GCM under keys derived from the auth value.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rand;
use hsm::HsmError;
use model::Secret;

/// A key for one use, derived from the auth value by HKDF-SHA-256.
pub(crate) struct Wrapper {
    key: LessSafeKey,
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl Wrapper {
    pub(crate) fn new(auth: &Secret<Vec<u8>>, usage: &str) -> Result<Wrapper, HsmError> {
        let bytes = derive(auth, usage)?;
        let key = UnboundKey::new(&AES_256_GCM, bytes.expose()).map_err(|_| failed())?;
        Ok(Wrapper { key: LessSafeKey::new(key) })
    }

    /// Nonce (12 bytes), ciphertext, tag (16 bytes).
    pub(crate) fn seal(&self, context: &[u8], plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| failed())?;
        let mut text = plain.expose().clone();
        let sealing = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(sealing, Aad::from(context), &mut text).map_err(|_| failed())?;
        Ok([nonce.as_slice(), &text].concat())
    }

    /// The other way; nothing comes out when a single bit of text or context differs.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Secret<Vec<u8>>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        // Decrypted in place: the copy is wiped whatever comes of it.
        let mut buffer = zeroize::Zeroizing::new(text.to_vec());
        let plain = self.key.open_in_place(nonce, Aad::from(context), &mut buffer).ok()?;
        Some(Secret::new(plain.to_vec()))
    }
}

/// 32 bytes for one use of the auth value; the use is part of the derivation.
pub(crate) fn derive(auth: &Secret<Vec<u8>>, usage: &str) -> Result<Secret<[u8; 32]>, HsmError> {
    let mut key = [0; 32];
    let info = [usage.as_bytes()];
    let root = Salt::new(HKDF_SHA256, b"firmament").extract(auth.expose());
    root.expand(&info, Length(32)).and_then(|okm| okm.fill(&mut key)).map_err(|_| failed())?;
    Ok(Secret::new(key))
}

fn failed() -> HsmError {
    HsmError::Backend("the cryptographic library failed".to_owned())
}
