//! What both exchanges have in common: the headers we send and the ids we find in a reply.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use model::{RequestId, Secret, Trace, printable};
use serde_json::{Map, Value};
use std::time::Duration;

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

/// What the headers of a reply say for finding the call in the service's logs.
pub(crate) fn trace(reply: &Response<Bytes>) -> Trace {
    let headers = reply.headers();
    Trace {
        http_status: Some(reply.status().as_u16()),
        request_id: text_header(headers, "request-id"),
        correlation_id: text_header(headers, "client-request-id"),
        server_time: text_header(headers, "date"),
    }
}

/// The service's wish to be left alone.
pub(crate) fn retry_after(reply: &Response<Bytes>) -> Option<Duration> {
    let text = |name| reply.headers().get(name)?.to_str().ok();
    model::retry_after(text("retry-after")?, text("date"))
}

fn text_header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(printable(headers.get(name)?.to_str().ok()?, 64)).filter(|text| !text.is_empty())
}

/// A member by its name in any case (entra.md 5.7).
pub(crate) fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A member that is a text with something in it.
pub(crate) fn text_member(body: &Map<String, Value>, name: &str) -> Option<String> {
    Some(printable(member(body, name)?.as_str()?, LONGEST_TEXT)).filter(|text| !text.is_empty())
}

const CLIENT_NAME: &str = "Firmament";
const LONGEST_TEXT: usize = 400;
