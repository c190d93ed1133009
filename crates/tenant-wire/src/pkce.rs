//! PKCE (RFC 7636): the challenge of `authorize` and the verifier of the redemption.

use crate::forms::Form;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What a code's verifier must turn into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// Its SHA-256 in base64url.
    Sha256(String),
}

impl Challenge {
    /// The challenge of a request, if it has one.
    ///
    /// # Errors
    /// AADSTS number and text for a method or a length that RFC 7636 does not know.
    pub fn of(query: &Form) -> Result<Option<Challenge>, (u32, &'static str)> {
        let Some(text) = query.get("code_challenge") else { return Ok(None) };
        if !(43..=128).contains(&text.len()) {
            return Err((501_491, "The size of the code_challenge parameter is not valid."));
        }
        match query.get("code_challenge_method").unwrap_or("plain") {
            "plain" => Ok(Some(Challenge::Plain(text.to_owned()))),
            "S256" => Ok(Some(Challenge::Sha256(text.to_owned()))),
            _ => Err((50_149, "The code challenge method is not valid.")),
        }
    }

    /// Whether this verifier turns into it.
    pub fn is_met_by(&self, verifier: &str) -> bool {
        match self {
            Challenge::Plain(text) => text == verifier,
            Challenge::Sha256(text) => *text == URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_rfc_7636_is_met() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let of = |text: String| Challenge::of(&Form::parse(text.as_bytes()));
        let hashed = of(format!("code_challenge={challenge}&code_challenge_method=S256")).unwrap().unwrap();
        assert!(hashed.is_met_by(verifier) && !hashed.is_met_by(challenge) && !hashed.is_met_by(""));
        let plain = of(format!("code_challenge={challenge}")).unwrap().unwrap();
        assert!(plain.is_met_by(challenge) && !plain.is_met_by(verifier));
        assert_eq!(of(String::new()), Ok(None));
    }

    #[test]
    fn a_challenge_has_a_method_and_a_length() {
        for (query, code) in [
            ("code_challenge=short".to_owned(), 501_491),
            (format!("code_challenge={}", "x".repeat(129)), 501_491),
            (format!("code_challenge={}&code_challenge_method=S512", "x".repeat(43)), 50_149),
        ] {
            assert_eq!(Challenge::of(&Form::parse(query.as_bytes())).unwrap_err().0, code, "{query}");
        }
    }
}
