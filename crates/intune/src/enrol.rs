//! Enrolling the device into Intune (intune.md 2).

mod reply;

pub use reply::{Answered, Enrolled, Expected, named_device, parse, read};

use crate::{Caller, IntuneError, ServiceUri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use model::RsaPublicKey;
use serde::Serialize;

/// The bytes of the certificate request that the Intune key signs: version 0, a single CN with the device's
/// name as UTF8String, no attributes (`A0 00`) [captured, intune.md 2.2].
///
/// # Errors
/// [`IntuneError::Request`] for a name that no certificate request can carry.
pub fn to_sign(key: &RsaPublicKey, device_name: &str) -> Result<Vec<u8>, IntuneError> {
    x509::csr::to_sign(key, device_name).map_err(IntuneError::Request)
}

/// The certificate request in DER from what was signed and its RSASSA-PKCS1-v1_5 signature with SHA-256.
///
/// # Errors
/// [`IntuneError::Request`].
pub fn assemble(to_sign: &[u8], signature: &[u8]) -> Result<Vec<u8>, IntuneError> {
    x509::csr::assemble(to_sign, signature).map_err(IntuneError::Request)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    certificate_signing_request: String,
    app_version: &'static str,
    device_name: &'a str,
}

/// The POST, with a token for [`ENROLMENT`](crate::ids::ENROLMENT); the caller's display name is the one of the
/// certificate request, which is DER as [`assemble`] gives it.
pub fn request(service: &ServiceUri, certificate_request: &[u8], caller: &Caller<'_>) -> Request<Bytes> {
    let body = Body {
        certificate_signing_request: pem(certificate_request),
        app_version: APP_VERSION,
        device_name: &caller.facts.display_name,
    };
    caller.post(service.at(&format!("enroll?{}", caller.query())), &body)
}

/// RFC 7468: lines of 64 characters, ended by LF alone \[client code\].
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {LABEL}-----\n");
    for (at, character) in text.chars().enumerate() {
        if at > 0 && at % COLUMNS == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str(&format!("\n-----END {LABEL}-----\n"));
    pem
}

const LABEL: &str = "CERTIFICATE REQUEST";
const COLUMNS: usize = 64;
/// What the portal itself sends [captured, intune.md 2.1].
const APP_VERSION: &str = "0.0.0";
