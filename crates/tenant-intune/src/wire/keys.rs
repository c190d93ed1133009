//! The key of the device CA, and the generator of every id and chance.

use crate::records::views::SetupError;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::{BoxedUint, RsaPrivateKey, RsaPublicKey};
use sha2::Sha256;
use tenant_wire::keys::KeySource;
use uuid::Uuid;

/// The key of the device CA.
pub(crate) struct Authority(SigningKey<Sha256>);

impl Authority {
    pub(crate) fn new(source: KeySource, generator: &mut Generator) -> Result<Authority, SetupError> {
        let key = match source {
            KeySource::Pool => RsaPrivateKey::from_pkcs8_der(include_bytes!("../../keys/test-intune-ca.pk8"))
                .map_err(|cause| SetupError::Key(cause.to_string())),
            KeySource::Fresh => {
                RsaPrivateKey::new(generator, 2048).map_err(|cause| SetupError::Key(cause.to_string()))
            }
        };
        Ok(Authority(SigningKey::new(key?)))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_vec()
    }

    /// Whether the signature is this key's.
    #[cfg(test)]
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        use rsa::signature::{Keypair, Verifier};
        let signature = rsa::pkcs1v15::Signature::try_from(signature);
        signature.is_ok_and(|signature| self.0.verifying_key().verify(message, &signature).is_ok())
    }
}

/// A public key from its big-endian parts, if it can be one.
pub(crate) fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Option<RsaPublicKey> {
    let [n, e] = [modulus, exponent].map(BoxedUint::from_be_slice_vartime);
    RsaPublicKey::new(n, e).ok()
}

/// The generator of every id and chance (SplitMix64): the same seed gives the same stand-in.
#[derive(Debug)]
pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) fn new(seed: u64) -> Generator {
        Generator(seed)
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of at least 0 and less than 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        // The upper 53 bits are what a double can hold.
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn bytes(&mut self) -> [u8; 16] {
        (u128::from(self.draw()) << 64 | u128::from(self.draw())).to_be_bytes()
    }

    /// A version 4 GUID.
    pub(crate) fn guid(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// So many lower-case hex digits, at most 32.
    pub(crate) fn hex(&mut self, digits: usize) -> String {
        self.guid().simple().to_string().chars().take(digits).collect()
    }
}

impl rsa::rand_core::TryRng for Generator {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok((self.draw() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.draw())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill_with(|| (self.draw() >> 56) as u8);
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Generator {}
