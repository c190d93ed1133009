use crate::{Heading, Members, ReplyError, Service, object};
use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, OauthWord, Refusal, SERVICE_SAYS, Trace, WRAPPER, printable};
use serde_json::Value;
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

/// The error object of the token service (entra.md 2.8).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServerError {
    /// HTTP status; 2xx and 3xx too, when a page or a redirect says no.
    pub status: u16,
    /// `error` of RFC 6749 section 5.2 as it came, for people: at most 64 characters.
    pub error: String,
    /// What `suberror` and `error` mean, the most telling first.
    pub words: Vec<OauthWord>,
    /// Every AADSTS number of `error_codes` and of the text, the most telling first.
    pub codes: Vec<u32>,
    /// First line of `error_description` without its code, at most 300 characters.
    pub text: String,
    /// `claims`: the challenge that the next request has to carry.
    pub claims: Option<String>,
    /// The ids and the time that find the call in the sign-in log.
    pub trace: Trace,
    /// A wish to be left alone.
    pub retry_after: Option<Duration>,
}

impl ServerError {
    /// Reads the error object of a reply that is no success.
    ///
    /// # Errors
    /// [`ReplyError`] where it is none: a page, a server that does not work, or an object of another shape.
    pub fn read(reply: &Response<Bytes>, from: Service) -> Result<ServerError, ReplyError> {
        let document = object(reply, from)?;
        let read = ServerError::of_object(document.members(), document.heading());
        read.map_err(|error| match model::is_busy(reply.status().as_u16()) {
            true => ReplyError::of_page(reply, from),
            false => error,
        })
    }

    fn of_object(body: Members<'_>, headers: &Heading) -> Result<ServerError, ReplyError> {
        let description = body.text("error_description")?.unwrap_or_default();
        let said = ServerError::new(headers.status(), body.required_text("error")?, description);
        // Ids help people alone: one of another type is none.
        let id = |name| Some(printable(body.text(name).ok()??, 64));
        let (above, below) = (&headers.trace, &said.trace);
        let trace = Trace {
            http_status: above.http_status,
            request_id: id("trace_id")
                .or_else(|| below.request_id.clone())
                .or_else(|| above.request_id.clone()),
            correlation_id: id("correlation_id")
                .or_else(|| below.correlation_id.clone())
                .or_else(|| above.correlation_id.clone()),
            server_time: id("timestamp").or_else(|| below.server_time.clone()),
        };
        let suberror = body.text("suberror")?.and_then(|word| word.parse().ok());
        Ok(ServerError {
            words: suberror.into_iter().chain(said.words.iter().copied()).collect(),
            codes: codes(&listed(body)?, description),
            claims: body.text("claims")?.map(str::to_owned),
            trace,
            retry_after: headers.retry_after,
            ..said
        })
    }

    /// What an `error` and its `error_description` alone say, as in a redirect or on a page; the ids and the
    /// time are those of the description's further lines (entra.md 2.8).
    pub fn new(status: u16, error: &str, description: &str) -> ServerError {
        let line = |name| description.lines().find_map(|line| line.strip_prefix(name));
        let id = |name| line(name).map(|text| printable(text, 64));
        let first = description.lines().next().unwrap_or_default();
        ServerError {
            status,
            error: printable(error, 64),
            words: error.parse().into_iter().collect(),
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
        let known = self.known_codes().next().or(self.codes.first().copied());
        known.map_or_else(|| self.error.clone(), |code| format!("AADSTS{code}"))
    }

    /// The codes that have a line in the table of refusals; the wrapper's line says nothing.
    pub fn known_codes(&self) -> impl Iterator<Item = u32> {
        let all = self.codes.iter().copied();
        all.filter(|code| *code != WRAPPER && model::refusal_of_number(*code).is_some())
    }

    /// Whether one of its words is this one.
    pub fn says(&self, word: OauthWord) -> bool {
        self.words.contains(&word)
    }

    /// What it means.
    pub fn line(&self) -> &'static Refusal {
        model::refusal_by_token_service(&self.codes, &self.words, self.status)
    }

    /// The failure a machine can judge.
    pub fn failure(&self, moment: Moment) -> Failure {
        let line = self.line();
        let class = match moment {
            Moment::BeforeRegistration => line.class,
            Moment::AfterRegistration => line.after_registration,
        };
        let message = match self.text.as_str() {
            "" => line.meaning.to_owned(),
            text => format!("{}{SERVICE_SAYS}{text}", line.meaning),
        };
        let name = self.name();
        let name = if name.is_empty() { "UnknownRefusal" } else { &name };
        let mut failure = Failure::local(class, line.who, name, message, line.advice).classified(Some(line));
        failure.delivery = Delivery::Answered;
        failure.retry_after = self.retry_after;
        failure.claims = self.claims.clone();
        failure.trace = self.trace.clone();
        failure
    }
}

impl fmt::Display for ServerError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.name(), self.text)
    }
}

/// `error_codes`: numbers, or their digits.
fn listed(body: Members<'_>) -> Result<Vec<u32>, ReplyError> {
    let number = |value: &Value| match value {
        Value::String(digits) => digits.trim_start_matches("AADSTS").parse().ok(),
        other => u32::try_from(other.as_u64()?).ok(),
    };
    let read = |value| number(value).ok_or_else(|| body.wrong("error_codes", "a list of numbers"));
    match body.get("error_codes") {
        Some(Value::Array(all)) => all.iter().map(read).collect(),
        Some(one) => read(one).map(|number| vec![number]),
        None => Ok(Vec::new()),
    }
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
