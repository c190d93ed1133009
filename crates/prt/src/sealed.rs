//! Replies to requests that a session key signed (entra.md 7.6).

use crate::jwe::{Segments, exactly, split};
use crate::{JweFault, PrtError, SessionKey, kdf};
use aes::Aes256;
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use http::Response;

/// The reply with its text in the clear; a reply that is not sealed stays as it is, since errors come plain.
///
/// # Errors
/// [`PrtError::Sealed`].
pub(crate) fn open(reply: Response<Bytes>, key: &SessionKey) -> Result<Response<Bytes>, PrtError> {
    let Some(token) = sealed(&reply) else {
        return Ok(reply);
    };
    let plain = decipher(token, key).map_err(PrtError::Sealed)?;
    Ok(reply.map(|_| Bytes::from(plain)))
}

/// The body of a success that has the alphabet of a compact JWE.
fn sealed(reply: &Response<Bytes>) -> Option<&str> {
    let body = std::str::from_utf8(reply.body()).ok()?.trim();
    let of_jwe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (reply.status().is_success() && body.contains('.') && body.bytes().all(of_jwe)).then_some(body)
}

fn decipher(token: &str, key: &SessionKey) -> Result<Vec<u8>, JweFault> {
    let parts = split(token, "dir")?;
    let _: [u8; 0] = exactly(&parts.encrypted_key, "encrypted key")?;
    let ctx = parts.ctx.as_deref().ok_or(JweFault::Header)?;
    let ctx = STANDARD.decode(ctx).map_err(|_| JweFault::Base64("ctx"))?;
    let derived = kdf::derive(key, &ctx);
    let plain = match parts.iv.len() {
        12 => gcm(&parts, derived.expose()),
        _ => cbc(&parts, derived.expose()),
    }?;
    // CBC proves nothing: one wrong key in 256 leaves a padding that looks right.
    if plain.trim_ascii_start().starts_with(b"{") { Ok(plain) } else { Err(JweFault::Unopened) }
}

/// What the v1 endpoint sends in spite of its label: AES-256-CBC with PKCS#7, and no tag.
fn cbc(parts: &Segments<'_>, key: &[u8; 32]) -> Result<Vec<u8>, JweFault> {
    let iv: [u8; 16] = exactly(&parts.iv, "IV")?;
    let _: [u8; 0] = exactly(&parts.tag, "tag")?;
    Decryptor::<Aes256>::new(&(*key).into(), &iv.into())
        .decrypt_padded_vec::<Pkcs7>(&parts.ciphertext)
        .map_err(|_| JweFault::Unopened)
}

