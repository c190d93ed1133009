//! One request as the endpoints see it.

use crate::records::knobs::IntuneKnobs;
use crate::routes::segments;
use bytes::Bytes;
use http::Request;
use http::header::{self, HeaderName};
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What the endpoints know of one request: its time, its caller and what the client sent.
pub(crate) struct RequestContext<'a> {
    pub(crate) now: OffsetDateTime,
    /// The same, in milliseconds since 1970.
    pub(crate) now_ms: i64,
    /// Those of the caller's tenant.
    pub(crate) knobs: &'a IntuneKnobs,
    /// Of the token, if it is good.
    pub(crate) claims: Option<Value>,
    /// Whether the user has an Intune licence.
    pub(crate) licensed: bool,
    pub(crate) user_agent: &'a str,
    /// `client-request-id`.
    pub(crate) correlation: Option<&'a str>,
    /// Path in lower case, split at `/`.
    pub(crate) path: Vec<String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: &'a [u8],
}

impl<'a> RequestContext<'a> {
    /// The request of nobody yet.
    pub(crate) fn new(
        request: &'a Request<Bytes>,
        knobs: &'a IntuneKnobs,
        now_ms: i64,
    ) -> RequestContext<'a> {
        let now = OffsetDateTime::from_unix_timestamp_nanos(i128::from(now_ms) * 1_000_000);
        let query = request.uri().query().unwrap_or_default();
        RequestContext {
            now: now.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            now_ms,
            knobs,
            claims: None,
            licensed: false,
            user_agent: header_text(request, header::USER_AGENT).unwrap_or_default(),
            correlation: header_text(request, HeaderName::from_static("client-request-id")),
            path: segments(request.uri().path()),
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: request.body(),
        }
    }
}

/// A header that is text.
pub(crate) fn header_text(request: &Request<Bytes>, name: HeaderName) -> Option<&str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// What every line of the transcript says about its caller.
pub(crate) fn caller_facts(context: &RequestContext<'_>) -> BTreeMap<String, String> {
    let claim = |name: &str| context.claims.as_ref().and_then(|claims| claims[name].as_str());
    let version = context.query.get("client-version").or_else(|| context.query.get("ssp-version"));
    let facts = [
        ("device", claim("deviceid")),
        ("appid", claim("appid").or_else(|| claim("azp"))),
        ("user", claim("upn").or_else(|| claim("preferred_username"))),
        ("user_agent", Some(context.user_agent).filter(|text| !text.is_empty())),
        ("client_request_id", context.correlation),
        ("client_version", version.map(String::as_str)),
    ];
    let known = |(name, value): (&str, Option<&str>)| Some((name.to_owned(), value?.to_owned()));
    facts.into_iter().filter_map(known).collect()
}
