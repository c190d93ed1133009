//! Tokens that the stand-in signs (RS256), and reads again.

use crate::keys::{Generator, OwnKey, TOKEN_ALPHABET};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A JWT signed with RS256.
pub fn sign(key: &OwnKey, claims: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid });
    signed(key, &header, &header, claims)
}

/// A JWT whose header shows this nonce and was signed with its hash in that place.
pub fn sign_with_nonce(key: &OwnKey, claims: &Value, nonce: &str) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid, "nonce": nonce });
    signed(key, &header, &hashed(&header), claims)
}

fn signed(key: &OwnKey, shown: &Value, covered: &Value, claims: &Value) -> String {
    let body = part(claims);
    let signature = key.sign(format!("{}.{body}", part(covered)).as_bytes());
    format!("{}.{body}.{}", part(shown), URL_SAFE_NO_PAD.encode(signature))
}

/// The header with its nonce hashed, where it has one.
fn hashed(header: &Value) -> Value {
    let mut header = header.clone();
    if let Some(nonce) = header["nonce"].as_str() {
        header["nonce"] = json!(URL_SAFE_NO_PAD.encode(Sha256::digest(nonce)));
    }
    header
}

/// What looks like an encrypted token and says nothing.
pub fn five_parts(key: &OwnKey, generator: &mut Generator) -> String {
    let header = json!({ "alg": "RSA-OAEP", "enc": "A256CBC-HS512", "kid": key.kid, "typ": "JWT" });
    let mut text = |length| generator.text(length, TOKEN_ALPHABET);
    format!("{}.{}.{}.{}.{}", part(&header), text(342), text(22), text(600), text(43))
}

/// The claims of a token that this key signed.
pub fn verify(key: &OwnKey, token: &str) -> Option<Value> {
    let (shown, signature) = token.rsplit_once('.')?;
    let (header, body) = shown.split_once('.')?;
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let signature = Signature::try_from(URL_SAFE_NO_PAD.decode(signature).ok()?.as_slice()).ok()?;
    let shown_header = json(header)?;
    let covered = match shown_header["nonce"].is_string() {
        true => format!("{}.{body}", part(&hashed(&shown_header))),
        false => shown.to_owned(),
    };
    VerifyingKey::<Sha256>::new(key.verifier()).verify(covered.as_bytes(), &signature).ok()?;
    json(body)
}

/// The claims of a token whoever signed it; good for nothing but to find out whose request it is.
pub fn unproved(token: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}

/// `sub`: what an application knows a user by, who has another for every application.
pub fn subject(user: Uuid, client: &str) -> String {
    let known = format!("{user} at {}", client.to_ascii_lowercase());
    URL_SAFE_NO_PAD.encode(Sha256::digest(known))
}

/// JSON in base64url.
pub fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// Seconds that an access token lives.
pub const LIFE_S: i64 = 3599;
/// Seconds by which Entra backdates `iat` and `nbf` (entra.md 7.4 \[observed\]).
pub const BACKDATED_S: i64 = 300;
