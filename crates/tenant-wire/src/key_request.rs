//! The request that adds a Windows Hello key, and how it is refused (entra.md 9.1).

use crate::answer::{Answer, Ids};
use crate::csr::member;
use crate::drs_error::iso;
use crate::forms::Form;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::ACCEPT;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Status, rule and text of a refusal.
pub type Refused = (u16, &'static str, &'static str);

/// The blob of a request that is well formed (MS-KPP 3.1.5.1.1.3): version 1.0 as a query or a header, JSON
/// accepted, `kngc` in base64.
///
/// # Errors
/// What is malformed.
pub fn blob(query: &Form, headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Refused> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if query.get("api-version").or_else(|| header("api-version")) != Some("1.0") {
        return Err(BAD_VERSION);
    }
    if !header(ACCEPT.as_str()).is_some_and(|accepted| accepted.contains("application/json")) {
        return Err(BAD_ACCEPT);
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let kngc = body.as_object().and_then(|body| member(body, "kngc")).and_then(Value::as_str);
    kngc.and_then(|text| STANDARD.decode(text).ok()).ok_or(NO_KEY)
}

/// The error object of MS-KPP 2.2.3.1, and beside it `error`, in which AADInternals looks for the text: which of
/// the two Entra sends is not known, so that one body serves both readers \[inferred\].
pub fn refusal((status, rule, message): Refused, ids: &Ids, now: OffsetDateTime) -> Answer {
    let code = if status == 401 { "unauthorized" } else { "invalid_request" };
    let body = json!({
        "code": code, "message": message, "response": "ERROR_FAIL", "target": "key",
        "clientrequestid": ids.correlation.as_ref().unwrap_or(&ids.request),
        "time": iso(now), "innererror": { "trace": "null", "context": "null" },
        "error": { "code": code, "message": message },
    });
    Answer::refusal(status, rule, body)
}

/// There is no key that can be added.
pub const NO_KEY: Refused = (400, "key_blob", "There is no public RSA-2048 key in kngc.");
const BAD_VERSION: Refused = (400, "key_version", "The api-version must be 1.0.");
const BAD_ACCEPT: Refused = (400, "key_accept", "The request must accept application/json.");
