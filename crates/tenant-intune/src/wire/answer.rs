//! Replies, and the shapes of refusals (intune.md 2.4).

use crate::records::knobs::Casing;
use crate::wire::keys::Generator;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a handler says: the reply, the rule that refused, and what it found out.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    body: Option<Value>,
    /// Text instead of JSON.
    page: Option<String>,
    content_type: &'static str,
    retry_after: Option<String>,
    pub(crate) rule: Option<String>,
    pub(crate) facts: BTreeMap<String, String>,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Answer {
        Answer { body: Some(body), ..Answer::empty(200) }
    }

    pub(crate) fn empty(status: u16) -> Answer {
        let (content_type, facts) = (JSON, BTreeMap::new());
        Answer { status, body: None, page: None, content_type, retry_after: None, rule: None, facts }
    }

    pub(crate) fn html(page: String) -> Answer {
        Answer { page: Some(page), content_type: HTML, ..Answer::empty(200) }
    }

    /// A refusal of this rule, with a body.
    pub(crate) fn refusal(status: u16, rule: &str, body: Value) -> Answer {
        Answer { status, rule: Some(rule.to_owned()), ..Answer::ok(body) }
    }

    /// The older shape, which gives no reason.
    pub(crate) fn generic(status: u16, rule: &str) -> Answer {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let code: String =
            reason.unwrap_or_default().chars().filter(|letter| !letter.is_whitespace()).collect();
        let body = json!({
            "ErrorCode": code, "StatusCode": status, "Message": "An error has occurred.",
            "MessageLanguage": "en-us", "IsMessageCustomerSafe": false, "RetryAfter": null,
        });
        Answer::refusal(status, rule, body)
    }

    /// The older shape for a request too many; that `RetryAfter` repeats the header is a guess.
    pub(crate) fn throttled(status: u16, retry_after: Option<String>) -> Answer {
        let mut answer = Answer::generic(status, "throttle");
        if let (Some(body), Some(seconds)) = (&mut answer.body, &retry_after) {
            body["RetryAfter"] = seconds.parse::<u64>().map_or(Value::Null, Value::from);
        }
        Answer { retry_after, ..answer }
    }

    /// The newer shape, about one field of the body.
    pub(crate) fn invalid(rule: &str, field: &str, text: &str) -> Answer {
        let mut errors = Map::new();
        errors.insert(field.to_owned(), json!([text]));
        let body = json!({
            "type": BAD_REQUEST, "title": "One or more validation errors occurred.", "status": 400, "errors": errors,
        });
        Answer { content_type: PROBLEM, ..Answer::refusal(400, rule, body) }
    }

    /// The newer shape with a sentence; where the sentence stands is a guess (intune.md 3.1 says "detail").
    pub(crate) fn problem(rule: &str, detail: &str) -> Answer {
        let body = json!({ "type": BAD_REQUEST, "title": "Bad Request", "status": 400, "detail": detail });
        Answer { content_type: PROBLEM, ..Answer::refusal(400, rule, body) }
    }

    pub(crate) fn fact(mut self, name: &str, value: impl ToString) -> Answer {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }

    /// A fact that is left out where there is nothing to say.
    pub(crate) fn fact_if_any(self, name: &str, value: String) -> Answer {
        if value.is_empty() { self } else { self.fact(name, value) }
    }

    /// The same with property names in another case; refusals stay as they are.
    pub(crate) fn cased(mut self, casing: Option<Casing>) -> Answer {
        if let (Some(casing), None) = (casing, &self.rule) {
            self.body = self.body.map(|body| recased(body, casing));
        }
        self
    }

    pub(crate) fn response(mut self, generator: &mut Generator) -> Response<Bytes> {
        if let (PROBLEM, Some(Value::Object(body))) = (self.content_type, &mut self.body) {
            let trace = format!("00-{}-{}-00", generator.hex(32), generator.hex(16));
            body.insert("traceId".into(), json!(trace));
            body.insert("activityId".into(), json!(generator.guid().to_string()));
        }
        let mut response = Response::new(Bytes::new());
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(text) = self.page.or_else(|| Some(self.body?.to_string())) {
            *response.body_mut() = Bytes::from(text);
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        if let Some(value) = self.retry_after.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

/// Every property name in this case.
pub(crate) fn recased(value: Value, casing: Casing) -> Value {
    let name = |name: String| match casing {
        Casing::Pascal => with_start(&name, 1, str::to_ascii_uppercase),
        Casing::Camel => with_start(&name, first_word(&name), str::to_ascii_lowercase),
    };
    match value {
        Value::Object(members) => {
            members.into_iter().map(|(key, value)| (name(key), recased(value, casing))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| recased(item, casing)).collect(),
        other => other,
    }
}

fn with_start(name: &str, letters: usize, change: fn(&str) -> String) -> String {
    let (start, rest) = name.split_at_checked(letters).unwrap_or(("", name));
    change(start) + rest
}

/// How many letters camel case makes small: capitals in a row are one word, as in `osSubtype` (.NET does so, and
/// a client that accepts both cases expects it; that the service does is inferred from intune.md 4.3).
fn first_word(name: &str) -> usize {
    let capitals = name.bytes().take_while(u8::is_ascii_uppercase).count();
    if capitals > 1 && capitals < name.len() { capitals - 1 } else { capitals }
}

const JSON: &str = "application/json; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const PROBLEM: &str = "application/problem+json; charset=utf-8";
const BAD_REQUEST: &str = "https://tools.ietf.org/html/rfc9110#section-15.5.1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_at_the_start_are_one_word_in_camel_case() {
        for (pascal, camel) in [
            ("ComplianceState", "complianceState"),
            ("OSSubtype", "osSubtype"),
            ("OSVersion", "osVersion"),
            ("DeviceHWId", "deviceHWId"),
            ("ID", "id"),
            ("key", "key"),
            ("", ""),
            ("odata.id", "odata.id"),
            ("#CommonContainer.Retire", "#CommonContainer.Retire"),
        ] {
            let told = recased(json!([{ pascal: { pascal: "OSVersion" } }]), Casing::Camel);
            assert_eq!(told, json!([{ camel: { camel: "OSVersion" } }]), "{pascal}");
        }
    }
}
