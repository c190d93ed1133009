//! Which client may send a signed request.

use crate::request_context::RequestContext;
use tenant_wire::answer::Answer;
use tenant_wire::clients::{self, BROKER, BROKER_IDENTITY};
use tenant_wire::request::Signed;

/// The client of a request that only the broker may send, by either of its names (entra.md 7.3).
pub(crate) fn broker_only<'a>(context: &RequestContext, signed: &'a Signed) -> Result<&'a str, Answer> {
    let client = signed.claim("client_id").filter(|client| [BROKER, BROKER_IDENTITY].contains(client));
    let text = "The application was not found in the directory.";
    client.ok_or_else(|| context.error(700_016, "unauthorized_client", text))
}

/// Refuses a redirect URI that is not one of the client's.
pub(crate) fn must_be_registered(context: &RequestContext, signed: &Signed) -> Result<(), Answer> {
    let text = |name: &str| signed.claim(name).unwrap_or_default();
    if clients::is_registered(text("client_id"), text("redirect_uri")) {
        return Ok(());
    }
    let text = "The redirect URI specified in the request does not match those of the application.";
    Err(context.error(50_011, "invalid_request", text))
}
