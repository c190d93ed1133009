//! The stand-in's own keys, and the generator of everything that would be random.

use crate::hex;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};

/// Modulus and exponent of an RSA key, big-endian.
pub type PublicParts = (Vec<u8>, Vec<u8>);

/// Where the stand-in's own keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// The test keys in this repository: known to everybody, and quick.
    Pool,
    /// Made anew from the generator.
    Fresh,
}

/// Keys that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the keys cannot be used: {0}")]
pub struct KeysError(String);

/// One of the stand-in's own signing keys.
pub struct OwnKey {
    private: RsaPrivateKey,
    /// Key id: twenty hex digits of the modulus' SHA-256.
    pub kid: String,
}

impl OwnKey {
    fn new(private: RsaPrivateKey) -> OwnKey {
        let digest = Sha256::digest(private.n().to_be_bytes());
        let kid = hex::lower(&digest[..10]);
        OwnKey { private, kid }
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        SigningKey::<Sha256>::new(self.private.clone()).sign(message).to_vec()
    }

    /// Modulus and exponent, big-endian without leading zeros.
    pub fn public(&self) -> (Vec<u8>, Vec<u8>) {
        (trimmed(self.private.n().to_be_bytes().to_vec()), trimmed(self.private.e().to_be_bytes().to_vec()))
    }

    /// The public half.
    pub fn verifier(&self) -> RsaPublicKey {
        self.private.to_public_key()
    }
}

/// The key of the device CA, and the key that signs the tokens.
pub fn own(source: KeySource, seed: u64) -> Result<(OwnKey, OwnKey), KeysError> {
    let wrong = |error: &dyn std::fmt::Display| KeysError(error.to_string());
    match source {
        KeySource::Pool => {
            let read = |der: &[u8]| RsaPrivateKey::from_pkcs8_der(der).map_err(|error| wrong(&error));
            let ca = read(include_bytes!("../keys/test-device-ca.pk8"))?;
            Ok((OwnKey::new(ca), OwnKey::new(read(include_bytes!("../keys/test-token-signing.pk8"))?)))
        }
        KeySource::Fresh => {
            let mut generator = Generator(seed);
            let mut make = || RsaPrivateKey::new(&mut generator, 2048).map_err(|error| wrong(&error));
            Ok((OwnKey::new(make()?), OwnKey::new(make()?)))
        }
    }
}

/// A public key from its parts.
pub fn public_key((modulus, exponent): &PublicParts) -> Option<RsaPublicKey> {
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    RsaPublicKey::new(number(modulus), number(exponent)).ok()
}

fn trimmed(bytes: Vec<u8>) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    bytes.into_iter().skip(start).collect()
}

/// The generator of every name and key (xorshift64*): the same seed gives the same stand-in.
#[derive(Debug, Clone)]
pub struct Generator(pub u64);

impl Generator {
    /// The next 64 bits.
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.max(1);
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// So many bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        out.chunks_mut(8).for_each(|chunk| {
            let word = self.word().to_be_bytes();
            chunk.iter_mut().zip(word).for_each(|(to, from)| *to = from);
        });
        out
    }

    /// A version 4 GUID as text.
    pub fn guid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }

    /// So many characters of an alphabet, [`TOKEN_ALPHABET`] for example.
    pub fn text(&mut self, length: usize, alphabet: &[u8]) -> String {
        let pick = |n: u64| alphabet.get(n as usize % alphabet.len().max(1)).copied().unwrap_or(b'0');
        (0..length).map(|_| char::from(pick(self.word() >> 32))).collect()
    }
}

impl rsa::rand_core::TryRng for Generator {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok((self.word() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.word().to_be_bytes();
            chunk.iter_mut().zip(word).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Generator {}

/// The characters of opaque tokens, which every client can carry (entra.md 11.4, rule 11).
pub const TOKEN_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
