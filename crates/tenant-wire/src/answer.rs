//! Replies before they are sent, and the error object of entra.md 2.8.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What a handler says: the reply, the rule that refused, and what it found out.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status; a number that is none is sent as 500.
    pub status: u16,
    /// What it carries.
    pub body: Body,
    /// The rule that refused, for the transcript.
    pub rule: Option<String>,
    /// What was found out, for the transcript.
    pub facts: BTreeMap<String, String>,
    /// Headers besides those that every reply has.
    pub headers: Vec<(&'static str, String)>,
}

/// The body of a reply.
#[derive(Debug)]
pub enum Body {
    /// JSON, sent as `application/json; charset=utf-8`.
    Json(Value),
    /// A compact JWE alone (entra.md 7.6); its content type is inferred.
    Jwe(String),
    /// A page, sent as `text/html; charset=utf-8`.
    Html(String),
}

impl Answer {
    /// A reply with status 200.
    pub fn ok(body: Value) -> Answer {
        Answer::with(200, Body::Json(body))
    }

    /// A reply with this status.
    pub fn with(status: u16, body: Body) -> Answer {
        Answer { status, body, rule: None, facts: BTreeMap::new(), headers: Vec::new() }
    }

    /// The member of a JSON body.
    pub fn member(&self, name: &str) -> Option<&Value> {
        if let Body::Json(body) = &self.body { body.get(name) } else { None }
    }

    /// Sets a member of a JSON object.
    pub fn set(&mut self, name: &str, value: Value) {
        if let Body::Json(Value::Object(body)) = &mut self.body {
            body.insert(name.to_owned(), value);
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &'static str, value: impl ToString) -> Answer {
        self.headers.push((name, value.to_string()));
        self
    }

    /// A reply that says no by this rule.
    pub fn refusal(status: u16, rule: impl Into<String>, body: Value) -> Answer {
        Answer { status, rule: Some(rule.into()), ..Answer::ok(body) }
    }

    /// Adds a line for the transcript.
    pub fn fact(mut self, name: &str, value: impl ToString) -> Answer {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }

    /// The reply as HTTP, with the headers that every reply has.
    pub fn response(&self, now: OffsetDateTime, ids: &Ids) -> Response<Bytes> {
        let (kind, text) = match &self.body {
            Body::Json(value) => ("application/json; charset=utf-8", value.to_string()),
            Body::Jwe(text) => ("application/jose; charset=utf-8", text.clone()),
            Body::Html(text) => ("text/html; charset=utf-8", text.clone()),
        };
        let mut response = Response::new(Bytes::from(text));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
        let mut set = |name: &'static str, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set("date", &http_date(now));
        set("request-id", &ids.request);
        set("x-ms-request-id", &ids.request);
        if let Some(correlation) = &ids.correlation {
            set("client-request-id", correlation);
        }
        self.headers.iter().for_each(|(name, value)| set(name, value));
        response
    }
}

/// The ids of one request.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    /// Of this request, made by the service.
    pub request: String,
    /// Of the client, if it sent one.
    pub correlation: Option<String>,
}

impl Ids {
    /// The error object of entra.md 2.8.
    pub fn error(&self, now: OffsetDateTime, code: u32, error: &str, text: &str) -> Answer {
        let (at, request) = (stamp(now), &self.request);
        let correlation = self.correlation.as_ref().unwrap_or(request);
        let body = json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {text}\r\nTrace ID: {request}\r\nCorrelation ID: {correlation}\r\nTimestamp: {at}"
            ),
            "error_codes": [code],
            "timestamp": at,
            "trace_id": request,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Answer::refusal(400, format!("AADSTS{code}"), body)
    }
}

/// `yyyy-MM-dd HH:mm:ssZ`, as `timestamp` of errors has it (entra.md 2.8).
pub fn stamp(now: OffsetDateTime) -> String {
    let (d, t) = (now.date(), now.time());
    format!("{} {:02}:{:02}:{:02}Z", d, t.hour(), t.minute(), t.second())
}

/// IMF-fixdate (RFC 9110 section 5.6.7).
fn http_date(now: OffsetDateTime) -> String {
    let (d, t) = (now.date(), now.time());
    let (weekday, month) = (d.weekday().to_string(), d.month().to_string());
    let short = |name: &str| name.chars().take(3).collect::<String>();
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        short(&weekday),
        d.day(),
        short(&month),
        d.year(),
        t.hour(),
        t.minute(),
        t.second()
    )
}
