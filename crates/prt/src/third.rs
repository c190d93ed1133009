//! Tokens for a PRT by version 3.0 of the protocol (entra.md 7.8): one request to version 2 of the token endpoint, whose
//! id_tokens are signed. Those of version 1 are not, so that its refresh token has to be redeemed once more.

use crate::exchange::Exchange;
use crate::{PrtError, Session, SessionKey, exchange, redirect};
use bytes::Bytes;
use http::{Request, Response};
use model::{Cause, Failure, FailureClass, Kdf};
use oauth::{OauthError, TokenSet};
use reply::Moment;

/// The signed POST for the `.default` scope of a resource; it asks for no new PRT.
pub fn request(order: &Exchange<'_>) -> Request<Bytes> {
    let (redirect_uri, scope) = (redirect::of(order.client), oauth::form::scope(order.resource));
    let claims =
        [("client_id", order.client), ("redirect_uri", redirect_uri.as_str()), ("scope", scope.as_str())];
    // Its requests name no version of the derivation, which is the first one.
    let session = Session { kdf: Kdf::V1, ..order.session };
    order.call.post_jwt(oauth::form::TOKEN_PATH, VERSION, &session.sign_request(&claims))
}

/// Opens and reads the tokens, an id_token among them.
///
/// # Errors
/// As [`exchange::read`], and [`PrtError::Missing`].
pub fn read(reply: Response<Bytes>, key: &SessionKey) -> Result<TokenSet, PrtError> {
    let set = exchange::read(reply, key)?;
    if set.id_token.is_some() { Ok(set) } else { Err(PrtError::Missing("id_token")) }
}

/// Whether an error says that this version is not to be had, so that [`exchange`] has to serve.
///
/// Rules, people, the device and the network would stop either, and trying on would hide them. A grant that counts as void
/// is on the list, because a PRT of version 2 may be none for version 3.
pub fn is_closed(error: &PrtError) -> bool {
    match error {
        PrtError::Service(OauthError::Refused(refusal)) => {
            is_of_the_version(&refusal.failure(Moment::AfterRegistration))
        }
        PrtError::Missing(_) | PrtError::Sealed(_) => true,
        _ => false,
    }
}

fn is_of_the_version(failure: &Failure) -> bool {
    let kind = match failure.cause {
        Some(cause) => matches!(cause, Cause::Scope | Cause::GrantEnded),
        None => failure.class == FailureClass::Broken,
    };
    kind && failure.claims.is_none() && failure.trouble.is_none()
}

const VERSION: (&str, &str) = ("prt_protocol_version", "3.0");
