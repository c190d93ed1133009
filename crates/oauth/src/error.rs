use crate::form::printable;
use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, FailureClass, Trace, Who};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::time::Duration;

/// When a refusal comes: some rules mean another thing once the device is registered (entra.md 6.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The machine has no identity yet.
    BeforeRegistration,
    /// The machine is registered.
    AfterRegistration,
}

/// What can be wrong with an exchange, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The service said no.
    #[error("{0}")]
    Refused(Box<ServerError>),
    /// The answer is not the service's, or not what the protocol says.
    #[error("the answer (HTTP {status}) is not from the sign-in service: {why}")]
    NotJson {
        /// HTTP status.
        status: u16,
        /// What is wrong with it.
        why: String,
        /// A wish to be left alone.
        retry_after: Option<Duration>,
    },
}

/// The error object of entra.md 2.8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerError {
    /// HTTP status.
    pub status: u16,
    /// `error`.
    pub error: String,
    /// Every AADSTS number of `error_codes` and of the text, the most telling first.
    pub codes: Vec<u32>,
    /// First line of `error_description` without its code, at most 300 characters.
    pub text: String,
    /// `suberror`.
    pub suberror: Option<String>,
    /// `claims`.
    pub claims: Option<String>,
    /// The ids and the time that find the call in the sign-in log.
    pub trace: Trace,
    /// A wish to be left alone.
    pub retry_after: Option<Duration>,
}

#[derive(Deserialize)]
struct Body {
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    error_codes: Vec<u32>,
    suberror: Option<String>,
    claims: Option<String>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
    timestamp: Option<String>,
}

/// Reads the body of a success, or why there is none.
pub(crate) fn success<B: DeserializeOwned>(reply: &Response<Bytes>) -> Result<B, OauthError> {
    let status = reply.status().as_u16();
    if !reply.status().is_success() {
        return Err(refused(reply));
    }
    // The reader's words could quote a token: only its place is told.
    serde_json::from_slice(reply.body()).map_err(|error| OauthError::NotJson {
        status,
        why: format!("no such JSON (line {}, column {})", error.line(), error.column()),
        retry_after: None,
    })
}

fn refused(reply: &Response<Bytes>) -> OauthError {
    let status = reply.status().as_u16();
    let retry_after = retry_after(reply.headers());
    let Ok(body) = serde_json::from_slice::<Body>(reply.body()) else {
        let why = printable(&String::from_utf8_lossy(reply.body()), 80);
        return OauthError::NotJson { status, why, retry_after };
    };
    let header = |name| Some(printable(reply.headers().get(name)?.to_str().ok()?, 64));
    let plain = |text: Option<String>| text.map(|text| printable(&text, 64));
    let trace = Trace {
        http_status: Some(status),
        request_id: plain(body.trace_id).or_else(|| header("x-ms-request-id")),
        correlation_id: plain(body.correlation_id).or_else(|| header("client-request-id")),
        server_time: plain(body.timestamp),
    };
    let first = body.error_description.lines().next().unwrap_or_default();
    OauthError::Refused(Box::new(ServerError {
        status,
        codes: codes(&body.error_codes, &body.error_description),
        text: printable(without_code(first), 300),
        error: printable(&body.error, 64),
        suberror: plain(body.suberror),
        claims: body.claims,
        trace,
        retry_after,
    }))
}

/// The codes of the object and of its text; an outer wrapper (70002) goes behind what it wraps.
fn codes(listed: &[u32], text: &str) -> Vec<u32> {
    let mut all = listed.to_vec();
    let named = text.split("AADSTS").skip(1);
    all.extend(named.filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..end)?.parse::<u32>().ok()
    }));
    let mut seen = Vec::new();
    all.retain(|code| {
        !seen.contains(code) && {
            seen.push(*code);
            true
        }
    });
    all.sort_by_key(|code| *code == WRAPPER);
    all
}

fn without_code(line: &str) -> &str {
    match line.strip_prefix("AADSTS") {
        Some(rest) => rest.split_once(": ").map_or(line, |(_, text)| text),
        None => line,
    }
}

/// `Retry-After` in seconds, at most an hour.
fn retry_after(headers: &http::HeaderMap) -> Option<Duration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(Duration::from_secs(3600)))
}

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name(), self.text)
    }
}

impl ServerError {
    /// `AADSTS…` of the most telling code, else the OAuth word.
    pub fn name(&self) -> String {
        let known = self.codes.iter().find(|code| model::refusal(&code.to_string()).is_some());
        match known.or(self.codes.first()) {
            Some(code) => format!("AADSTS{code}"),
            None => self.error.clone(),
        }
    }

    /// Whether the person has simply not approved yet.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.error.as_str(), "authorization_pending" | "slow_down") || self.codes.contains(&PENDING)
    }
}

impl OauthError {
    /// The failure a machine can judge.
    pub fn failure(&self, moment: Moment) -> Failure {
        match self {
            OauthError::Refused(error) => server_failure(error, moment),
            OauthError::NotJson { status, retry_after, .. } => {
                let advice = "Check what answers in the service's place: a proxy or a captive portal.";
                let (class, who) = (FailureClass::Transient, Who::MachineAdmin);
                let mut failure = Failure::local(class, who, "NotJson", self.to_string(), advice);
                failure.delivery = Delivery::Answered;
                failure.retry_after = *retry_after;
                failure.trace.http_status = Some(*status);
                failure
            }
        }
    }
}

fn server_failure(error: &ServerError, moment: Moment) -> Failure {
    let name = error.name();
    let line = model::refusal(name.trim_start_matches("AADSTS"));
    let busy = matches!(error.status, 429 | 500..=599) || error.error == "temporarily_unavailable";
    let class = match line {
        Some(line) if moment == Moment::AfterRegistration => line.after_registration,
        Some(line) => line.class,
        None if busy => FailureClass::Transient,
        None => FailureClass::Broken,
    };
    let (who, advice) = match (line, class) {
        (Some(line), _) => (line.who, line.advice),
        (None, FailureClass::Transient) => (Who::Nobody, "It is tried again by itself."),
        (None, _) => (Who::Developers, "Please report it with the ids below; nothing was changed."),
    };
    let message = match line {
        Some(line) if error.text.is_empty() => line.meaning.to_owned(),
        Some(line) => format!("{}; the service says: {}", line.meaning, error.text),
        None => format!("the sign-in service refused: {error}"),
    };
    let mut failure = Failure::local(class, who, &name, message, advice);
    failure.delivery = Delivery::Answered;
    failure.retry_after = error.retry_after;
    failure.claims = error.claims.clone();
    failure.trace = error.trace.clone();
    failure
}

const PENDING: u32 = 70_016;
/// InvalidClient, which only wraps another code (entra.md 6.4).
const WRAPPER: u32 = 70_002;