/// What the label says: AES-256-GCM over the protected header, as newer protocols send it.
fn gcm(parts: &Segments<'_>, key: &[u8; 32]) -> Result<Vec<u8>, JweFault> {
    let iv: [u8; 12] = exactly(&parts.iv, "IV")?;
    let tag: [u8; 16] = exactly(&parts.tag, "tag")?;
    let sealed = [parts.ciphertext.as_slice(), &tag].concat();
    let payload = Payload { msg: &sealed, aad: parts.protected.as_bytes() };
    Aes256Gcm::new(&(*key).into()).decrypt(&iv.into(), payload).map_err(|_| JweFault::Unopened)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::encode;
    use crate::kdf::vectors::{CTX, session_key};
    use cbc::Encryptor;
    use cbc::cipher::BlockModeEncrypt;
    use model::Secret;
    use proptest::prelude::*;

    const VECTOR: &str = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiUUVGQ1EwUkZSa2RJU1VwTFRFMU9UMUJSVWxOVVZWWlgifQ..\
        YGFiY2RlZmdoaWprbG1ubw.EwBwNwO0iGvaXbLmb_lzCJ4l0PqhVxGZzO8b6FTHXNNgB496gLVDTduXMDpudYBw.";
    const PLAIN: &str = r#"{"token_type":"Bearer","expires_in":"3599"}"#;

    fn opened(status: u16, body: &str) -> Result<Bytes, PrtError> {
        let reply = Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap();
        open(reply, &session_key()).map(Response::into_body)
    }

    fn header(ctx: &str) -> String {
        encode(format!(r#"{{"alg":"dir","enc":"A256GCM","ctx":"{ctx}"}}"#))
    }

    fn in_cbc(key: &SessionKey, ctx: &[u8], iv: [u8; 16], plain: &[u8]) -> String {
        let derived = kdf::derive(key, ctx);
        let text = Encryptor::<Aes256>::new(derived.expose().into(), &iv.into());
        let text = text.encrypt_padded_vec::<Pkcs7>(plain);
        format!("{}..{}.{}.", header(&STANDARD.encode(ctx)), encode(iv), encode(text))
    }

    fn in_gcm(key: &SessionKey, ctx: &[u8], iv: [u8; 12], plain: &[u8]) -> String {
        let (derived, header) = (kdf::derive(key, ctx), header(&STANDARD.encode(ctx)));
        let payload = Payload { msg: plain, aad: header.as_bytes() };
        let sealed = Aes256Gcm::new(derived.expose().into()).encrypt(&iv.into(), payload).unwrap();
        let (text, tag) = sealed.split_at(plain.len());
        format!("{header}..{}.{}.{}", encode(iv), encode(text), encode(tag))
    }

    #[test]
    fn the_vector_opens() {
        for body in [VECTOR.to_owned(), format!("\r\n{VECTOR}\n")] {
            assert_eq!(opened(200, &body).unwrap(), PLAIN);
        }
    }

    #[test]
    fn what_is_not_sealed_stays_as_it_came() {
        for (status, body) in
            [(200, PLAIN), (400, PLAIN), (400, VECTOR), (200, "<html>"), (200, ""), (200, "Hi")]
        {
            assert_eq!(opened(status, body).unwrap(), body);
        }
    }

    #[test]
    fn every_damage_has_its_name() {
        let (head, iv, text) = (header(&STANDARD.encode(CTX)), encode([1; 16]), encode([2; 32]));
        let length = |part, length| JweFault::Length { part, length };
        for (body, wanted) in [
            (format!("{head}..{iv}.{text}"), JweFault::Segments(4)),
            (format!("{head}.QQ.{iv}.{text}."), length("encrypted key", 1)),
            (format!("{head}..{iv}.{text}.QQ"), length("tag", 1)),
            (format!("{head}..QQ.{text}."), length("IV", 1)),
            (format!("{head}...{text}."), length("IV", 0)),
            (format!("{head}..{}.{text}.QQ", encode([1; 12])), length("tag", 1)),
            (format!("{}..{iv}.{text}.", header("*")), JweFault::Base64("ctx")),
            (format!("{}..{iv}.{text}.", encode(r#"{"alg":"dir","enc":"A256GCM"}"#)), JweFault::Header),
            (format!("{head}..{iv}.{text}."), JweFault::Unopened),
            (format!("{head}..{iv}.QQ."), JweFault::Unopened),
            (format!("{head}..{iv}.."), JweFault::Unopened),
            (in_cbc(&session_key(), &CTX, [1; 16], b"no JSON"), JweFault::Unopened),
        ] {
            assert_eq!(opened(200, &body).unwrap_err(), PrtError::Sealed(wanted), "{body}");
        }
    }

    proptest! {
        #[test]
        fn both_ciphers_open_under_their_key_alone(
            key: [u8; 32], ctx in proptest::collection::vec(any::<u8>(), 0..40), iv: [u8; 16], text in ".{0,200}",
        ) {
            let plain = format!("{{{text}");
            let key = SessionKey::from_bytes(&Secret::new(key.to_vec())).unwrap();
            let short = std::array::from_fn(|at| iv[at]);
            for token in [in_cbc(&key, &ctx, iv, plain.as_bytes()), in_gcm(&key, &ctx, short, plain.as_bytes())] {
                prop_assert_eq!(decipher(&token, &key).unwrap(), plain.as_bytes());
                let foreign = SessionKey::from_bytes(&Secret::new(vec![0; 32])).unwrap();
                let opened = decipher(&token, &foreign);
                prop_assert!(opened.is_err() || opened.is_ok_and(|other| other != plain.as_bytes()));
            }
        }

        #[test]
        fn one_changed_bit_of_a_tagged_reply_is_noticed(at in 0usize..43, bit in 0u8..8) {
            let token = in_gcm(&session_key(), &CTX, [4; 12], PLAIN.as_bytes());
            let mut parts = split(&token, "dir").unwrap();
            parts.ciphertext[at] ^= 1 << bit;
            prop_assert_eq!(gcm(&parts, kdf::derive(&session_key(), &CTX).expose()), Err(JweFault::Unopened));
        }

        #[test]
        fn no_body_makes_it_panic(body in "[A-Za-z0-9._-]{0,200}") {
            let _ = opened(200, &body);
        }
    }
}
