//! Opens replies that were sealed under a session key (entra.md 7.6, 7.8): AES-256-GCM as their header says.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;

/// The text of a reply; none where it is not sealed so, or under another key.
pub(super) fn open(body: &str, session_key: &[u8]) -> Option<String> {
    let parts: Vec<&str> = body.trim().split('.').collect();
    let [header, "", iv, text, tag] = parts[..] else { return None };
    let part = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let named: Value = serde_json::from_slice(&part(header)?).ok()?;
    let context = STANDARD.decode(named["ctx"].as_str()?).ok()?;
    let label = b"AzureAD-SecureConversation";
    let input = [&[0, 0, 0, 1], &label[..], &[0], &context, &[0, 0, 1, 0]].concat();
    let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, session_key), &input);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, derived.as_ref()).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(&part(iv)?).ok()?;
    let mut sealed = [part(text)?, part(tag)?].concat();
    let plain = key.open_in_place(nonce, Aad::from(header.as_bytes()), &mut sealed).ok()?;
    String::from_utf8(plain.to_vec()).ok()
}
