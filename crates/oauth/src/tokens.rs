use crate::OauthError;
use crate::error::success;
use bytes::Bytes;
use http::Response;
use model::Secret;
use reply::ReplyError;
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

impl TokenSet {
    /// Reads a token reply.
    ///
    /// # Errors
    /// [`OauthError`].
    pub fn read(reply: &Response<Bytes>) -> Result<TokenSet, OauthError> {
        let body = success(reply)?;
        let found = body.members();
        let secret = |name| Ok::<_, ReplyError>(found.text(name)?.map(|text| Secret::new(text.to_owned())));
        Ok(TokenSet {
            access_token: Secret::new(found.required_text("access_token")?.to_owned()),
            refresh_token: secret("refresh_token")?,
            id_token: secret("id_token")?,
            client_info: secret("client_info")?,
            expires_in: Duration::from_secs(found.seconds("expires_in").unwrap_or(3599)),
        })
    }

    /// No tokens yet.
    pub fn empty() -> TokenSet {
        TokenSet {
            access_token: Secret::new(String::new()),
            refresh_token: None,
            id_token: None,
            client_info: None,
            expires_in: Duration::ZERO,
        }
    }

    /// What is known of a refresh token that came alone.
    pub fn of_refresh_token(token: String) -> TokenSet {
        TokenSet { refresh_token: Some(Secret::new(token)), ..TokenSet::empty() }
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
