//! Signed requests (entra.md 7.2, 7.6, 7.7): compact JWTs, with all that clients do to them.

use crate::forms;
use crate::session::{KdfVersion, SessionKey, derive, mac};
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use rsa::RsaPublicKey;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier;
use serde_json::Value;
use sha2::Sha256;

/// A JWT taken apart; nothing of it is proved yet.
#[derive(Debug)]
pub struct Signed {
    header: Value,
    /// The claims, of which no type is assumed.
    claims: Value,
    /// The payload's bytes as transmitted.
    payload: Vec<u8>,
    input: String,
    signature: Vec<u8>,
}

/// What must have signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// A device key, RS256.
    Device,
    /// A session key, HS256.
    Session,
}

impl Signed {
    /// `None` for what is no JWT of JSON objects.
    pub fn read(token: &str) -> Option<Signed> {
        let (input, signature) = token.rsplit_once('.')?;
        let (header, body) = input.split_once('.')?;
        let payload = decoded(body)?;
        let json = |bytes: &[u8]| serde_json::from_slice(bytes).ok().filter(Value::is_object);
        Some(Signed {
            header: json(&decoded(header)?)?,
            claims: json(&payload)?,
            payload,
            input: input.to_owned(),
            signature: decoded(signature)?,
        })
    }

    /// What its header says must have signed it; `None` for an algorithm that is not served.
    pub fn signer(&self) -> Option<Signer> {
        match self.header["alg"].as_str()? {
            "RS256" => Some(Signer::Device),
            "HS256" => Some(Signer::Session),
            _ => None,
        }
    }

    /// A claim that is text; JSON null counts as absent (entra.md 11.3, rule 3).
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims[name].as_str()
    }

    /// A claim in whole seconds, written as a number or as text (entra.md 11.3, rule 3).
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let value = &self.claims[name];
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    }

    /// A member of the header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header[name].as_str()
    }

    /// Whether the scope has this word.
    pub fn has_scope(&self, word: &str) -> bool {
        self.claim("scope").is_some_and(|scope| scope.split_whitespace().any(|it| it == word))
    }

    /// Whether it asks for a PRT: `aza` and no resource (entra.md 7.6).
    pub fn wants_prt(&self) -> bool {
        self.has_scope("aza") && !self.names_resource()
    }

    /// Whether it names a resource, which version 3.0 of the protocol does in `scope`.
    pub fn names_resource(&self) -> bool {
        self.resource().is_some()
    }

    /// The resource that it asks for, as it was spelled.
    pub fn resource(&self) -> Option<String> {
        forms::resource(self.claim("resource"), self.claim("scope"))
    }

    /// The device certificate: `x5c` is a string or an array (entra.md 7.2).
    pub fn certificate(&self) -> Option<Vec<u8>> {
        let chain = &self.header["x5c"];
        decoded(chain.as_str().or_else(|| chain.get(0)?.as_str())?)
    }

    /// The version of the derivation; `None` for one that nobody knows.
    pub fn kdf_version(&self) -> Option<KdfVersion> {
        match &self.header["kdf_ver"] {
            Value::Null => Some(KdfVersion::One),
            version if *version == 1 => Some(KdfVersion::One),
            version if *version == 2 => Some(KdfVersion::Two),
            _ => None,
        }
    }

    /// Whether this device key signed it (RSASSA-PKCS1-v1_5 with SHA-256).
    pub fn is_by_device(&self, key: RsaPublicKey) -> bool {
        let Ok(signature) = Signature::try_from(self.signature.as_slice()) else { return false };
        VerifyingKey::<Sha256>::new(key).verify(self.input.as_bytes(), &signature).is_ok()
    }

    /// Whether a key derived from this session key signed it.
    pub fn is_by_session(&self, key: &SessionKey) -> bool {
        let ctx = self.header["ctx"].as_str().and_then(decoded);
        let (Some(version), Some(ctx)) = (self.kdf_version(), ctx) else { return false };
        let derived = derive(key, version, &ctx, &self.payload);
        self.signer() == Some(Signer::Session) && mac(&derived, self.input.as_bytes())[..] == self.signature
    }
}

