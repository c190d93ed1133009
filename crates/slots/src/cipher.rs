use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use model::Secret;
use std::io;
use std::sync::Arc;

/// AES-256-GCM over what is written; what it is written as is authenticated with it.
#[derive(Clone)]
pub struct Cipher(Arc<LessSafeKey>);

impl Cipher {
    /// With a key of 256 bits.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn new(key: &Secret<[u8; 32]>) -> io::Result<Cipher> {
        let key = UnboundKey::new(&AES_256_GCM, key.expose()).map_err(|_| failed())?;
        Ok(Cipher(Arc::new(LessSafeKey::new(key))))
    }

    /// Nonce (12 bytes), ciphertext, tag (16 bytes).
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> io::Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| failed())?;
        let mut text = plain.to_vec();
        let sealing = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(sealing, Aad::from(context), &mut text).map_err(|_| failed())?;
        Ok([nonce.as_slice(), &text].concat())
    }

    /// The plain text; none where text, key or context is another one.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = text.to_vec();
        let plain = self.0.open_in_place(nonce, Aad::from(context), &mut buffer).ok()?;
        Some(plain.to_vec())
    }
}

fn failed() -> io::Error {
    io::Error::other("the cryptographic library failed")
}

/// What sealing adds to the length of a text.
pub(crate) const SEAL: usize = NONCE_LEN + 16;
