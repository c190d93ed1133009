//! The session key's work (entra.md 7.5, 7.6): derivation, encrypted replies, and its own transport.

use crate::keys::Generator;
use aes::Aes256;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, Mac};
use rsa::{Oaep, RsaPublicKey};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// 32 bytes that the stand-in and one device share for the life of a PRT.
pub type SessionKey = [u8; 32];

/// Which context goes into the derivation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KdfVersion {
    /// The bytes of `ctx`.
    One,
    /// SHA-256 over `ctx` and the payload as transmitted.
    Two,
}

/// The key for one message.
pub fn derive(key: &SessionKey, version: KdfVersion, ctx: &[u8], payload: &[u8]) -> SessionKey {
    match version {
        KdfVersion::One => kdf(key, ctx),
        KdfVersion::Two => kdf(key, &Sha256::new().chain_update(ctx).chain_update(payload).finalize()),
    }
}

/// NIST SP 800-108 in counter mode with HMAC-SHA-256, one block of 256 bits.
fn kdf(key: &SessionKey, context: &[u8]) -> SessionKey {
    mac(key, &[&[0, 0, 0, 1], LABEL, &[0], context, &[0, 0, 1, 0]].concat())
}

/// HMAC-SHA-256 of a message under a session key or one derived from it.
pub fn mac(key: &SessionKey, message: &[u8]) -> SessionKey {
    // RFC 2104: a key is padded with zeros to the block of the hash, so this cannot fail.
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// An encrypted reply: the header says `A256GCM`, what it carries is AES-256-CBC under the key of KDF version
/// 1 with a 16-byte IV, PKCS#7 and an empty tag (observed).
pub fn seal(key: &SessionKey, ctx: &[u8; 24], iv: &[u8; 16], plain: &[u8]) -> String {
    let key = derive(key, KdfVersion::One, ctx, &[]);
    let cipher = cbc::Encryptor::<Aes256>::new(&key.into(), &(*iv).into());
    let text = cipher.encrypt_padded_vec::<Pkcs7>(plain);
    // The order of the header's members is that of the capture, so it is not left to a map.
    let header = format!(r#"{{"alg":"dir","enc":"A256GCM","ctx":{}}}"#, json!(STANDARD.encode(ctx)));
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}..{}.{}.", part(header.as_bytes()), part(iv), part(&text))
}

/// The same for version 3.0 of the protocol: what the header says, AES-256-GCM with a nonce of 12 bytes and the
/// encoded header as associated data (entra.md 7.6: a client of that version reads it so).
pub fn seal_with_gcm(key: &SessionKey, ctx: &[u8; 24], iv: &[u8; 12], plain: &[u8]) -> Option<String> {
    let header = format!(r#"{{"alg":"dir","enc":"A256GCM","ctx":{}}}"#, json!(STANDARD.encode(ctx)));
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let header = part(header.as_bytes());
    let cipher = Aes256Gcm::new(&derive(key, KdfVersion::One, ctx, &[]).into());
    let payload = Payload { msg: plain, aad: header.as_bytes() };
    let sealed = cipher.encrypt(&(*iv).into(), payload).ok()?;
    let (text, tag) = sealed.split_at_checked(plain.len())?;
    Some(format!("{header}..{}.{}.{}", part(iv), part(text), part(tag)))
}

/// `session_key_jwe`: the session key is the content key, wrapped for the transport key by RSA-OAEP with SHA-1.
///
/// `None` where the transport key cannot wrap it.
pub fn wrap(key: &SessionKey, transport: &RsaPublicKey, generator: &mut Generator) -> Option<String> {
    let wrapped = transport.encrypt(generator, Oaep::<Sha1>::new(), key).ok()?;
    let content = wrapped_content(key, &generator.bytes())?;
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Some(format!("{}.{}.{content}", part(WRAP_HEADER), part(&wrapped)))
}

/// IV, one encrypted blank, and its tag over *empty* associated data (observed).
fn wrapped_content(key: &SessionKey, iv: &[u8; 12]) -> Option<String> {
    let sealed = Aes256Gcm::new(&(*key).into()).encrypt(&(*iv).into(), b" ".as_slice()).ok()?;
    let (text, tag) = sealed.split_at_checked(1)?;
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    Some(format!("{}.{}.{}", part(iv), part(text), part(tag)))
}

const LABEL: &[u8] = b"AzureAD-SecureConversation";
const WRAP_HEADER: &[u8] = br#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    fn counted<const N: usize>(from: u8) -> [u8; N] {
        std::array::from_fn(|at| from + at as u8)
    }

    #[test]
    fn both_derivations_are_those_of_vector_12_4() {
        let (key, ctx) = (counted(0), counted::<24>(0x40));
        for (version, derived) in [
            (KdfVersion::One, "261704508fac96248f7d3be91a017495fc867b984effbbd36059d69719da6375"),
            (KdfVersion::Two, "a86a64a6f9eeab636c7d561d557a3df5b21a19e886a1eacd3d5c8a51b5f4d767"),
        ] {
            let payload =
                br#"{"refresh_token":"0.PRT-EXAMPLE","is_primary":"true","request_nonce":"NONCE-EXAMPLE"}"#;
            assert_eq!(hex::lower(&derive(&key, version, &ctx, payload)), derived);
        }
    }

    #[test]
    fn the_encrypted_reply_is_vector_12_5() {
        let plain = br#"{"token_type":"Bearer","expires_in":"3599"}"#;
        let sealed = seal(&counted(0), &counted(0x40), &counted(0x60), plain);
        assert_eq!(
            sealed,
            "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIiwiY3R4IjoiUUVGQ1EwUkZSa2RJU1VwTFRFMU9UMUJSVWxOVVZWWlgifQ..\
             YGFiY2RlZmdoaWprbG1ubw.EwBwNwO0iGvaXbLmb_lzCJ4l0PqhVxGZzO8b6FTHXNNgB496gLVDTduXMDpudYBw."
        );
    }

    #[test]
    fn a_reply_of_version_3_is_what_its_header_says() {
        let (key, ctx, iv) = (counted(0), counted(0x40), counted(0x60));
        let sealed = seal_with_gcm(&key, &ctx, &iv, b"plain").unwrap();
        let parts: Vec<&str> = sealed.split('.').collect();
        let bytes = |at: usize| URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
        assert!(parts[1].is_empty() && bytes(2) == iv && bytes(4).len() == 16);
        let cipher = Aes256Gcm::new(&derive(&key, KdfVersion::One, &ctx, &[]).into());
        let (msg, aad) = ([bytes(3), bytes(4)].concat(), parts[0].as_bytes());
        assert_eq!(cipher.decrypt(&iv.into(), Payload { msg: &msg, aad }).unwrap(), b"plain");
    }

    #[test]
    fn the_wrapped_content_is_vector_12_7() {
        let content = wrapped_content(&counted(0), &counted(0x60)).unwrap();
        assert_eq!(content, "YGFiY2RlZmdoaWpr.yg.1Vu16B25jdyyAN-c7-DR9w");
    }

    #[test]
    fn a_session_key_comes_back_through_the_transport_key() {
        let mut generator = Generator(7);
        let private = rsa::RsaPrivateKey::new(&mut generator, 1024).unwrap();
        let jwe = wrap(&counted(0), &private.to_public_key(), &mut generator).unwrap();
        let parts: Vec<&str> = jwe.split('.').collect();
        assert_eq!(URL_SAFE_NO_PAD.decode(parts[0]).unwrap(), WRAP_HEADER);
        let wrapped = URL_SAFE_NO_PAD.decode(parts[1]).unwrap();
        assert_eq!(private.decrypt(Oaep::<Sha1>::new(), &wrapped).unwrap(), counted::<32>(0));
        assert_eq!([parts[2].len(), parts[3].len(), parts[4].len()], [16, 2, 22]);
    }
}
