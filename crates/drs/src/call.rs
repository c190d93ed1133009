//! What both exchanges have in common: the headers we send, and how a text of a reply is read.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use model::{RequestId, Secret, printable};
use reply::{Members, ReplyError, Service};

/// The headers that both requests carry (entra.md 10.1); the product is named truthfully.
pub(crate) fn set_headers(
    request: &mut Request<Bytes>,
    token: Option<&Secret<String>>,
    id: RequestId,
    client_version: &str,
) {
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            request.headers_mut().insert(name, value);
        }
    };
    set(header::ACCEPT, "application/json");
    set(HeaderName::from_static("ocp-adrs-client-name"), CLIENT_NAME);
    set(HeaderName::from_static("ocp-adrs-client-version"), client_version);
    set(HeaderName::from_static("client-request-id"), &id.to_string());
    set(HeaderName::from_static("return-client-request-id"), "true");
    if let Some(Ok(mut value)) =
        token.map(|token| HeaderValue::from_str(&format!("Bearer {}", token.expose())))
    {
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
}

/// A member that is a text with something in it, fit to be shown; one of another type is an error.
pub(crate) fn shown(members: Members<'_>, name: &str) -> Result<Option<String>, ReplyError> {
    let text = members.text(name)?.map(|text| printable(text, LONGEST_TEXT));
    Ok(text.filter(|text| !text.is_empty()))
}

/// The same of what helps people alone: one of another type is none.
pub(crate) fn hint(members: Members<'_>, name: &str) -> Option<String> {
    shown(members, name).ok().flatten()
}

/// Who answers, in words for people.
pub(crate) const SERVICE: Service = "the registration service";
const CLIENT_NAME: &str = "Firmament";
const LONGEST_TEXT: usize = 400;
