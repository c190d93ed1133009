use crate::OauthError;
use crate::error::success;
use bytes::Bytes;
use http::Response;
use model::Secret;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::time::Duration;

/// A token reply (entra.md 2.8). Access tokens are never parsed.
#[derive(Debug)]
pub struct TokenSet {
    /// For the resource that was asked for.
    pub access_token: Secret<String>,
    /// Of the client, for any resource it may have.
    pub refresh_token: Option<Secret<String>>,
    /// Who signed in, signed by the tenant.
    pub id_token: Option<Secret<String>>,
    /// The home object and tenant of the account.
    pub client_info: Option<Secret<String>>,
    /// How long the access token lives.
    pub expires_in: Duration,
}

#[derive(Deserialize)]
struct Reply {
    access_token: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
    client_info: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    expires_in: Option<u64>,
}

impl TokenSet {
    /// Reads a token reply.
    ///
    /// # Errors
    /// [`OauthError`].
    pub fn read(reply: &Response<Bytes>) -> Result<TokenSet, OauthError> {
        let found: Reply = success(reply)?;
        Ok(TokenSet {
            access_token: Secret::new(found.access_token),
            refresh_token: found.refresh_token.map(Secret::new),
            id_token: found.id_token.map(Secret::new),
            client_info: found.client_info.map(Secret::new),
            expires_in: Duration::from_secs(found.expires_in.unwrap_or(3599)),
        })
    }

    /// This set, with what a redemption need not repeat taken from the set before it.
    #[must_use]
    pub fn completed_by(self, before: &TokenSet) -> TokenSet {
        let copy = |secret: &Secret<String>| Secret::new(secret.expose().clone());
        TokenSet {
            refresh_token: self.refresh_token.or_else(|| before.refresh_token.as_ref().map(copy)),
            id_token: self.id_token.or_else(|| before.id_token.as_ref().map(copy)),
            client_info: self.client_info.or_else(|| before.client_info.as_ref().map(copy)),
            ..self
        }
    }
}

/// Reads seconds as a number (v2) or as a string (v1); anything else is no number of seconds.
///
/// # Errors
/// Those of the reader itself.
pub fn seconds<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(reader)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    })
}
