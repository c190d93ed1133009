//! Compact JWEs (RFC 7516 section 3.1) split by hand.
//!
//! No JWE library is used: the tag of `session_key_jwe` is not over the protected header, and sealed replies
//! are not encrypted as their header says (entra.md 7.5, 7.6).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

/// What is wrong with an encrypted text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JweFault {
    /// A compact JWE has five.
    #[error("it has {0} parts, not 5")]
    Segments(usize),
    /// A part, or `ctx`, is no base64.
    #[error("its {0} is not base64")]
    Base64(&'static str),
    /// The header is no JSON object with the members it needs.
    #[error("its header cannot be read")]
    Header,
    /// `alg` or `enc` is another.
    #[error("it is encrypted with {0}")]
    Algorithm(String),
    /// A part has another length than the algorithm gives it.
    #[error("its {part} has {length} bytes")]
    Length {
        /// Which part: `encrypted key`, `IV` or `tag`.
        part: &'static str,
        /// How long it is.
        length: usize,
    },
    /// Tag, padding or content are not those of a text under this key.
    #[error("it does not open with the session key")]
    Unopened,
}

/// The members that both headers have.
#[derive(Deserialize)]
struct Header {
    alg: String,
    enc: String,
    ctx: Option<String>,
}

/// The five parts, decoded.
pub(crate) struct Segments<'a> {
    /// The first part as transmitted: what RFC 7516 authenticates.
    pub(crate) protected: &'a str,
    /// `ctx`, in base64.
    pub(crate) ctx: Option<String>,
    pub(crate) encrypted_key: Vec<u8>,
    pub(crate) iv: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

/// Splits a text whose header must name this `alg`, and A256GCM as `enc`.
pub(crate) fn split<'a>(token: &'a str, alg: &str) -> Result<Segments<'a>, JweFault> {
    let parts: Vec<&str> = token.split('.').collect();
    let [protected, key, iv, ciphertext, tag] = parts[..] else {
        return Err(JweFault::Segments(parts.len()));
    };
    let header = decode(protected, "header")?;
    let header: Header = serde_json::from_slice(&header).map_err(|_| JweFault::Header)?;
    if header.alg != alg || header.enc != ENC {
        return Err(JweFault::Algorithm(model::printable(&format!("{}, {}", header.alg, header.enc), 60)));
    }
    Ok(Segments {
        protected,
        ctx: header.ctx,
        encrypted_key: decode(key, "encrypted key")?,
        iv: decode(iv, "IV")?,
        ciphertext: decode(ciphertext, "ciphertext")?,
        tag: decode(tag, "tag")?,
    })
}

/// The bytes of a part that must have so many.
pub(crate) fn exactly<const N: usize>(bytes: &[u8], part: &'static str) -> Result<[u8; N], JweFault> {
    bytes.try_into().map_err(|_| JweFault::Length { part, length: bytes.len() })
}

fn decode(part: &str, name: &'static str) -> Result<Vec<u8>, JweFault> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JweFault::Base64(name))
}

/// The label of both texts, true or not.
const ENC: &str = "A256GCM";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::encode;
    use proptest::prelude::*;

    fn fault(token: &str) -> JweFault {
        split(token, "dir").map(|_| ()).unwrap_err()
    }

    #[test]
    fn every_damage_has_its_name() {
        let header = encode(r#"{"alg":"dir","enc":"A256GCM"}"#);
        for (token, wanted) in [
            (String::new(), JweFault::Segments(1)),
            (format!("{header}.a.b.c"), JweFault::Segments(4)),
            (format!("{header}....."), JweFault::Segments(6)),
            ("*....".to_owned(), JweFault::Base64("header")),
            (format!("{}....", encode("{")), JweFault::Header),
            (format!("{}....", encode(r#"{"alg":"dir"}"#)), JweFault::Header),
            (format!("{}....", encode(r#"{"alg":"dir","enc":5}"#)), JweFault::Header),
            (
                format!("{}....", encode(r#"{"alg":"none","enc":"A256GCM"}"#)),
                JweFault::Algorithm("none, A256GCM".to_owned()),
            ),
            (
                format!("{}....", encode(r#"{"alg":"dir","enc":"A128GCM"}"#)),
                JweFault::Algorithm("dir, A128GCM".to_owned()),
            ),
            (format!("{header}.?..."), JweFault::Base64("encrypted key")),
            (format!("{header}..YQ==.."), JweFault::Base64("IV")),
            (format!("{header}...+/."), JweFault::Base64("ciphertext")),
            (format!("{header}....a"), JweFault::Base64("tag")),
        ] {
            assert_eq!(fault(&token), wanted, "{token}");
        }
    }

    #[test]
    fn a_hostile_header_does_not_reach_people_as_it_is() {
        let JweFault::Algorithm(named) =
            fault(&format!("{}....", encode("{\"alg\":\"\\u001b[31m\\n\",\"enc\":\"x\"}")))
        else {
            panic!("an algorithm");
        };
        assert!(!named.chars().any(char::is_control), "{named}");
    }

    proptest! {
        #[test]
        fn five_parts_come_back_as_they_were(
            parts in proptest::array::uniform4(proptest::collection::vec(any::<u8>(), 0..300)), ctx in "[A-Z]{0,40}",
        ) {
            let header = encode(format!(r#"{{"alg":"dir","enc":"A256GCM","ctx":"{ctx}"}}"#));
            let [key, iv, text, tag] = parts;
            let token = format!("{header}.{}.{}.{}.{}", encode(&key), encode(&iv), encode(&text), encode(&tag));
            let split = split(&token, "dir").unwrap();
            prop_assert_eq!(split.protected, &header);
            prop_assert_eq!(split.ctx.unwrap(), ctx);
            prop_assert_eq!((split.encrypted_key, split.iv, split.ciphertext, split.tag), (key, iv, text, tag));
        }
    }
}
