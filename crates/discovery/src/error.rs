use crate::reply::{Heading, heading};
use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, FailureClass, Trace, Who, printable, refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What can be wrong with a document of discovery, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The service knows no such domain or tenant (AADSTS90002 and kin).
    #[error("the service knows no such domain or tenant: {message}")]
    Unknown {
        /// `AADSTS…`: the first word of the service's text, at most 20 characters.
        code: String,
        /// The service's text.
        message: String,
        /// The ids of the call.
        trace: Box<Trace>,
    },
    /// The service refuses with another code.
    #[error("the service refused to give {what}: {message}")]
    Refused {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// `AADSTS…`: the first word of the service's text, at most 20 characters.
        code: String,
        /// The service's text.
        message: String,
        /// The ids of the call.
        trace: Box<Trace>,
    },
    /// The document is given only to a signed-in caller.
    #[error("the service wants a token for this document")]
    NeedsToken,
    /// The service does not answer with the document and gives no reason.
    #[error("the service answered HTTP {status} instead of {what}")]
    Status {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// HTTP status of the reply.
        status: u16,
        /// The ids of the call, and the wish to be left alone.
        heading: Box<Heading>,
    },
    /// The answer is a web page or nothing: something answers in the service's place.
    #[error("the answer (HTTP {status}) is not {what} but: {excerpt}")]
    NotJson {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// HTTP status of the reply.
        status: u16,
        /// Its first printable characters.
        excerpt: String,
        /// The ids of the call, and the wish to be left alone.
        heading: Box<Heading>,
    },
    /// The answer is JSON and not the document that it should be.
    #[error("the answer is not {what}: {why}")]
    Unusable {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The document names an endpoint outside the hosts of the cloud.
    #[error("{what} names '{url}', which is not on a host of the configured cloud")]
    ForeignHost {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// The refused URL.
        url: String,
    },
}

impl DiscoveryError {
    pub(crate) fn unusable(what: &'static str, why: &str) -> DiscoveryError {
        DiscoveryError::Unusable { what, why: printable(why, 200) }
    }

    pub(crate) fn foreign(what: &'static str, url: &str) -> DiscoveryError {
        DiscoveryError::ForeignHost { what, url: printable(url, 200) }
    }

    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        let (class, who, code, advice) = self.judge();
        let mut failure = Failure::local(class, who, code, self.to_string(), advice);
        failure.delivery = Delivery::Answered;
        match self {
            DiscoveryError::Unknown { trace, code, .. } | DiscoveryError::Refused { trace, code, .. } => {
                failure = failure.classified(refusal(code.trim_start_matches("AADSTS")));
                failure.trace = trace.as_ref().clone();
            }
            DiscoveryError::Status { heading, .. } | DiscoveryError::NotJson { heading, .. } => {
                failure.trace = heading.trace.clone();
                failure.retry_after = heading.retry_after;
            }
            _ => {}
        }
        failure
    }

    fn judge(&self) -> (FailureClass, Who, &str, &'static str) {
        match self {
            DiscoveryError::Unknown { code, .. } | DiscoveryError::Refused { code, .. } => {
                match refusal(code.trim_start_matches("AADSTS")) {
                    Some(line) => (line.class, line.who, code, line.advice),
                    None => (FailureClass::Broken, Who::Developers, code, REPORT),
                }
            }
            DiscoveryError::NeedsToken => {
                (FailureClass::NeedsUser, Who::User, "NeedsToken", "Sign in again.")
            }
            DiscoveryError::Status { status, .. } if is_busy(*status) => {
                (FailureClass::Transient, Who::Nobody, "ServiceBusy", "Try again in a few minutes.")
            }
            DiscoveryError::Status { .. } => (
                FailureClass::Broken,
                Who::MachineAdmin,
                "DiscoveryRefused",
                "Check the hosts of the cloud in himmelblau.conf.",
            ),
            DiscoveryError::NotJson { .. } => (
                FailureClass::Transient,
                Who::MachineAdmin,
                "NotJson",
                "Check what answers in the service's place: a proxy or a captive portal.",
            ),
            DiscoveryError::Unusable { .. } => {
                (FailureClass::Broken, Who::Developers, "UnusableDocument", REPORT)
            }
            DiscoveryError::ForeignHost { .. } => (
                FailureClass::Denied,
                Who::MachineAdmin,
                "ForeignHost",
                "Check the option `cloud`, or report it.",
            ),
        }
    }
}

/// Reads a document of a successful reply, or why there is none.
pub(crate) fn document<D: DeserializeOwned>(
    reply: &Response<Bytes>,
    what: &'static str,
) -> Result<D, DiscoveryError> {
    let status = reply.status().as_u16();
    let json: Option<Value> = serde_json::from_slice(reply.body()).ok();
    if !reply.status().is_success() {
        return Err(refused(reply, json.as_ref(), what));
    }
    let Some(json) = json else { return Err(not_json(reply, status, what)) };
    serde_json::from_value(json).map_err(|error| DiscoveryError::unusable(what, &error.to_string()))
}

fn refused(reply: &Response<Bytes>, json: Option<&Value>, what: &'static str) -> DiscoveryError {
    let status = reply.status().as_u16();
    if is_busy(status) {
        return DiscoveryError::Status { what, status, heading: Box::new(heading(reply)) };
    }
    match json {
        Some(body) => aadsts(reply, body, what).unwrap_or_else(|| DiscoveryError::Status {
            what,
            status,
            heading: Box::new(heading(reply)),
        }),
        None => not_json(reply, status, what),
    }
}

/// 511 is what a captive portal says of itself (RFC 6585); the others pass by themselves.
fn is_busy(status: u16) -> bool {
    status == 429 || (status >= 500 && status != 511)
}

fn not_json(reply: &Response<Bytes>, status: u16, what: &'static str) -> DiscoveryError {
    let start = reply.body().get(..320).unwrap_or(reply.body());
    let excerpt = match printable(&String::from_utf8_lossy(start), 80) {
        empty if empty.is_empty() => "nothing".to_owned(),
        text => text,
    };
    DiscoveryError::NotJson { what, status, excerpt, heading: Box::new(heading(reply)) }
}

/// An OAuth error with a code of the service (entra.md 1.1, 2.8).
fn aadsts(reply: &Response<Bytes>, body: &Value, what: &'static str) -> Option<DiscoveryError> {
    let text = |name: &str, most| Some(printable(body.get(name)?.as_str()?, most));
    let description = body.get("error_description")?.as_str()?;
    let code: String = description.chars().take_while(char::is_ascii_alphanumeric).take(20).collect();
    if !code.starts_with("AADSTS") {
        return None;
    }
    let said = heading(reply).trace;
    let trace = Box::new(Trace {
        http_status: said.http_status,
        request_id: text("trace_id", 64).or(said.request_id),
        correlation_id: text("correlation_id", 64).or(said.correlation_id),
        server_time: text("timestamp", 64).or(said.server_time),
    });
    let message = printable(description.lines().next().unwrap_or_default(), 300);
    if UNKNOWN.contains(&code.as_str()) {
        return Some(DiscoveryError::Unknown { code, message, trace });
    }
    Some(DiscoveryError::Refused { what, code, message, trace })
}

/// entra.md 6.5: unknown tenant or domain.
const UNKNOWN: [&str; 3] = ["AADSTS90002", "AADSTS50059", "AADSTS900023"];
const REPORT: &str = "Please report it with the ids below.";
