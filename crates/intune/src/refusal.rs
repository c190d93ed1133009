use crate::IntuneError;
use crate::call::{trace, wish_to_wait};
use crate::fields::Fields;
use bytes::Bytes;
use http::Response;
use model::FailureClass::{self, Broken, Denied, Gone, NeedsUser, Transient};
use model::Who::{self, Developers, MachineAdmin, Nobody, TenantAdmin, User};
use model::{Delivery, Failure, Trace, printable};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Which exchange an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// The list of endpoints in Microsoft Graph.
    Endpoints,
    /// Enrolment.
    Enrol,
    /// The inventory.
    Details,
    /// The verdict.
    Device,
    /// Retirement.
    Retire,
}

impl fmt::Display for Exchange {
    /// Who answers.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Exchange::Endpoints => "Microsoft Graph",
            Exchange::Enrol => "the enrolment service of Intune",
            Exchange::Details => "the check-in service of Intune",
            Exchange::Device | Exchange::Retire => "IWService of Intune",
        })
    }
}

/// What a refusal means (intune.md 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// 400 that names fields: the request is not as the service wants it.
    Validation,
    /// 400 "Device validation failed": the Intune id is stale; enrol again.
    StaleDevice,
    /// 400 without a reason: the client version is below the floor, the client is the wrong one, or another
    /// user owns the device. A newer version may be tried once.
    BadRequest,
    /// 401: the token has expired or is for another service; a fresh one may be tried once.
    Token,
    /// 403 of Graph: the token has no right to read the endpoints.
    MissingScope,
    /// 403 of a service of Intune.
    Forbidden,
    /// 404 and 5xx: they pass by themselves, even alternate for one and the same request.
    Unavailable,
    /// 429 and 503, mostly with a wish to be left alone.
    Busy,
    /// Nothing that the page knows.
    Unknown,
}

/// An answer that says no, whatever its shape (intune.md 2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was asked.
    pub exchange: Exchange,
    /// HTTP status.
    pub status: u16,
    /// What it means.
    pub reason: Reason,
    /// `ErrorCode`, or `code` of an OData error; empty where none is given.
    pub code: String,
    /// What the service says: the texts of the fields that it names, else its general text. Without control
    /// characters, each at most 400 characters.
    pub text: String,
    /// `activityId` (else `traceId`), and `client-request-id` (else `traceId`).
    pub trace: Trace,
    /// A wish to be left alone.
    pub retry_after: Option<Duration>,
}

/// The JSON of a success.
pub(crate) fn answer(reply: &Response<Bytes>, exchange: Exchange) -> Result<Value, IntuneError> {
    judge(reply, exchange)?;
    serde_json::from_slice(reply.body()).map_err(|_| not_json(reply, exchange))
}

/// Whether a reply is a success; its body is not looked at then.
pub(crate) fn judge(reply: &Response<Bytes>, exchange: Exchange) -> Result<(), IntuneError> {
    if reply.status().is_success() {
        return Ok(());
    }
    let body: Option<Value> = serde_json::from_slice(reply.body()).ok();
    let fields = body.as_ref().and_then(Fields::of);
    // Clients follow no redirect, so one leads away from the service as a web page does.
    if reply.status().is_redirection() || (fields.is_none() && !reply.body().is_empty()) {
        return Err(not_json(reply, exchange));
    }
    Err(IntuneError::Refused(Box::new(Refusal::new(reply, exchange, fields))))
}

fn not_json(reply: &Response<Bytes>, from: Exchange) -> IntuneError {
    let start = reply.body().get(..EXCERPT * 4).unwrap_or(reply.body());
    let excerpt = match printable(&String::from_utf8_lossy(start), EXCERPT) {
        nothing if nothing.is_empty() => "nothing".to_owned(),
        text => text,
    };
    let (trace, retry_after) = (Box::new(trace(reply)), wish_to_wait(reply));
    IntuneError::NotJson { from, status: reply.status().as_u16(), excerpt, retry_after, trace }
}

impl Refusal {
    fn new(reply: &Response<Bytes>, exchange: Exchange, body: Option<Fields<'_>>) -> Refusal {
        let mut refusal = Refusal {
            exchange,
            status: reply.status().as_u16(),
            reason: Reason::Unknown,
            code: String::new(),
            text: String::new(),
            trace: trace(reply),
            retry_after: wish_to_wait(reply),
        };
        let invalid = body.map(|body| refusal.take(body)).unwrap_or_default();
        refusal.reason = match refusal.status {
            400 if contains_stale(reply.body()) => Reason::StaleDevice,
            400 if !invalid.is_empty() => Reason::Validation,
            status => reason_of(status, exchange),
        };
        refusal
    }

    /// Takes in the older shape, problem details (RFC 9457), or the error object of OData; tells which fields
    /// are named.
    fn take(&mut self, body: Fields<'_>) -> Vec<(String, String)> {
        let error = body.inner("odata.error").or_else(|| body.inner("error")).unwrap_or(body);
        self.code = error.text("ErrorCode").or_else(|| error.text("code")).unwrap_or_default();
        let invalid = body.inner("errors").map(Fields::texts_by_name).unwrap_or_default();
        self.text = match invalid.as_slice() {
            [] => general_text(error).unwrap_or_default(),
            named => {
                named.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("; ")
            }
        };
        self.take_ids(body, error);
        invalid
    }

