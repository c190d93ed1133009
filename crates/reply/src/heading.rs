use bytes::Bytes;
use http::Response;
use model::{Trace, printable};
use std::time::Duration;

/// What the headers of a reply say of the call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Heading {
    /// Its status, its ids, and the server's time.
    pub trace: Trace,
    /// The service's wish to be left alone, at most an hour.
    pub retry_after: Option<Duration>,
}

impl Heading {
    /// The HTTP status of the reply.
    pub fn status(&self) -> u16 {
        self.trace.http_status.unwrap_or_default()
    }
}

/// Reads the headers; the sign-in service and the registration service name their ids differently (entra.md 10.1).
pub fn heading(reply: &Response<Bytes>) -> Heading {
    let text = |name: &str| reply.headers().get(name)?.to_str().ok();
    let short = |name: &str| Some(printable(text(name)?, 64)).filter(|text| !text.is_empty());
    Heading {
        trace: Trace {
            http_status: Some(reply.status().as_u16()),
            request_id: short("x-ms-request-id").or_else(|| short("request-id")),
            correlation_id: short("client-request-id"),
            server_time: short("date"),
        },
        retry_after: text("retry-after").and_then(|wish| model::retry_after(wish, text("date"))),
    }
}