/// Base64 of either alphabet, with or without padding (entra.md 7.2: AADInternals encodes JWTs in the
/// standard one).
pub fn decoded(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text.replace('-', "+").replace('_', "/")).ok()
}

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    use proptest::prelude::*;

    const V1: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eCI6IlFFRkNRMFJGUmtkSVNVcExURTFPVDFCUlVsTlVWVlpYIn0.eyJyZWZyZXNoX3Rva2VuIjoiMC5QUlQtRVhBTVBMRSIsImlzX3ByaW1hcnkiOiJ0cnVlIiwicmVxdWVzdF9ub25jZSI6Ik5PTkNFLUVYQU1QTEUifQ.32RsDprjarL_WO94ECaghK8kwNvwAAAOFjLXz4aa0Ys";
    const V2: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImN0eCI6IlFFRkNRMFJGUmtkSVNVcExURTFPVDFCUlVsTlVWVlpYIiwia2RmX3ZlciI6Mn0.eyJyZWZyZXNoX3Rva2VuIjoiMC5QUlQtRVhBTVBMRSIsImlzX3ByaW1hcnkiOiJ0cnVlIiwicmVxdWVzdF9ub25jZSI6Ik5PTkNFLUVYQU1QTEUifQ.xu9drJ4trbRDoiBjoyLoRMzUtwYBvj3JZXSb4-pBGp0";

    #[test]
    fn both_signatures_of_vector_12_4_verify_and_none_other() {
        let key: SessionKey = std::array::from_fn(|at| at as u8);
        for (token, version) in [(V1, KdfVersion::One), (V2, KdfVersion::Two)] {
            let signed = Signed::read(token).unwrap();
            assert_eq!(signed.kdf_version(), Some(version));
            assert_eq!(signed.claim("request_nonce"), Some("NONCE-EXAMPLE"));
            assert!(signed.is_by_session(&key));
            assert!(!signed.is_by_session(&[0; 32]));
            let standard = token.replace('-', "+").replace('_', "/");
            assert!(Signed::read(&standard).is_some(), "the standard alphabet is read too");
        }
        let (head, signature) = (V1.rsplit_once('.').unwrap().0, V2.rsplit_once('.').unwrap().1);
        assert!(!Signed::read(&format!("{head}.{signature}")).unwrap().is_by_session(&key));
    }

    proptest! {
        /// Whatever is sent is read or refused, and no signature but the right one is taken.
        #[test]
        fn nothing_sent_is_a_panic_or_a_signature(text in "[a-zA-Z0-9+/_=.-]{0,80}", key: SessionKey) {
            let read = Signed::read(&text);
            prop_assert!(!read.is_some_and(|signed| signed.is_by_session(&key)));
            let (head, _) = V2.rsplit_once('.').unwrap();
            let forged = Signed::read(&format!("{head}.{}", text.replace('.', "")));
            prop_assert!(!forged.is_some_and(|signed| signed.is_by_session(&key)));
        }

        /// Both alphabets, padded or not, mean the same bytes.
        #[test]
        fn base64_is_read_in_every_spelling(bytes: Vec<u8>) {
            for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                prop_assert_eq!(decoded(&engine.encode(&bytes)), Some(bytes.clone()));
            }
        }
    }

    #[test]
    fn a_certificate_is_a_string_or_an_array() {
        for header in [r#"{"x5c":"AQID"}"#, r#"{"x5c":["AQID"]}"#, r#"{"x5c":["AQID","BA=="]}"#] {
            let text = |part: &str| STANDARD.encode(part);
            let signed = Signed::read(&format!("{}.{}.", text(header), text("{}"))).unwrap();
            assert_eq!(signed.certificate(), Some(vec![1, 2, 3]), "{header}");
        }
    }

    #[test]
    fn what_is_no_jwt_is_not_read() {
        for token in ["", "a.b", "a.b.c", "e30.W10.", "W10.e30.", "e30.e30.!"] {
            assert!(Signed::read(token).is_none(), "{token}");
        }
        let empty = Signed::read("e30.e30.").unwrap();
        assert_eq!((empty.signer(), empty.certificate(), empty.wants_prt()), (None, None, false));
    }
}
