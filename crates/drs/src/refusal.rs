use crate::DrsError;
use bytes::Bytes;
use model::{Delivery, Failure, FailureClass, Timestamp, Trace, Who};
use serde_json::{Map, Value};
use std::fmt;
use std::time::Duration;

/// An error body of the service, whatever its shape (entra.md 5.7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// `code` (B), `ErrorType` (A) or `odata.error.code` (C).
    pub code: String,
    /// `subcode` (B) or the value of item `subCode` (C).
    pub subcode: Option<String>,
    /// The service's text without control characters, at most 400 characters.
    pub message: String,
    /// The ids and the time that find the call in the service's logs.
    pub trace: Trace,
    /// A wish to be left alone, by `Retry-After` or by the text of throttling.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "HTTP {} {}", self.status, self.name())?;
        if !self.message.is_empty() {
            write!(out, " ({})", self.message)?;
        }
        Ok(())
    }
}

impl Refusal {
    /// Reads a reply that is no success.
    pub(crate) fn read(reply: &http::Response<Bytes>) -> DrsError {
        let status = reply.status().as_u16();
        let retry_after = retry_after(reply.headers());
        let Ok(Value::Object(body)) = serde_json::from_slice(reply.body()) else {
            let excerpt = printable(&String::from_utf8_lossy(reply.body()), 80);
            return DrsError::NotJson { status, excerpt, retry_after };
        };
        let mut refusal = Refusal { status, retry_after, ..Refusal::default() };
        refusal.take(&body);
        refusal.trace.http_status = Some(status);
        let header = |name| Some(printable(reply.headers().get(name)?.to_str().ok()?, 64));
        refusal.trace.request_id = refusal.trace.request_id.take().or_else(|| header("request-id"));
        refusal.trace.correlation_id = header("client-request-id");
        if refusal.message.contains(THROTTLED) {
            refusal.retry_after.get_or_insert(THROTTLING);
        }
        DrsError::Refused(Box::new(refusal))
    }

    fn take(&mut self, body: &Map<String, Value>) {
        if let Some(inner) = member(body, "odata.error").and_then(Value::as_object) {
            return self.take_odata(inner);
        }
        let text = |names: &[&str]| names.iter().find_map(|name| text_of(body, name));
        self.code = text(&["code", "ErrorType", "ErrorCode"]).unwrap_or_default();
        self.subcode = text(&["subcode", "ErrorSubCode"]);
        self.message = text(&["message"]).unwrap_or_default();
        self.trace.request_id = text(&["requestid", "TraceId"]);
        self.trace.server_time = text(&["time"]);
    }

    /// Shape C: the details are a list of items.
    fn take_odata(&mut self, inner: &Map<String, Value>) {
        self.code = text_of(inner, "code").unwrap_or_default();
        let message = member(inner, "message").and_then(Value::as_object);
        self.message = message.and_then(|message| text_of(message, "value")).unwrap_or_default();
        let items = member(inner, "values").and_then(Value::as_array).into_iter().flatten();
        for item in items.filter_map(Value::as_object) {
            let (name, value) = (text_of(item, "item").unwrap_or_default(), text_of(item, "value"));
            match name.to_ascii_lowercase().as_str() {
                "subcode" => self.subcode = value,
                "requestid" => self.trace.request_id = value,
                "date" => self.trace.server_time = value,
                _ => {}
            }
        }
    }

    /// The most specific name the service gave: sub-code, what its text names, then code.
    pub fn name(&self) -> String {
        if self.message.contains(QUOTA) {
            return "error_directory_quota_exceeded".to_owned();
        }
        if self.message.contains(NOT_ALLOWED) {
            return "error_authorization_request_denied".to_owned();
        }
        let aadsts = self.message.find("AADSTS").map(|at| &self.message[at..]);
        let aadsts =
            aadsts.map(|text| text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
        let named = self.subcode.clone().or(aadsts).unwrap_or_else(|| self.code.clone());
        if named.is_empty() { format!("HTTP {}", self.status) } else { named }
    }

    /// Whether it says that the device object is not there.
    pub(crate) fn is_missing_device(&self) -> bool {
        self.name() == "error_missing_device" || self.code == "DeviceNotFound"
    }

    pub(crate) fn failure(&self) -> Failure {
        let name = self.name();
        let line = model::refusal(name.trim_start_matches("AADSTS")).or_else(|| model::refusal(&self.code));
        let busy = matches!(self.status, 429 | 503) || self.retry_after.is_some();
        let class = match line {
            _ if busy => FailureClass::Transient,
            Some(line) => line.class,
            None if self.status >= 500 => FailureClass::Transient,
            None if self.status == 401 => FailureClass::NeedsUser,
            None if self.status == 403 => FailureClass::Denied,
            None => FailureClass::Broken,
        };
        let meaning = line.map(|line| line.meaning);
        let message = match (meaning, self.message.as_str()) {
            (Some(meaning), "") => meaning.to_owned(),
            (Some(meaning), text) => format!("{meaning}; the service says: {text}"),
            (None, _) => format!("the registration service refused: {self}"),
        };
        let (who, advice) = line.map_or_else(|| unknown_advice(class), |line| (line.who, line.advice));
        let mut failure = Failure::local(class, who, &name, message, advice);
        failure.delivery = Delivery::Answered;
        failure.retry_after = self.retry_after;
        failure.trace = self.trace.clone();
        failure
    }
}

fn unknown_advice(class: FailureClass) -> (Who, &'static str) {
    match class {
        FailureClass::Transient => (Who::Nobody, "It is tried again by itself."),
        FailureClass::NeedsUser => (Who::User, "Sign in again."),
        FailureClass::Denied => {
            (Who::TenantAdmin, "Ask an administrator whether this account may register devices.")
        }
        FailureClass::Gone | FailureClass::Broken => {
            (Who::Developers, "Please report it with the request id; the registration is not changed.")
        }
    }
}

/// A member by its name in any case.
fn member<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn text_of(body: &Map<String, Value>, name: &str) -> Option<String> {
    Some(printable(member(body, name)?.as_str()?, 400))
}

fn printable(text: &str, most: usize) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// `Retry-After` in seconds or as a date relative to the server's own clock; at most an hour.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?;
    let wait = match text.trim().parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = headers.get(http::header::DATE)?.to_str().ok()?;
            until(text)?.since(until(date)?)
        }
    };
    Some(wait.min(LONGEST_WAIT))
}

fn until(text: &str) -> Option<Timestamp> {
    model::Timestamp::from_http_date(text)
}

const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// entra.md 5.7: the text of throttling asks for 300 seconds.
const THROTTLED: &str = "300 seconds";
const THROTTLING: Duration = Duration::from_secs(300);
/// entra.md 5.7: names the quota in every shape.
const QUOTA: &str = "DeviceCapReached";
/// entra.md 6.5: names that the user may not join.
const NOT_ALLOWED: &str = "to device join";
