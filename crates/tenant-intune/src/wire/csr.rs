//! The judgement of a certificate request (intune.md 2.2; RFC 2986).

use crate::wire::der;
use crate::wire::keys::rsa_key;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use sha2::Sha256;

/// A request that passed.
#[derive(Debug)]
pub(crate) struct Csr {
    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) key_info: Vec<u8>,
    /// The version INTEGER: 0, or 2 as Microsoft's portal sends it.
    pub(crate) version: u8,
}

/// The request in its armour, or what is wrong with it.
///
/// The service itself has one sentence for all of this (intune.md 2.4).
pub(crate) fn judge(pem: &str) -> Result<Csr, &'static str> {
    let der = unarmoured(pem).ok_or("the request has no PEM armour")?;
    let outer = der::sequence_in(&der).ok_or("the request is not DER")?;
    let [info, algorithm, signature] = outer.try_into().map_err(|_| "the request is not PKCS#10")?;
    let parts = der::sequence_in(info.whole).ok_or("the request is not PKCS#10")?;
    let [version, _subject, key_info, attributes] =
        parts.try_into().map_err(|_| "the request has no attributes field")?;
    if algorithm.whole != der::SHA256_WITH_RSA {
        return Err("the request is not signed with sha256WithRSAEncryption");
    }
    if attributes.whole != NO_ATTRIBUTES {
        return Err("the attributes are not empty and constructed");
    }
    let version = match version.content {
        [number @ (0 | 2)] if version.tag == der::INTEGER => *number,
        _ => return Err("the version is neither 0 nor 2"),
    };
    let signature = der::bits(signature).ok_or("the signature is malformed")?;
    proved(info.whole, key_info.whole, signature)?;
    Ok(Csr { key_info: key_info.whole.to_vec(), version })
}

/// The sender holds the key, and it is long enough.
fn proved(info: &[u8], key_info: &[u8], signature: &[u8]) -> Result<(), &'static str> {
    let (modulus, exponent) = key_parts(key_info).ok_or("the key is not RSA")?;
    if modulus.len() < LEAST_MODULUS {
        return Err("the key has less than 2048 bits");
    }
    let key = rsa_key(&modulus, &exponent).ok_or("the key is not usable")?;
    let signature = Signature::try_from(signature).map_err(|_| "the signature is malformed")?;
    VerifyingKey::<Sha256>::new(key).verify(info, &signature).map_err(|_| "the signature is wrong")
}

/// Modulus and exponent of a `SubjectPublicKeyInfo` (RFC 8017 A.1.1).
fn key_parts(key_info: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let [algorithm, key] = der::sequence_in(key_info)?.try_into().ok()?;
    if algorithm.whole != der::RSA_ENCRYPTION {
        return None;
    }
    let [modulus, exponent] = der::sequence_in(der::bits(key)?)?.try_into().ok()?;
    Some((der::magnitude(modulus)?.to_vec(), der::magnitude(exponent)?.to_vec()))
}

/// What stands between the armour lines; line ends and line lengths do not matter [inferred: tolerant parser].
fn unarmoured(pem: &str) -> Option<Vec<u8>> {
    let inside = pem.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let text: String = inside.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    STANDARD.decode(text).ok()
}

const BEGIN: &str = "-----BEGIN CERTIFICATE REQUEST-----";
const END: &str = "-----END CERTIFICATE REQUEST-----";
/// `[0]`, constructed, length 0.
const NO_ATTRIBUTES: &[u8] = &[0xa0, 0x00];
/// Bytes of a 2048-bit modulus.
const LEAST_MODULUS: usize = 256;
