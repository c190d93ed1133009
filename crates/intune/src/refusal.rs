mod reason;

pub use reason::Reason;

use crate::IntuneError;
use crate::fields::Fields;
use ::reply::{Heading, ReplyError, heading};
use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, Trace};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Which service an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Microsoft Graph: the list of endpoints.
    Graph,
    /// `LinuxEnrollmentService`: the enrolment of the device.
    Enrolment,
    /// `LinuxDeviceCheckinService`: the inventory.
    CheckIn,
    /// IWService: the verdict, and retirement.
    Iw,
}

impl Service {
    /// In words for people.
    pub(crate) const fn name(self) -> ::reply::Service {
        match self {
            Service::Graph => "Microsoft Graph",
            Service::Enrolment => "the enrolment service of Intune",
            Service::CheckIn => "the check-in service of Intune",
            Service::Iw => "IWService of Intune",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// An answer that says no, whatever its shape (intune.md 2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Who says so.
    pub service: Service,
    /// HTTP status, never 2xx or 3xx.
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
pub(crate) fn answer(reply: &Response<Bytes>, service: Service) -> Result<Value, IntuneError> {
    judge(reply, service)?;
    serde_json::from_slice(reply.body()).map_err(|_| of_page(reply, service))
}

/// Whether a reply is a success; its body is not looked at then.
pub(crate) fn judge(reply: &Response<Bytes>, service: Service) -> Result<(), IntuneError> {
    if reply.status().is_success() {
        return Ok(());
    }
    let body: Option<Value> = serde_json::from_slice(reply.body()).ok();
    let fields = body.as_ref().and_then(Fields::of);
    // A server that failed may say so with a page of its front door.
    let by_status = reply.body().is_empty() || model::is_busy(reply.status().as_u16());
    match (fields, body.is_some()) {
        // Clients follow no redirect, so one leads away from the service as a web page does.
        _ if reply.status().is_redirection() => Err(of_page(reply, service)),
        (None, false) if !by_status => Err(of_page(reply, service)),
        (None, true) if !by_status => Err(IntuneError::unusable(service, "its refusal is no object")),
        (fields, _) => Err(IntuneError::Refused(Box::new(Refusal::new(reply, service, fields)))),
    }
}

fn of_page(reply: &Response<Bytes>, from: Service) -> IntuneError {
    IntuneError::Reply(ReplyError::of_page(reply, from.name()))
}

impl Refusal {
    fn new(reply: &Response<Bytes>, service: Service, body: Option<Fields<'_>>) -> Refusal {
        let Heading { trace, retry_after } = heading(reply);
        let mut refusal = Refusal {
            service,
            status: reply.status().as_u16(),
            reason: Reason::Unknown,
            code: String::new(),
            text: String::new(),
            trace,
            retry_after,
        };
        let invalid = body.map(|body| refusal.take(body)).unwrap_or_default();
        refusal.reason = match refusal.status {
            400 if contains_stale(reply.body()) => Reason::StaleDevice,
            400 if !invalid.is_empty() => Reason::Validation,
            status => Reason::of_status(status, service),
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
        let of_graph = |name| inner.and_then(|inner| inner.id(name));
        let (activity, trace_id) = (body.id("activityId"), body.id("traceId"));
        let given = activity.or_else(|| of_graph("request-id")).or_else(|| trace_id.clone());
        self.trace.request_id = given.or(self.trace.request_id.take());
        let echoed = self.trace.correlation_id.take().or_else(|| of_graph("client-request-id"));
        self.trace.correlation_id = echoed.or(trace_id);
    }

    /// Code and text as far as they are given.
    fn said(&self) -> Option<String> {
        let given: Vec<&str> = [&self.code, &self.text]
            .into_iter()
            .map(String::as_str)
            .filter(|part| !part.is_empty())
            .collect();
        (!given.is_empty()).then(|| given.join(": "))
    }

    /// The failure a machine can judge.
    pub(crate) fn failure(&self) -> Failure {
        let line = self.reason.line();
        // Never the service's own word: a machine knows some codes as causes to act.
        let code = line.code.map_or_else(|| format!("HTTP {}", self.status), str::to_owned);
        let mut message = format!("{} answers HTTP {}: {}", self.service, self.status, line.meaning);
        if let Some(said) = self.said() {
            message = format!("{message}; it says: {said}");
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
        write!(out, "{} refused (HTTP {})", self.service, self.status)?;
        self.said().map_or(Ok(()), |said| write!(out, ": {said}"))
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
