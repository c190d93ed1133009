use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, FailureClass, Trace, Who, printable};
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
    /// The device code is not one to show to anybody.
    #[error("the device code that came is not shown: {0}")]
    Prompt(String),
    /// The answer is not the service's, or not what the protocol says.
    #[error("the answer (HTTP {status}) is not from the sign-in service: {why}")]
    NotJson {
        /// HTTP status; 2xx too, when a success is no JSON.
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
    /// HTTP status; 2xx and 3xx too, when a page or a redirect says no.
    pub status: u16,
    /// `error` of RFC 6749 section 5.2, at most 64 characters.
    pub error: String,
    /// Every AADSTS number of `error_codes` and of the text, the most telling first.
    pub codes: Vec<u32>,
    /// First line of `error_description` without its code, at most 300 characters.
    pub text: String,
    /// `suberror`: what `error` leaves open, at most 64 characters.
    pub suberror: Option<String>,
    /// `claims`: the challenge that the next request has to carry.
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
///
/// # Errors
/// [`OauthError::Refused`] for an error object, [`OauthError::NotJson`] for any other body.
pub fn success<B: DeserializeOwned>(reply: &Response<Bytes>) -> Result<B, OauthError> {
    let status = reply.status().as_u16();
    if !reply.status().is_success() {
        return Err(refused(reply));
    }
    // The reader's words could quote a token: only its place is told.
    serde_json::from_slice(reply.body()).map_err(|error| {
        let what = if error.is_data() { "unexpected" } else { "invalid" };
        let why = format!("{what} JSON at line {}, column {}", error.line(), error.column());
        OauthError::NotJson { status, why, retry_after: None }
    })
}

fn refused(reply: &Response<Bytes>) -> OauthError {
    let status = reply.status().as_u16();
    let told = |name| reply.headers().get(name)?.to_str().ok();
    let retry_after = told("retry-after").and_then(|wish| model::retry_after(wish, told("date")));
    let Ok(body) = serde_json::from_slice::<Body>(reply.body()) else {
        let why = printable(&String::from_utf8_lossy(reply.body()), 80);
        return OauthError::NotJson { status, why, retry_after };
    };
    let header = |name| told(name).map(|text| printable(text, 64));
    let plain = |text: Option<String>| text.map(|text| printable(&text, 64));
    let said = ServerError::new(status, &body.error, &body.error_description);
    let trace = Trace {
        http_status: Some(status),
        request_id: plain(body.trace_id).or(said.trace.request_id).or_else(|| header("x-ms-request-id")),
        correlation_id: plain(body.correlation_id)
            .or(said.trace.correlation_id)
            .or_else(|| header("client-request-id")),
        server_time: plain(body.timestamp).or(said.trace.server_time),
    };
    OauthError::Refused(Box::new(ServerError {
        codes: codes(&body.error_codes, &body.error_description),
        suberror: plain(body.suberror),
        claims: body.claims,
        trace,
        retry_after,
        ..said
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

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name(), self.text)
    }
}

impl ServerError {
    /// What an `error` and its `error_description` alone say, as in a redirect or on a page; the ids and the
    /// time are those of the description's further lines (entra.md 2.8).
    pub fn new(status: u16, error: &str, description: &str) -> ServerError {
        let line = |name| description.lines().find_map(|line| line.strip_prefix(name));
        let id = |name| line(name).map(|text| printable(text, 64));
        let first = description.lines().next().unwrap_or_default();
        ServerError {
            status,
            error: printable(error, 64),
            codes: codes(&[], description),
            text: printable(without_code(first), 300),
            trace: Trace {
                http_status: Some(status),
                request_id: id("Trace ID: "),
                correlation_id: id("Correlation ID: "),
                server_time: id("Timestamp: "),
            },
            ..ServerError::default()
        }
    }

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
            OauthError::Prompt(_) => {
                let advice = "Type no code anywhere. Check what answers in the service's place: a proxy or a captive portal.";
                let (class, who) = (FailureClass::Denied, Who::MachineAdmin);
                let failure = Failure::local(class, who, "UnusablePrompt", self.to_string(), advice);
                Failure { delivery: Delivery::Answered, ..failure }
            }
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
    let mut failure = Failure::local(class, who, &name, message, advice).classified(line);
    failure.delivery = Delivery::Answered;
    failure.retry_after = error.retry_after;
    failure.claims = error.claims.clone();
    failure.trace = error.trace.clone();
    failure
}

const PENDING: u32 = 70_016;
/// InvalidClient, which only wraps another code (entra.md 6.4).
const WRAPPER: u32 = 70_002;
