use crate::directory::PublicParts;
use crate::words::{KeySource, SetupError};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};

/// One of the stand-in's own signing keys.
pub(crate) struct OwnKey {
    private: RsaPrivateKey,
    pub(crate) kid: String,
}

impl OwnKey {
    fn new(private: RsaPrivateKey) -> OwnKey {
        let digest = Sha256::digest(private.n().to_be_bytes());
        let kid = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        OwnKey { private, kid }
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        SigningKey::<Sha256>::new(self.private.clone()).sign(message).to_vec()
    }

    /// Modulus and exponent, big-endian without leading zeros.
    pub(crate) fn public(&self) -> (Vec<u8>, Vec<u8>) {
        (trimmed(self.private.n().to_be_bytes().to_vec()), trimmed(self.private.e().to_be_bytes().to_vec()))
    }

    pub(crate) fn verifier(&self) -> RsaPublicKey {
        self.private.to_public_key()
    }
}

/// The key of the device CA, and the key that signs the tokens.
pub(crate) fn own(source: KeySource, seed: u64) -> Result<(OwnKey, OwnKey), SetupError> {
    let wrong = |error: &dyn std::fmt::Display| SetupError::Keys(error.to_string());
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
pub(crate) fn public_key((modulus, exponent): &PublicParts) -> Option<RsaPublicKey> {
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    RsaPublicKey::new(number(modulus), number(exponent)).ok()
}

fn trimmed(bytes: Vec<u8>) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    bytes.into_iter().skip(start).collect()
}

/// The generator of every name and key (xorshift64*): the same seed gives the same stand-in.
#[derive(Debug, Clone)]
pub(crate) struct Generator(pub(crate) u64);

impl Generator {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.max(1);
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        out.chunks_mut(8).for_each(|chunk| {
            let word = self.next().to_be_bytes();
            chunk.iter_mut().zip(word).for_each(|(to, from)| *to = from);
        });
        out
    }

    /// A version 4 GUID as text.
    pub(crate) fn guid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid().to_string()
    }

    /// So many characters of the alphabet that every client can carry (entra.md 11.4, rule 11).
    pub(crate) fn text(&mut self, length: usize, alphabet: &[u8]) -> String {
        let pick = |n: u64| alphabet.get(n as usize % alphabet.len().max(1)).copied().unwrap_or(b'0');
        (0..length).map(|_| char::from(pick(self.next() >> 32))).collect()
    }
}

impl rsa::rand_core::TryRng for Generator {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok((self.next() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_be_bytes();
            chunk.iter_mut().zip(word).for_each(|(to, from)| *to = from);
        }
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Generator {}
