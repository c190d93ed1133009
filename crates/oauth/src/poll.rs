//! The poll with a device code (RFC 8628 section 3.4, entra.md 2.3).

use crate::form::{TOKEN_PATH, post};
use crate::tokens::TokenSet;
use crate::{OauthError, client};
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, OauthWord, RequestId, Secret, TenantId};
use reply::ServerError;

/// What a poll says.
#[derive(Debug)]
pub enum Poll {
    /// The person has not approved yet.
    Pending,
    /// The same, and the polls come too fast (RFC 8628 section 3.5).
    SlowDown,
    /// The person approved: the tokens of the code's resource.
    Tokens(TokenSet),
}

/// The POST of one poll (RFC 8628 section 3.4).
pub fn request(
    authority: &HostPort,
    tenant: TenantId,
    device_code: &Secret<String>,
    id: RequestId,
) -> Request<Bytes> {
    let fields = [
        ("client_id", client::BROKER),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", device_code.expose()),
        ("client_info", "1"),
    ];
    post(authority, tenant, TOKEN_PATH, &fields, id)
}

/// Reads the answer.
///
/// # Errors
/// [`OauthError::Refused`] for every refusal but "pending" and "slow down".
pub fn read(reply: Response<Bytes>) -> Result<Poll, OauthError> {
    match TokenSet::read(&reply) {
        Ok(tokens) => Ok(Poll::Tokens(tokens)),
        Err(OauthError::Refused(error)) if error.says(OauthWord::SlowDown) => Ok(Poll::SlowDown),
        Err(OauthError::Refused(error)) if is_pending(&error) => Ok(Poll::Pending),
        Err(error) => Err(error),
    }
}

fn is_pending(error: &ServerError) -> bool {
    error.says(OauthWord::AuthorizationPending) || error.codes.contains(&PENDING)
}

const PENDING: u32 = 70_016;
