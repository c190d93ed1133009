use crate::asking::Ask;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What a handler says: the reply, the rule that refused, and what it found out.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Body,
    pub(crate) rule: Option<String>,
    pub(crate) facts: BTreeMap<String, String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The body of a reply.
#[derive(Debug)]
pub(crate) enum Body {
    Json(Value),
    /// A compact JWE alone (entra.md 7.6); its content type is inferred.
    Jwe(String),
    Html(String),
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Answer {
        Answer::with(200, Body::Json(body))
    }

    pub(crate) fn with(status: u16, body: Body) -> Answer {
        Answer { status, body, rule: None, facts: BTreeMap::new(), headers: Vec::new() }
    }

    /// The member of a JSON body.
    pub(crate) fn member(&self, name: &str) -> Option<&Value> {
        if let Body::Json(body) = &self.body { body.get(name) } else { None }
    }

    /// Sets a member of a JSON object.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if let Body::Json(Value::Object(body)) = &mut self.body {
            body.insert(name.to_owned(), value);
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl ToString) -> Answer {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(crate) fn refusal(status: u16, rule: impl Into<String>, body: Value) -> Answer {
        Answer { status, rule: Some(rule.into()), ..Answer::ok(body) }
    }

    pub(crate) fn fact(mut self, name: &str, value: impl ToString) -> Answer {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }

    pub(crate) fn response(&self, now: OffsetDateTime, ids: &Ids) -> Response<Bytes> {
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
pub(crate) struct Ids {
    pub(crate) request: String,
    pub(crate) correlation: Option<String>,
}

impl Ask {
    /// The error object of entra.md 2.8.
    pub(crate) fn error(&self, code: u32, error: &str, text: &str) -> Answer {
        let (at, request) = (stamp(self.now), &self.ids.request);
        let correlation = self.ids.correlation.as_ref().unwrap_or(request);
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

    /// The error `invalid_grant`, which most refusals are.
    pub(crate) fn deny(&self, code: u32, text: &str) -> Answer {
        self.error(code, "invalid_grant", text)
    }
}

/// `yyyy-MM-dd HH:mm:ssZ`.
pub(crate) fn stamp(now: OffsetDateTime) -> String {
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
