//! The text of JWTs (RFC 7515, RFC 7519), and those that a session key signs (entra.md 7.6).

use crate::{SessionKey, kdf};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::{Kdf, Secret};
use serde_json::Value;

/// base64url without padding.
pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A JSON object of texts, in the order given.
pub(crate) fn object(claims: &[(&str, &str)]) -> String {
    let member = |(name, value): &(&str, &str)| format!("{}:{}", Value::from(*name), Value::from(*value));
    format!("{{{}}}", claims.iter().map(member).collect::<Vec<_>>().join(","))
}

/// The JWS signing input of RFC 7515 section 5.1.
pub(crate) fn signing_input(header: &str, payload: &str) -> String {
    format!("{}.{}", encode(header), encode(payload))
}

/// The compact JWS of what was signed and its signature.
pub(crate) fn complete(signing_input: &str, signature: &[u8]) -> Secret<String> {
    Secret::new(format!("{signing_input}.{}", encode(signature)))
}

/// An HS256 JWT under a key derived from the session key.
///
/// The header holds `ctx` in standard base64 with padding, and `kdf_ver` 2 for KDFv2 only.
pub(crate) fn with_session_key(key: &SessionKey, kdf: Kdf, ctx: &[u8], payload: &str) -> Secret<String> {
    let version = match kdf {
        Kdf::V1 => "",
        Kdf::V2 => r#","kdf_ver":2"#,
    };
    let header = format!(r#"{{"alg":"HS256","typ":"JWT","ctx":"{}"{version}}}"#, STANDARD.encode(ctx));
    let input = signing_input(&header, payload);
    let derived = kdf::signing_key(key, kdf, ctx, payload.as_bytes());
    complete(&input, &kdf::hmac_sha256(derived.expose(), &[input.as_bytes()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kdf::vectors::{CTX, session_key};
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    const PAYLOAD: &str =
        r#"{"refresh_token":"0.PRT-EXAMPLE","is_primary":"true","request_nonce":"NONCE-EXAMPLE"}"#;
    const V1: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eCI6IlFFRkNRMFJGUmtkSVNVcExURTFPVDFCUlVsTlVWVlpYIn0.\
        eyJyZWZyZXNoX3Rva2VuIjoiMC5QUlQtRVhBTVBMRSIsImlzX3ByaW1hcnkiOiJ0cnVlIiwicmVxdWVzdF9ub25jZSI6Ik5PTkNFLUVYQU1QTEUifQ.\
        32RsDprjarL_WO94ECaghK8kwNvwAAAOFjLXz4aa0Ys";
    const V2: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eCI6IlFFRkNRMFJGUmtkSVNVcExURTFPVDFCUlVsTlVWVlpYIiwia2RmX3ZlciI6Mn0.\
        eyJyZWZyZXNoX3Rva2VuIjoiMC5QUlQtRVhBTVBMRSIsImlzX3ByaW1hcnkiOiJ0cnVlIiwicmVxdWVzdF9ub25jZSI6Ik5PTkNFLUVYQU1QTEUifQ.\
        xu9drJ4trbRDoiBjoyLoRMzUtwYBvj3JZXSb4-pBGp0";

    #[test]
    fn both_versions_are_those_of_the_vectors() {
        for (kdf, vector) in [(Kdf::V1, V1), (Kdf::V2, V2)] {
            assert_eq!(with_session_key(&session_key(), kdf, &CTX, PAYLOAD).expose(), vector);
        }
    }

    #[test]
    fn claims_keep_their_order_and_are_escaped() {
        assert_eq!(object(&[]), "{}");
        assert_eq!(object(&[("b", "1"), ("a", "q\"\\\n")]), r#"{"b":"1","a":"q\"\\\n"}"#);
    }

    /// RFC 2104 in full, so that a mistake in our use of the library shows.
    fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
        let pad = |with: u8| (0..64).map(|at| key.get(at).unwrap_or(&0) ^ with).collect::<Vec<u8>>();
        let inner = Sha256::digest([pad(0x36).as_slice(), text].concat());
        Sha256::digest([pad(0x5c).as_slice(), &inner].concat()).to_vec()
    }

    /// The service's view: the header says which key derivation, and the payload is what was transmitted.
    fn verifies(jwt: &str, key: &[u8; 32]) -> bool {
        let (input, signature) = jwt.rsplit_once('.').unwrap();
        let (header, payload) = input.split_once('.').unwrap();
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
        let mut context = STANDARD.decode(header["ctx"].as_str().unwrap()).unwrap();
        if header["kdf_ver"] == 2 {
            context.extend(URL_SAFE_NO_PAD.decode(payload).unwrap());
            context = Sha256::digest(&context).to_vec();
        }
        let label = b"\x00\x00\x00\x01AzureAD-SecureConversation\x00";
        let derived = hmac(key, &[label.as_slice(), &context, &[0, 0, 1, 0]].concat());
        hmac(&derived, input.as_bytes()) == URL_SAFE_NO_PAD.decode(signature).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_under_its_key_alone(
            key: [u8; 32], ctx: [u8; 24], nonce in ".*", other in 0usize..32, second: bool,
        ) {
            let kdf = if second { Kdf::V2 } else { Kdf::V1 };
            let payload = object(&[("request_nonce", &nonce)]);
            let session_key = SessionKey::from_bytes(&Secret::new(key.to_vec())).unwrap();
            let jwt = with_session_key(&session_key, kdf, &ctx, &payload);
            prop_assert!(verifies(jwt.expose(), &key));
            let mut foreign = key;
            foreign[other] ^= 1;
            prop_assert!(!verifies(jwt.expose(), &foreign));
        }
    }
}
