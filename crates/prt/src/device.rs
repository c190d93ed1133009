//! JWTs that the device key signs: RS256, with the device certificate in `x5c` (entra.md 7.2).

use crate::jwt;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{CertificateDer, Secret};

/// What the device key has to sign with RSASSA-PKCS1-v1_5 and SHA-256.
pub(crate) fn to_sign(certificate: &CertificateDer, claims: &[(&str, &str)]) -> Vec<u8> {
    let header = format!(r#"{{"alg":"RS256","typ":"JWT","x5c":["{}"]}}"#, STANDARD.encode(&certificate.0));
    jwt::signing_input(&header, &jwt::object(claims)).into_bytes()
}

/// The JWT of what was signed and its signature.
pub(crate) fn signed(to_sign: &[u8], signature: &[u8]) -> Secret<String> {
    jwt::complete(&String::from_utf8_lossy(to_sign), signature)
}