    fn take_ids(&mut self, body: Fields<'_>, error: Fields<'_>) {
        let inner = error.inner("innerError");
        let of_graph = |name| inner.and_then(|inner| inner.text(name));
        let (activity, trace_id) = (body.text("activityId"), body.text("traceId"));
        let given = activity.or_else(|| of_graph("request-id")).or_else(|| trace_id.clone());
        self.trace.request_id = given.or(self.trace.request_id.take());
        let echoed = self.trace.correlation_id.take().or_else(|| of_graph("client-request-id"));
        self.trace.correlation_id = echoed.or(trace_id);
    }

    /// The failure a machine can judge.
    pub(crate) fn failure(&self) -> Failure {
        let line = line(self.reason);
        let code = match (line.code, self.code.as_str()) {
            ("", "") => format!("HTTP {}", self.status),
            ("", given) => printable(given, 80),
            (code, _) => code.to_owned(),
        };
        let mut message = format!("{} answers HTTP {}: {}", self.exchange, self.status, line.meaning);
        if !self.text.is_empty() {
            message = format!("{message}; it says: {}", self.text);
        }
        let mut failure = Failure::local(line.class, line.who, &code, message, line.advice);
        failure.delivery = Delivery::Answered;
        failure.retry_after = self.retry_after;
        failure.trace = self.trace.clone();
        failure
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} refused (HTTP {} {})", self.exchange, self.status, self.code)?;
        if self.text.is_empty() { Ok(()) } else { write!(out, ": {}", self.text) }
    }
}

/// `detail` says more than `title`, which is the same for every problem of a kind; OData v3 has its text one
/// level below `message`.
fn general_text(error: Fields<'_>) -> Option<String> {
    let below = error.inner("message").and_then(|message| message.text("value"));
    error.text("detail").or(below).or_else(|| error.text("message")).or_else(|| error.text("title"))
}

/// The phrase of intune.md 3.1, which is seen in a detail and may stand in any text.
fn contains_stale(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).to_ascii_lowercase().contains("device validation failed")
}

/// What a status means where the body says no more.
fn reason_of(status: u16, exchange: Exchange) -> Reason {
    match status {
        400 => Reason::BadRequest,
        401 => Reason::Token,
        403 if exchange == Exchange::Endpoints => Reason::MissingScope,
        403 => Reason::Forbidden,
        429 | 503 => Reason::Busy,
        404 | 500.. => Reason::Unavailable,
        _ => Reason::Unknown,
    }
}

/// What the machine may do about a reason, and what a person is told.
struct Line {
    reason: Reason,
    class: FailureClass,
    who: Who,
    /// Empty: the service's own.
    code: &'static str,
    meaning: &'static str,
    advice: &'static str,
}

fn line(reason: Reason) -> &'static Line {
    TABLE.iter().find(|line| line.reason == reason).unwrap_or(&UNKNOWN)
}

const fn row(
    (reason, class, who): (Reason, FailureClass, Who),
    code: &'static str,
    meaning: &'static str,
    advice: &'static str,
) -> Line {
    Line { reason, class, who, code, meaning, advice }
}

/// intune.md 6.3; that a 403 of Intune is about rights and licences is inferred.
#[rustfmt::skip]
const TABLE: [Line; 8] = [
    row((Reason::Validation, Broken, Developers), "ValidationFailed", "it does not accept a field of the request", REPORT),
    row((Reason::StaleDevice, Gone, User), "DeviceValidationFailed", "it does not know this device any more", "Sign in again to enrol anew; if that does not help, leave and register this machine again."),
    row((Reason::BadRequest, Denied, MachineAdmin), "BadRequest", "the client version is too old for it, the client is the wrong one, or another user owns the device", "Update Firmament; if another person enrolled this machine before, ask an administrator of the organisation to delete it in Intune."),
    row((Reason::Token, NeedsUser, User), "TokenRefused", "the token has expired or is for another service", "Sign in again."),
    row((Reason::MissingScope, Denied, TenantAdmin), "MissingScope", "the token has no right to read the endpoints of Intune (ServicePrincipalEndpoint.Read.All)", "Ask an administrator whether Microsoft Intune Company Portal for Linux (b743a22d-6705-4147-8670-d92fa515ee2b) is blocked or restricted."),
    row((Reason::Forbidden, Denied, TenantAdmin), "Forbidden", "it does not let this account or this device do that", "Ask an administrator whether the account has an Intune licence and may enrol Linux devices."),
    row((Reason::Unavailable, Transient, Nobody), "IntuneUnavailable", "it does not work at the moment", AGAIN),
    row((Reason::Busy, Transient, Nobody), "IntuneBusy", "it asks to be left alone for a while", AGAIN),
];
const UNKNOWN: Line = row((Reason::Unknown, Broken, Developers), "", "nobody knows this refusal", REPORT);
const REPORT: &str = "Please report it with the ids below; the registration is not changed.";
const AGAIN: &str = "It is tried again by itself.";
const EXCERPT: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids;

    #[test]
    fn every_line_is_one_sentence_of_meaning_and_one_of_advice() {
        for line in TABLE.iter().chain([&UNKNOWN]) {
            assert!(line.meaning.starts_with(char::is_lowercase) && !line.meaning.ends_with('.'));
            assert!(line.advice.starts_with(char::is_uppercase) && line.advice.ends_with('.'));
        }
    }

    #[test]
    fn the_missing_right_is_named_with_the_application() {
        let line = line(Reason::MissingScope);
        assert!(line.meaning.contains(ids::ENDPOINTS_SCOPE) && line.advice.contains(ids::CLIENT));
    }
}
