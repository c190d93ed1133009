use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use model::Secret;
use std::sync::Arc;

/// AES-256-GCM over whole generations of records.
#[derive(Clone)]
pub(crate) struct Cipher(Arc<LessSafeKey>);

impl Cipher {
    pub(crate) fn new(key: &Secret<[u8; 32]>) -> Result<Cipher, &'static str> {
        let key = UnboundKey::new(&AES_256_GCM, key.expose()).map_err(|_| FAILED)?;
        Ok(Cipher(Arc::new(LessSafeKey::new(key))))
    }

    /// Nonce (12 bytes), ciphertext, tag (16 bytes); place and generation are authenticated.
    pub(crate) fn seal(&self, place: &str, generation: u64, plain: &[u8]) -> Result<Vec<u8>, &'static str> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| FAILED)?;
        let mut text = plain.to_vec();
        let sealing = Nonce::assume_unique_for_key(nonce);
        let context = Aad::from(context(place, generation));
        self.0.seal_in_place_append_tag(sealing, context, &mut text).map_err(|_| FAILED)?;
        Ok([nonce.as_slice(), &text].concat())
    }

    pub(crate) fn open(&self, place: &str, generation: u64, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = text.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(context(place, generation)), &mut buffer).ok()?;
        Some(plain.to_vec())
    }
}

fn context(place: &str, generation: u64) -> Vec<u8> {
    format!("firmament {place} v1 {generation}").into_bytes()
}

const FAILED: &str = "the cryptographic library failed";
