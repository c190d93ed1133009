//! The tenant's signing keys (RFC 7517).

use crate::error::document;
use crate::{DiscoveryError, get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use model::{Jwk, Jwks, RsaPublicKey};
use serde::Deserialize;
use serde_json::Value;

/// GET of the document at `jwks_uri`.
///
/// # Errors
/// [`DiscoveryError::ForeignHost`] when it is no URI.
pub fn request(jwks_uri: &str) -> Result<Request<Bytes>, DiscoveryError> {
    let wrong = |_| DiscoveryError::foreign(WHAT, jwks_uri);
    Ok(get(jwks_uri.parse().map_err(wrong)?))
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: String,
    n: String,
    e: String,
    #[serde(rename = "use")]
    usage: Option<String>,
}

/// Reads the RSA signing keys; a key of another kind or one that cannot be read is passed over.
///
/// # Errors
/// [`DiscoveryError::Unusable`] when it is no such document or holds no usable key.
pub fn read(reply: Response<Bytes>) -> Result<Jwks, DiscoveryError> {
    let found: Document = document(&reply, WHAT)?;
    let keys: Vec<Jwk> = found.keys.into_iter().filter_map(key).collect();
    if keys.is_empty() {
        return Err(DiscoveryError::unusable(WHAT, "it holds no RSA signing key"));
    }
    Ok(Jwks { keys })
}

fn key(value: Value) -> Option<Jwk> {
    let key: Key = serde_json::from_value(value).ok()?;
    let for_signing = key.kty == "RSA" && key.usage.as_deref().is_none_or(|usage| usage == "sig");
    let number = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
        let start = bytes.iter().position(|byte| *byte != 0)?;
        Some(bytes.get(start..)?.to_vec())
    };
    let public = RsaPublicKey { modulus: number(&key.n)?, exponent: number(&key.e)? };
    let sane = (SHORTEST..=LONGEST).contains(&public.modulus.len()) && public.exponent.len() <= 4;
    (for_signing && sane).then_some(Jwk { kid: key.kid, public })
}

const WHAT: &str = "the tenant's signing keys";
/// Bytes of a modulus: 2048 to 8192 bits.
const SHORTEST: usize = 256;
const LONGEST: usize = 1024;
