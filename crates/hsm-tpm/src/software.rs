//! What is done outside of the TPM: derivation, digests, sealed texts, and the public half's side.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents};
use aws_lc_rs::{digest, rand};
use hsm::{HsmError, SignScheme};
use model::{RsaPublicKey, Secret};
use zeroize::Zeroizing;

/// The auth value of one object, derived by HKDF-SHA-256 from ours and from all that the object is bound to.
pub(crate) fn auth_value(auth: &Secret<Vec<u8>>, context: &[u8]) -> Result<Zeroizing<[u8; 32]>, HsmError> {
    let mut value = Zeroizing::new([0; 32]);
    let root = Salt::new(HKDF_SHA256, b"firmament tpm").extract(auth.expose());
    let info = [context];
    root.expand(&info, Length(32)).and_then(|okm| okm.fill(&mut *value)).map_err(|_| failed())?;
    // A TPM drops zeros from the end of an auth value.
    value[31] |= 1;
    Ok(value)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut value = [0; 32];
    value.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    value
}

/// Random bytes that nobody else has.
pub(crate) fn fresh<const N: usize>() -> Result<Zeroizing<[u8; N]>, HsmError> {
    let mut bytes = Zeroizing::new([0; N]);
    rand::fill(&mut *bytes).map_err(|_| failed())?;
    Ok(bytes)
}

/// Ciphertext and tag (16 bytes) under a key that was made for this text alone.
pub(crate) fn encrypt(key: &[u8], context: &[u8], plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError> {
    let mut text = plain.expose().clone();
    let aad = Aad::from(context);
    cipher(key)?.seal_in_place_append_tag(nonce(), aad, &mut text).map_err(|_| failed())?;
    Ok(text)
}

/// The other way; nothing comes out when a single bit of text or context differs.
pub(crate) fn decrypt(key: &[u8], context: &[u8], text: &[u8]) -> Option<Secret<Vec<u8>>> {
    // Decrypted in place: the copy is wiped whatever comes of it.
    let mut buffer = Zeroizing::new(text.to_vec());
    let plain = cipher(key).ok()?.open_in_place(nonce(), Aad::from(context), &mut buffer).ok()?;
    Some(Secret::new(plain.to_vec()))
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, HsmError> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).map_err(|_| failed())?))
}

/// Each key encrypts one text, so the nonce need not differ.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Whether a signature is what the scheme says, for PSS with a salt of exactly 32 bytes.
pub(crate) fn verifies(key: &RsaPublicKey, scheme: SignScheme, message: &[u8], signature: &[u8]) -> bool {
    let parameters = match scheme {
        SignScheme::Pkcs1Sha256 => &RSA_PKCS1_2048_8192_SHA256,
        SignScheme::PssSha256 => &RSA_PSS_2048_8192_SHA256,
    };
    components(key).verify(parameters, message, signature).is_ok()
}

/// RSAES-OAEP with SHA-1, as [`hsm::Hsm::unwrap_oaep_sha1`] undoes it.
pub(crate) fn wrap_oaep_sha1(key: &RsaPublicKey, plain: &[u8]) -> Result<Vec<u8>, HsmError> {
    let key: PublicEncryptingKey = components(key).try_into().map_err(|_| failed())?;
    let key = OaepPublicEncryptingKey::new(key).map_err(|_| failed())?;
    let mut text = vec![0; key.ciphertext_size()];
    key.encrypt(&OAEP_SHA1_MGF1SHA1, plain, &mut text, None).map_err(|_| failed())?;
    Ok(text)
}

fn components(key: &RsaPublicKey) -> RsaPublicKeyComponents<&[u8]> {
    RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent }
}

fn failed() -> HsmError {
    HsmError::Backend("the cryptographic library failed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{
        KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaPssSaltLength, RsaSignatureEncoding,
    };

    #[test]
    fn only_a_salt_of_32_bytes_verifies_as_pss() {
        const LONGEST: RsaSignatureEncoding = RSA_PSS_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = pair.public_key();
        let key = RsaPublicKey {
            modulus: public.modulus().big_endian_without_leading_zero().to_vec(),
            exponent: public.exponent().big_endian_without_leading_zero().to_vec(),
        };
        let cases: [(&'static dyn RsaEncoding, bool, bool); 3] =
            [(&RSA_PKCS1_SHA256, true, false), (&RSA_PSS_SHA256, false, true), (&LONGEST, false, false)];
        for (encoding, pkcs1, pss) in cases {
            let mut made = vec![0; 256];
            pair.sign(encoding, &aws_lc_rs::rand::SystemRandom::new(), b"message", &mut made).unwrap();
            assert_eq!(verifies(&key, SignScheme::Pkcs1Sha256, b"message", &made), pkcs1, "{encoding:?}");
            assert_eq!(verifies(&key, SignScheme::PssSha256, b"message", &made), pss, "{encoding:?}");
            assert!(!verifies(&key, SignScheme::PssSha256, b"another", &made), "{encoding:?}");
        }
    }

    #[test]
    fn an_auth_value_is_of_its_context_and_never_ends_in_zero() {
        let ours = Secret::new(b"0123456789abcdef".to_vec());
        let values: Vec<_> = (0..=255_u8).map(|n| auth_value(&ours, &[n]).unwrap()).collect();
        assert!(values.iter().all(|value| value[31] != 0));
        let different: std::collections::BTreeSet<_> = values.iter().map(|value| **value).collect();
        assert_eq!(different.len(), 256);
        let other = auth_value(&Secret::new(b"another auth value".to_vec()), &[0]).unwrap();
        assert_ne!(*other, *values[0]);
    }

    #[test]
    fn a_text_opens_under_its_key_and_context_alone() {
        let (key, other) = (fresh::<32>().unwrap(), fresh::<32>().unwrap());
        let text = encrypt(&*key, b"context", &Secret::new(b"plain".to_vec())).unwrap();
        assert_eq!(decrypt(&*key, b"context", &text).unwrap().expose(), b"plain");
        assert!(decrypt(&*other, b"context", &text).is_none());
        assert!(decrypt(&*key, b"contexT", &text).is_none());
        assert!(decrypt(&*key, b"context", &text[1..]).is_none());
        assert!(decrypt(&*key, b"context", &[]).is_none());
    }
}
