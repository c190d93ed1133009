use crate::DrsError;
use crate::call::{SERVICE, hint, shown};
use bytes::Bytes;
use model::{Delivery, Failure, FailureClass, Refusal as Line, SERVICE_SAYS, Trace, Who, printable};
use reply::{Heading, Members, ReplyError, object};
use std::fmt;
use std::time::Duration;

/// Which exchange was refused; the same code can mean two things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exchange {
    /// The POST of a join or a registration.
    #[default]
    Join,
    /// The DELETE of the device object.
    Leave,
}

/// An error body of the service, whatever its shape (entra.md 5.7).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refusal {
    /// What was asked.
    pub exchange: Exchange,
    /// HTTP status of the reply.
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
    pub(crate) fn read(reply: &http::Response<Bytes>, exchange: Exchange) -> DrsError {
        match Refusal::of_reply(reply, exchange) {
            Ok(refusal) => DrsError::Refused(Box::new(refusal)),
            Err(_) if model::is_busy(reply.status().as_u16()) => ReplyError::of_page(reply, SERVICE).into(),
            Err(error) => error.into(),
        }
    }

    fn of_reply(reply: &http::Response<Bytes>, exchange: Exchange) -> Result<Refusal, ReplyError> {
        let document = object(reply, SERVICE)?;
        let Heading { trace, retry_after } = document.heading().clone();
        let status = reply.status().as_u16();
        let mut refusal = Refusal { exchange, status, retry_after, trace, ..Refusal::default() };
        refusal.take(document.members())?;
        if refusal.is_throttled() {
            refusal.retry_after.get_or_insert(THROTTLING);
        }
        Ok(refusal)
    }

    fn take(&mut self, body: Members<'_>) -> Result<(), ReplyError> {
        if let Some(inner) = body.object("odata.error")? {
            return self.take_odata(inner);
        }
        let first = |names: &[&str]| {
            let mut found = names.iter().filter(|name| body.get(name).is_some());
            found.next().map_or(Ok(None), |name| shown(body, name))
        };
        self.code = first(&["code", "ErrorType", "ErrorCode"])?.unwrap_or_default();
        self.subcode = first(&["subcode", "ErrorSubCode"])?;
        self.message = first(&["message"])?.unwrap_or_default();
        prefer(&mut self.trace.request_id, hint(body, "requestid").or_else(|| hint(body, "TraceId")));
        prefer(&mut self.trace.server_time, hint(body, "time"));
        Ok(())
    }

    /// Shape C: the details are a list of items.
    fn take_odata(&mut self, inner: Members<'_>) -> Result<(), ReplyError> {
        self.code = shown(inner, "code")?.unwrap_or_default();
        let message = inner.object("message")?.map(|message| shown(message, "value")).transpose()?;
        self.message = message.flatten().unwrap_or_default();
        for item in inner.objects("values")?.unwrap_or_default() {
            let (name, value) = (hint(item, "item").unwrap_or_default(), hint(item, "value"));
            match name.to_ascii_lowercase().as_str() {
                "subcode" => self.subcode = value.or_else(|| self.subcode.take()),
                "requestid" => prefer(&mut self.trace.request_id, value),
                "date" => prefer(&mut self.trace.server_time, value),
                _ => {}
            }
        }
        Ok(())
    }

    /// The most specific name the service gave: what its text names, then sub-code, then code.
    pub fn name(&self) -> String {
        let by_text = IN_TEXT.iter().find(|(part, _)| contains(&self.message, part));
        if let Some((_, name)) = by_text {
            return (*name).to_owned();
        }
        let aadsts = self.message.find("AADSTS").and_then(|at| self.message.get(at..));
        let aadsts =
            aadsts.map(|text| text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
        let named = self.subcode.clone().or(aadsts).unwrap_or_else(|| self.code.clone());
        if named.is_empty() { format!("HTTP {}", self.status) } else { printable(&named, 80) }
    }

    /// Whether it says that the device object is not there.
    pub(crate) fn is_missing_device(&self) -> bool {
        let named = [Some(&self.code), self.subcode.as_ref()];
        let says = |word: &str| named.iter().flatten().any(|name| name.eq_ignore_ascii_case(word));
        MISSING.into_iter().any(says) || (self.status == 404 && !self.code.is_empty())
    }

    fn is_throttled(&self) -> bool {
        contains(&self.message, THROTTLED)
    }

    /// What the machine may do, and the line of the table that says so.
    fn judge(&self) -> (FailureClass, Option<&'static Line>) {
        let name = self.name();
        let specific = Some(name.trim_start_matches("AADSTS")).filter(|name| *name != self.code);
        let line = specific.and_then(model::refusal);
        let by_code = line.or_else(|| model::refusal(&self.code));
        let class = match (line, by_code) {
            _ if matches!(self.status, 429 | 503) || self.is_throttled() => FailureClass::Transient,
            (Some(line), _) => line.class,
            (None, _) if self.status == 401 => FailureClass::NeedsUser,
            (None, Some(line)) => line.class,
            (None, None) if self.status >= 500 => FailureClass::Transient,
            // A code that nobody knows says nothing about what may be done.
            (None, None) if self.status == 403 && self.is_plain() => FailureClass::Denied,
            (None, None) => FailureClass::Broken,
        };
        (class, by_code.filter(|line| line.class == class))
    }

    /// Whether the status alone says what a refusal means: on leaving, or where no code is given.
    fn is_plain(&self) -> bool {
        self.exchange == Exchange::Leave || self.code.is_empty()
    }

    pub(crate) fn failure(&self) -> Failure {
        let (class, line) = self.judge();
        let name = self.name();
        let leaving = self.exchange == Exchange::Leave && name == NOT_ALLOWED;
        let (meaning, who, advice) = match line {
            Some(_) if leaving => (Some(LEAVE_DENIED), Who::TenantAdmin, DELETE_BY_HAND),
            Some(line) => (Some(line.meaning), line.who, line.advice),
            None => {
                let (who, advice) = unknown_advice(class);
                (None, who, advice)
            }
        };
        let message = match (meaning, self.message.as_str()) {
            (Some(meaning), "") => meaning.to_owned(),
            (Some(meaning), text) => format!("{meaning}{SERVICE_SAYS}{text}"),
            (None, _) => format!("the registration service refused: {self}"),
        };
        let mut failure = Failure::local(class, who, &name, message, advice)
            .classified(model::refusal(name.trim_start_matches("AADSTS")));
        failure.delivery = Delivery::Answered;
        failure.retry_after = self.retry_after;
        failure.trace = self.trace.clone();
        failure
    }
}

