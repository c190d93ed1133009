//! The tenant's signing keys (RFC 7517).

use crate::error::{SIGN_IN, document};
use crate::{DiscoveryError, get};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use model::{Jwk, Jwks, RsaPublicKey};
use reply::Members;

/// GET of the document at `jwks_uri`.
///
/// # Errors
/// [`DiscoveryError::ForeignHost`] when it is no URI.
pub fn request(jwks_uri: &str) -> Result<Request<Bytes>, DiscoveryError> {
    let wrong = |_| DiscoveryError::foreign(WHAT, jwks_uri);
    Ok(get(jwks_uri.parse().map_err(wrong)?))
}

/// Reads the RSA signing keys; a key of another kind or one that cannot be read is passed over.
///
/// # Errors
/// [`DiscoveryError::Unusable`] when it is no such document or holds no usable key.
pub fn read(reply: Response<Bytes>) -> Result<Jwks, DiscoveryError> {
    let document = document(&reply, SIGN_IN, WHAT)?;
    let wrong = DiscoveryError::member(WHAT);
    let listed = document.members().objects("keys").map_err(&wrong)?;
    let listed = listed.ok_or_else(|| wrong(document.members().wrong("keys", "a list")))?;
    let keys: Vec<Jwk> = listed.into_iter().filter_map(key).collect();
    if keys.is_empty() {
        return Err(DiscoveryError::unusable(WHAT, "it holds no RSA signing key in 'keys'"));
    }
    Ok(Jwks { keys })
}

fn key(key: Members<'_>) -> Option<Jwk> {
    let text = |name| key.text(name).ok().flatten();
    let for_signing = text("kty") == Some("RSA") && matches!(text("use"), None | Some("sig"));
    let number = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
        let start = bytes.iter().position(|byte| *byte != 0)?;
        Some(bytes.get(start..)?.to_vec())
    };
    let public = RsaPublicKey { modulus: number(text("n")?)?, exponent: number(text("e")?)? };
    let sane = (SHORTEST..=LONGEST).contains(&public.modulus.len()) && public.exponent.len() <= 4;
    let kid = text("kid")?.to_owned();
    (for_signing && sane).then_some(Jwk { kid, public })
}

const WHAT: &str = "the tenant's signing keys";
/// Bytes of a modulus: 2048 to 8192 bits.
const SHORTEST: usize = 256;
const LONGEST: usize = 1024;
