//! The two public keys of a join (entra.md 5.1 to 5.3).

use crate::blob::public_parts;
use crate::keys::{PublicParts, public_key};
use crate::request::decoded;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use picky_asn1_x509::{CertificationRequest, PublicKey};
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use serde_json::{Map, Value};
use sha2::Sha256;

/// The key of a request whose signature proves that the sender holds it (entra.md 11.1 D8, 11.2 I2).
///
/// # Errors
/// What is wrong, as the reply says it.
pub fn csr_key(body: &Map<String, Value>) -> Result<PublicParts, &'static str> {
    let request = member(body, "CertificateRequest")
        .and_then(Value::as_object)
        .ok_or("There is no CertificateRequest.")?;
    let text = |name: &str| member(request, name).and_then(Value::as_str);
    if text("Type") != Some("pkcs10") {
        return Err("The certificate request is not pkcs10.");
    }
    let der = STANDARD
        .decode(text("Data").unwrap_or_default())
        .map_err(|_| "The certificate request is not base64.")?;
    let csr: CertificationRequest =
        picky_asn1_der::from_bytes(&der).map_err(|_| "The certificate request is not PKCS#10.")?;
    let algorithm: String = csr.signature_algorithm.oid().into();
    if algorithm != SHA256_RSA {
        return Err("The certificate request is not signed with sha256WithRSAEncryption.");
    }
    let info = &csr.certification_request_info;
    let PublicKey::Rsa(key) = &info.subject_public_key_info.subject_public_key else {
        return Err("The key of the certificate request is not RSA.");
    };
    let modulus = key.0.modulus.as_unsigned_bytes_be().to_vec();
    let exponent = key.0.public_exponent.as_unsigned_bytes_be().to_vec();
    if modulus.len() != 256 {
        return Err("The key of the certificate request is not RSA-2048.");
    }
    let signed = picky_asn1_der::to_vec(info).map_err(|_| "The certificate request is not DER.")?;
    let signature =
        Signature::try_from(csr.signature.0.payload_view()).map_err(|_| "The signature is malformed.")?;
    let parts = (modulus, exponent);
    let public = public_key(&parts).ok_or("The key of the certificate request is not usable.")?;
    let proved = VerifyingKey::<Sha256>::new(public).verify(&signed, &signature).is_ok();
    if proved { Ok(parts) } else { Err("The signature of the certificate request is wrong.") }
}

/// The blob of entra.md 5.3, or a JWK; nothing else (entra.md 11.2, I3).
///
/// # Errors
/// What is wrong, as the reply says it.
pub fn transport_key(body: &Map<String, Value>) -> Result<PublicParts, &'static str> {
    let text = member(body, "TransportKey").and_then(Value::as_str).ok_or("There is no TransportKey.")?;
    let blob = STANDARD.decode(text).map_err(|_| "The TransportKey is not base64.")?;
    if blob.starts_with(b"{") {
        let jwk: Value = serde_json::from_slice(&blob).map_err(|_| "The TransportKey is no JWK.")?;
        let number = |name: &str| jwk[name].as_str().and_then(decoded);
        let key = number("n").zip(number("e")).filter(|_| jwk["kty"] == "RSA");
        return key.ok_or("The TransportKey is no RSA JWK.");
    }
    public_parts(&blob).ok_or("The TransportKey is not a public RSA blob.")
}

/// A member by its name in any case (entra.md 5.1, inferred: clients differ in the case they send).
pub fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.get(name)
        .or_else(|| body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

const SHA256_RSA: &str = "1.2.840.113549.1.1.11";
