use crate::{Cause, DeviceTrouble, Guid, Refusal, Timestamp, word_enum};
use std::time::Duration;

word_enum! {
    /// What the machine may do about a failure; it branches on this and on what is typed, never on text.
    pub enum FailureClass {
        /// Back off and try again with the same keys.
        Transient = "transient",
        /// A person has to sign in (again) or to do something first.
        NeedsUser = "needs_user",
        /// Refused; stop and say who can fix it.
        Denied = "denied",
        /// What was to be removed is not there any more.
        Gone = "gone",
        /// Not understood; report it and change nothing in the identity.
        Broken = "broken",
    }
}

word_enum! {
    /// Who can fix a failure.
    pub enum Who {
        /// Nobody here needs to: it passes, or the service sent what it should not.
        Nobody = "nobody",
        /// The person who signs in.
        User = "user",
        /// The administrator of the tenant.
        TenantAdmin = "tenant_admin",
        /// The administrator of this machine.
        MachineAdmin = "machine_admin",
        /// The developers of Firmament.
        Developers = "developers",
    }
}

impl Who {
    /// How messages for people name them.
    pub fn description(self) -> &'static str {
        match self {
            Who::Nobody => "no one; it resolves by itself",
            Who::User => "you",
            Who::TenantAdmin => "an administrator of your organisation",
            Who::MachineAdmin => "an administrator of this machine",
            Who::Developers => "the developers of Firmament",
        }
    }
}

word_enum! {
    /// How far a request got before it failed.
    pub enum Delivery {
        /// Not all of the request left this machine: the server cannot have acted on it.
        NotSent = "not_sent",
        /// The server answered, so what it did is known.
        Answered = "answered",
        /// All of it left and no answer came: the server may have acted on it.
        InDoubt = "in_doubt",
    }
}

impl Delivery {
    /// What became of a request that may change something and was answered with an error.
    ///
    /// An error in the service's own words is an answer: it did not do it. Nor did a front door that lets nothing in
    /// (429, 503 and others). But 502 and 504 come from a gateway that lost the service's answer, and 500 without a word
    /// from a service that failed in the middle: nobody says what it did.
    pub fn of_error(http_status: u16, in_own_words: bool) -> Delivery {
        match http_status {
            500 | 502 | 504 if !in_own_words => Delivery::InDoubt,
            _ => Delivery::Answered,
        }
    }
}

/// What finds a call again in the service's logs; each part only where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// The HTTP status of the reply.
    pub http_status: Option<u16>,
    /// The server's id of the request (`request-id`, `x-ms-request-id`, `trace_id`).
    pub request_id: Option<String>,
    /// The id that both sides know (`client-request-id`, `correlation_id`).
    pub correlation_id: Option<String>,
    /// The server's own time of the failure, as it wrote it.
    pub server_time: Option<String>,
}

/// The code of a failure to write the state of this machine.
pub const STATE_NOT_WRITABLE: &str = "StateNotWritable";

/// What stands in a failure's message between our words and those of the service.
pub const SERVICE_SAYS: &str = "; the service says: ";

/// A step that did not succeed: what happened, who can fix it and what to do next.
///
/// No field holds a secret, and no text holds a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the machine may do about it.
    pub class: FailureClass,
    /// Who can fix it.
    pub who: Who,
    /// What it says of the device itself.
    pub trouble: Option<DeviceTrouble>,
    /// What a sign-in or a token request lacked.
    pub cause: Option<Cause>,
    /// A stable name for people: `AADSTS50126`, `error_directory_quota_exceeded`, `ClockSkew`, `GuestAccount`, …
    pub code: String,
    /// What happened, one sentence.
    pub message: String,
    /// The next step, one sentence.
    pub advice: String,
    /// How far the request got.
    pub delivery: Delivery,
    /// The server's wish to be left alone for so long.
    pub retry_after: Option<Duration>,
    /// A `claims` challenge that the next sign-in has to carry (RFC 9470 style, AADSTS50076 and kin).
    pub claims: Option<String>,
    /// Where to find the call in the service's logs.
    pub trace: Trace,
    /// The object that the reply names as made, though nothing else of it is of use.
    pub made: Option<Guid>,
    /// When it happened here.
    pub at: Option<Timestamp>,
}

impl Failure {
    /// A failure that happened on this machine, before or without a call.
    pub fn local(class: FailureClass, who: Who, code: &str, message: String, advice: &str) -> Failure {
        Failure {
            class,
            who,
            trouble: None,
            cause: None,
            code: code.to_owned(),
            message,
            advice: advice.to_owned(),
            delivery: Delivery::NotSent,
            retry_after: None,
            claims: None,
            trace: Trace::default(),
            made: None,
            at: None,
        }
    }

    /// Whether it says that the state of this machine cannot be written; only who looks after the disk can help.
    pub fn is_not_writable(&self) -> bool {
        self.code == STATE_NOT_WRITABLE
    }

    /// The same with what the table of refusals says of its cause.
    pub fn classified(self, line: Option<&Refusal>) -> Failure {
        let (trouble, cause) = line.map_or((None, None), |line| (line.trouble, line.cause));
        Failure { trouble, cause, ..self }
    }

    /// The same about the device itself.
    pub fn about_device(self, trouble: DeviceTrouble) -> Failure {
        Failure { trouble: Some(trouble), ..self }
    }

    /// The same with its cause.
    pub fn because(self, cause: Cause) -> Failure {
        Failure { cause: Some(cause), ..self }
    }
}

/// Logs a failure at a level, after fields of the caller's own, by what finds it again: class, code, HTTP status and
/// the ids of the request. Its sentence may hold the name of a person and is logged at DEBUG alone.
///
/// Whoever calls it depends on `tracing`: `log_failure!(warn, &failure, { %tenant, }, "Session failed")`.
#[macro_export]
macro_rules! log_failure {
    ($level:ident, $failure:expr, { $($field:tt)* }, $text:literal) => {{
        let failure: &$crate::Failure = $failure;
        tracing::$level!(
            $($field)*
            class = ?failure.class,
            code = %failure.code,
            http_status = failure.trace.http_status,
            request_id = failure.trace.request_id.as_deref(),
            correlation_id = failure.trace.correlation_id.as_deref(),
            $text
        );
        tracing::debug!(code = %failure.code, sentence = %failure.message, $text);
    }};
}
