//! A PRT turned into tokens by one signed request (entra.md 7.6, "Plan for Intune": routes one and two).

use crate::{Call, PrtError, Session, SessionKey, redirect, sealed};
use bytes::Bytes;
use http::{Request, Response};
use oauth::TokenSet;
use oauth::client::COMPANY_PORTAL;
use oauth::refresh::Refresh;

/// Everything that the request says.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'a> {
    /// Where, and the id of the call.
    pub call: Call<'a>,
    /// The session, whose key signs the request.
    pub session: Session<'a>,
    /// The client that the tokens are for.
    pub client: &'a str,
    /// The resource: the URL of Graph for [`crate::TokenRoute::Redeem`], each resource's GUID for
    /// [`crate::TokenRoute::PerResource`].
    pub resource: &'a str,
}

/// The signed POST to the token endpoint; it asks for no new PRT.
pub fn request(order: &Exchange<'_>) -> Request<Bytes> {
    let redirect_uri = redirect::of(order.client);
    let claims = [
        ("client_id", order.client),
        ("redirect_uri", redirect_uri.as_str()),
        ("scope", SCOPE),
        ("resource", order.resource),
    ];
    order.session.request(&order.call, &claims)
}

/// Opens and reads the tokens.
///
/// # Errors
/// [`PrtError::Service`] for refusals, [`PrtError::Sealed`] when the reply does not open.
pub fn read(reply: Response<Bytes>, key: &SessionKey) -> Result<TokenSet, PrtError> {
    Ok(TokenSet::read(&sealed::open(reply, key)?)?)
}

/// The POST that redeems the refresh token of route one for a resource; its reply is plain.
pub fn redeem(order: &Refresh<'_>) -> Request<Bytes> {
    oauth::refresh::request_as(COMPANY_PORTAL, order)
}

/// Reads the redeemed tokens.
///
/// # Errors
/// [`PrtError::Service`].
pub fn read_redeemed(reply: Response<Bytes>) -> Result<TokenSet, PrtError> {
    Ok(oauth::refresh::read(reply)?)
}

const SCOPE: &str = "openid profile offline_access";
