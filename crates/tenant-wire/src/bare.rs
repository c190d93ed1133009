//! Exchanges as they are, secrets and all: for tests that look for what a client leaves behind.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use serde_json::{Map, Value, json};

/// A request with its address, headers and body as text.
pub fn asked(request: &Request<Bytes>) -> Value {
    let (uri, headers) = (request.uri().to_string(), headers(request.headers()));
    json!({ "uri": uri, "headers": headers, "body": text(request.body()) })
}

/// The line of an exchange; `session_keys` are those of all primary refresh tokens until now, as hex digits.
pub fn line(asked: &Value, response: &Response<Bytes>, session_keys: &[String]) -> String {
    let answered = json!({ "headers": headers(response.headers()), "body": text(response.body()) });
    format!("{}\n", json!({ "asked": asked, "answered": answered, "session_keys": session_keys }))
}

fn headers(map: &HeaderMap) -> Map<String, Value> {
    map.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

fn text(bytes: &[u8]) -> Value {
    json!(String::from_utf8_lossy(bytes))
}
