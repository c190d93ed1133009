use crate::{Heading, Service, heading};
use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, is_busy, printable, refusal};

/// Why a reply says nothing that can be used, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A web page, a redirect or nothing, and no status of a server that failed: something answers in the service's
    /// place, such as a captive portal or a proxy.
    #[error("the answer (HTTP {}) is not from {from}: {excerpt}", heading.status())]
    NotJson {
        /// Who should have answered.
        from: Service,
        /// What its headers say.
        heading: Box<Heading>,
        /// Its first 80 printable characters, or what is wrong with its JSON.
        excerpt: String,
    },
    /// The service, or the front door before it, does not work and gives no reason that can be read.
    #[error("{from} does not work at the moment (HTTP {})", heading.status())]
    Busy {
        /// Who should have answered.
        from: Service,
        /// What its headers say.
        heading: Box<Heading>,
    },
    /// JSON of another shape than the protocol's: the service sent it so.
    #[error("{from} sent {found} as '{member}', where {wanted} belongs")]
    Member {
        /// Who sent it.
        from: Service,
        /// Its name, with the names around it: `odata.error.code`.
        member: String,
        /// What it is.
        found: &'static str,
        /// What it must be.
        wanted: &'static str,
        /// What the headers say, where they are known.
        heading: Box<Heading>,
    },
}

impl ReplyError {
    /// The error of a reply whose body is no JSON.
    pub fn of_page(reply: &Response<Bytes>, from: Service) -> ReplyError {
        let heading = Box::new(heading(reply));
        match is_busy(heading.status()) {
            true => ReplyError::Busy { from, heading },
            false => ReplyError::NotJson { from, heading, excerpt: excerpt(reply.body()) },
        }
    }

    /// What the headers of its reply say.
    pub fn heading(&self) -> &Heading {
        match self {
            ReplyError::NotJson { heading, .. }
            | ReplyError::Busy { heading, .. }
            | ReplyError::Member { heading, .. } => heading,
        }
    }

    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        let code = match self {
            ReplyError::NotJson { .. } => "NotJson",
            ReplyError::Busy { .. } => "ServiceBusy",
            ReplyError::Member { .. } => UNUSABLE_REPLY,
        };
        let mut failure = of_line(code, self.to_string());
        failure.trace = self.heading().trace.clone();
        failure.retry_after = self.heading().retry_after;
        failure
    }

    /// The failure of a reply of the service that cannot be used for a reason of its own.
    pub fn unusable(message: String) -> Failure {
        of_line(UNUSABLE_REPLY, message)
    }
}

/// A failure as the table of refusals has it.
fn of_line(code: &str, message: String) -> Failure {
    let line = refusal(code).unwrap_or(model::UNKNOWN_REFUSAL);
    let failure = Failure::local(line.class, line.who, code, message, line.advice);
    Failure { delivery: Delivery::Answered, ..failure }
}

/// JSON that is cut short could hold a token: only its place is told.
fn excerpt(body: &[u8]) -> String {
    if body.trim_ascii_start().starts_with(b"{") {
        return match serde_json::from_slice::<serde_json::Value>(body) {
            Err(error) => format!("invalid JSON at line {}, column {}", error.line(), error.column()),
            Ok(_) => "unexpected JSON".to_owned(),
        };
    }
    let start = body.get(..EXCERPT * 4).unwrap_or(body);
    match printable(&String::from_utf8_lossy(start), EXCERPT) {
        nothing if nothing.is_empty() => "nothing".to_owned(),
        text => text,
    }
}

const UNUSABLE_REPLY: &str = "UnusableReply";
const EXCERPT: usize = 80;
