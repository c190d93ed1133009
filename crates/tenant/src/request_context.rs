//! One request as the endpoints see it, and how it is refused.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, Method};
use serde_json::json;
use std::sync::Arc;
use tenant_model::knobs::Knobs;
use tenant_model::setup::Peer;
use tenant_wire::answer::{Answer, Ids};
use tenant_wire::cloud::Hosts;
use tenant_wire::drs_error::{DrsError, Operation};
use tenant_wire::forms::{self, Form};
use time::OffsetDateTime;
use uuid::Uuid;

/// What the endpoints know of one request: its time, its tenant and what the client sent.
#[derive(Debug, Clone)]
pub(crate) struct RequestContext {
    /// The time at the service, which a knob can move.
    pub(crate) now: OffsetDateTime,
    /// The same, in milliseconds since 1970.
    pub(crate) now_ms: i64,
    pub(crate) ids: Ids,
    pub(crate) method: Method,
    pub(crate) user_agent: String,
    /// The token of `Authorization`, without `Bearer`.
    pub(crate) bearer: Option<String>,
    pub(crate) peer: Peer,
    /// Path in lower case, split at `/`.
    pub(crate) path: Vec<String>,
    pub(crate) query: Form,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The tenant it is about, as far as that can be known before it is judged.
    pub(crate) tenant: Option<Uuid>,
    /// What is in force for that tenant.
    pub(crate) knobs: Arc<Knobs>,
    /// The hosts that documents for that tenant name.
    pub(crate) hosts: Hosts,
}

impl RequestContext {
    /// Whether the path is that of version 2, where numbers are numbers.
    pub(crate) fn is_v2(&self) -> bool {
        self.path.iter().any(|word| word == "v2.0")
    }

    /// The fields of the body; a client that shows its secret in a header is in them too.
    pub(crate) fn form(&self) -> Form {
        let form = Form::parse(&self.body);
        let header = self.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        match header.and_then(forms::basic) {
            Some((client, secret)) => form.with("client_id", client).with("client_secret", secret),
            None => form,
        }
    }

    /// The error object of entra.md 2.8.
    pub(crate) fn error(&self, code: u32, error: &str, text: &str) -> Answer {
        self.named(code, self.ids.error(self.now, code, error, text))
    }

    /// The error `invalid_grant`, which most refusals are.
    pub(crate) fn deny(&self, code: u32, text: &str) -> Answer {
        self.error(code, "invalid_grant", text)
    }

    /// The refusal with this number, with all that goes with it.
    pub(crate) fn refuse(&self, code: u32) -> Answer {
        self.named(code, self.ids.refuse(self.now, code))
    }

    /// The refusal with the `error` that a knob gives its number.
    fn named(&self, code: u32, mut answer: Answer) -> Answer {
        if let Some(error) = self.knobs.error_strings.get(&code.to_string()) {
            answer.set("error", json!(error));
        }
        answer
    }

    /// Whether the path leaves the tenant open.
    pub(crate) fn is_for_any_tenant(&self) -> bool {
        self.path.first().is_some_and(|word| word == "common" || word == "organizations")
    }

    /// A refusal of a request to the registration service that is wrong in itself, or whose object is not there.
    pub(crate) fn bad_request(&self, subcode: &str, message: &str) -> Answer {
        self.drs_error(DrsError { status: 400, code: "invalid_request", subcode, message })
    }

    /// A refusal of who asks the registration service.
    pub(crate) fn unauthorised(&self, status: u16, subcode: &str, message: &str) -> Answer {
        self.drs_error(DrsError { status, code: "authorization_error", subcode, message })
    }

    /// A refusal of the registration service in the shape in force.
    pub(crate) fn drs_error(&self, error: DrsError<'_>) -> Answer {
        let operation = Operation::of(self.method.as_str(), &self.path);
        error.answer(self.knobs.drs_error_shape, operation, &self.ids, self.now)
    }
}
