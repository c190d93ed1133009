//! A refresh token redeemed for another resource (entra.md 2.6).

use crate::form::{TOKEN_PATH, post, scope};
use crate::tokens::TokenSet;
use crate::{OauthError, client};
use bytes::Bytes;
use http::{Request, Response};
use model::{HostPort, RequestId, Secret, TenantId};

/// What is redeemed, and for what.
#[derive(Debug)]
pub struct Refresh<'a> {
    /// The sign-in service.
    pub authority: &'a HostPort,
    /// The tenant; never `common`.
    pub tenant: TenantId,
    /// The refresh token, of the client that redeems it.
    pub refresh_token: &'a Secret<String>,
    /// The resource whose `.default` scope is asked for.
    pub resource: &'a str,
    /// `client-request-id`.
    pub request_id: RequestId,
}

/// The POST of the broker client.
pub fn request(order: &Refresh<'_>) -> Request<Bytes> {
    request_as(client::BROKER, order)
}

/// The POST of any client for its own refresh token.
pub fn request_as(client: &str, order: &Refresh<'_>) -> Request<Bytes> {
    let scope = scope(order.resource);
    let fields = [
        ("client_id", client),
        ("grant_type", "refresh_token"),
        ("refresh_token", order.refresh_token.expose()),
        ("scope", scope.as_str()),
        ("client_info", "1"),
    ];
    post(order.authority, order.tenant, TOKEN_PATH, &fields, order.request_id)
}

/// Reads the tokens.
///
/// # Errors
/// [`OauthError`].
pub fn read(reply: Response<Bytes>) -> Result<TokenSet, OauthError> {
    TokenSet::read(&reply)
}
