use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, FailureClass, Trace, Who};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What can be wrong with a document of discovery, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The service knows no such domain or tenant (AADSTS90002 and kin).
    #[error("the service knows no such domain or tenant: {message}")]
    Unknown {
        /// `AADSTS…`.
        code: String,
        /// The service's text.
        message: String,
        /// The ids of the call.
        trace: Box<Trace>,
    },
    /// The document is given only to a signed-in caller.
    #[error("the service wants a token for this document")]
    NeedsToken,
    /// The service does not answer with the document.
    #[error("the service answered HTTP {status} instead of {what}")]
    Status {
        /// Which document.
        what: &'static str,
        /// HTTP status.
        status: u16,
    },
    /// The answer is no JSON, or not this document.
    #[error("the answer is not {what}: {why}")]
    NotJson {
        /// Which document.
        what: &'static str,
        /// The reader's words.
        why: String,
    },
    /// The document names an endpoint outside the hosts of the cloud.
    #[error("{what} names '{url}', which is not on a host of the configured cloud")]
    ForeignHost {
        /// Which document.
        what: &'static str,
        /// The refused URL.
        url: String,
    },
}

impl DiscoveryError {
    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        let (class, who, code, advice) = match self {
            DiscoveryError::Unknown { code, .. } => {
                let line = model::refusal(code.trim_start_matches("AADSTS"));
                let (class, who) =
                    line.map_or((FailureClass::Denied, Who::MachineAdmin), |line| (line.class, line.who));
                let advice = line.map_or("Check the `domain` option.", |line| line.advice);
                (class, who, code.as_str(), advice)
            }
            DiscoveryError::NeedsToken => {
                (FailureClass::NeedsUser, Who::User, "NeedsToken", "Sign in again.")
            }
            DiscoveryError::Status { status, .. } if *status >= 500 || *status == 429 => {
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
            DiscoveryError::ForeignHost { .. } => (
                FailureClass::Denied,
                Who::MachineAdmin,
                "ForeignHost",
                "Check the option `cloud`, or report it.",
            ),
        };
        let mut failure = Failure::local(class, who, code, self.to_string(), advice);
        failure.delivery = Delivery::Answered;
        if let DiscoveryError::Unknown { trace, .. } = self {
            failure.trace = trace.as_ref().clone();
        }
        if let DiscoveryError::Status { status, .. } = self {
            failure.trace.http_status = Some(*status);
        }
        failure
    }
}

/// Reads a document of a successful reply, or why there is none.
pub(crate) fn document<D: DeserializeOwned>(
    reply: &Response<Bytes>,
    what: &'static str,
) -> Result<D, DiscoveryError> {
    let status = reply.status().as_u16();
    if matches!(status, 401 | 403) {
        return Err(DiscoveryError::NeedsToken);
    }
    if !reply.status().is_success() {
        return Err(unknown(reply).unwrap_or(DiscoveryError::Status { what, status }));
    }
    serde_json::from_slice(reply.body())
        .map_err(|error| DiscoveryError::NotJson { what, why: error.to_string() })
}

/// The OAuth error of a tenant that is not there.
fn unknown(reply: &Response<Bytes>) -> Option<DiscoveryError> {
    let body: Value = serde_json::from_slice(reply.body()).ok()?;
    let text = body.get("error_description")?.as_str()?;
    let code: String = text.chars().take_while(char::is_ascii_alphanumeric).collect();
    let id =
        |name: &str| Some(body.get(name)?.as_str()?.chars().filter(|c| !c.is_control()).take(64).collect());
    let trace = Trace {
        http_status: Some(reply.status().as_u16()),
        request_id: id("trace_id"),
        correlation_id: id("correlation_id"),
        server_time: id("timestamp"),
    };
    let message =
        text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect();
    code.starts_with("AADSTS").then(|| DiscoveryError::Unknown { code, message, trace: Box::new(trace) })
}