fn prefer(old: &mut Option<String>, new: Option<String>) {
    if new.is_some() {
        *old = new;
    }
}

fn contains(text: &str, part: &str) -> bool {
    text.to_ascii_lowercase().contains(part)
}

fn unknown_advice(class: FailureClass) -> (Who, &'static str) {
    match class {
        FailureClass::Transient => (Who::Nobody, "Try again in a few minutes."),
        FailureClass::NeedsUser => (Who::User, "Sign in again."),
        FailureClass::Denied => {
            (Who::TenantAdmin, "Ask an administrator whether this account may register devices.")
        }
        FailureClass::Gone | FailureClass::Broken => (
            Who::TenantAdmin,
            "Give an administrator the ids and the time below; the registration is not changed.",
        ),
    }
}

/// In lower case; entra.md 5.7 says that the text of throttling asks for 300 seconds [inferred wording].
const THROTTLED: &str = "300 seconds";
const THROTTLING: Duration = Duration::from_secs(300);
const NOT_ALLOWED: &str = "error_authorization_request_denied";
/// Parts of texts, in lower case, that name the refusal in every shape: the quota [client code, entra.md
/// 5.7], a person who may not join (entra.md 6.5) and a missing second factor [both inferred].
const IN_TEXT: [(&str, &str); 3] = [
    ("devicecapreached", "error_directory_quota_exceeded"),
    ("to device join", NOT_ALLOWED),
    ("multi-factor authentication is required", "error_mfa_required"),
];
/// entra.md 5.7: sub-codes of a device object that is not there; a 404 with a code is taken for the same
/// \[inferred\].
const MISSING: [&str; 2] = ["error_missing_device", "DeviceNotFound"];
/// entra.md 5.7: the same sub-code is also the answer to a disabled device.
const LEAVE_DENIED: &str =
    "the service does not let this device delete itself; a disabled device is answered so";
const DELETE_BY_HAND: &str = "Ask an administrator to delete the device object, then leave with --force.";
