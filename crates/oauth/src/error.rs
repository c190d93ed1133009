use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, FailureClass, Trace, Who};
use reply::{Document, Moment, ReplyError, ServerError, Service};

/// What can be wrong with an exchange, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The service said no.
    #[error("{0}")]
    Refused(Box<ServerError>),
    /// The device code is not one to show to anybody.
    #[error("the device code that came is not shown: {0}")]
    Prompt(String),
    /// Graph said no.
    #[error("{0}")]
    Graph(Box<GraphRefusal>),
    /// The answer is not the service's, or not what the protocol says.
    #[error(transparent)]
    Reply(#[from] ReplyError),
}

/// Reads the object of a success, or why there is none.
///
/// # Errors
/// [`OauthError::Refused`] for an error object, [`OauthError::Reply`] for any other body.
pub fn success(reply: &Response<Bytes>) -> Result<Document, OauthError> {
    if !reply.status().is_success() {
        return Err(OauthError::Refused(Box::new(ServerError::read(reply, SERVICE)?)));
    }
    Ok(reply::object(reply, SERVICE)?)
}

impl OauthError {
    /// The failure a machine can judge.
    pub fn failure(&self, moment: Moment) -> Failure {
        match self {
            OauthError::Refused(error) => error.failure(moment),
            OauthError::Prompt(_) => {
                let advice = "Type no code anywhere. Check what answers in the service's place: a proxy or a captive portal.";
                let (class, who) = (FailureClass::Denied, Who::MachineAdmin);
                let failure = Failure::local(class, who, "UnusablePrompt", self.to_string(), advice);
                Failure { delivery: Delivery::Answered, ..failure }
            }
            OauthError::Graph(refusal) => {
                let (class, who) = (FailureClass::Denied, Who::TenantAdmin);
                let failure = Failure::local(class, who, "GraphRefused", refusal.to_string(), GRAPH_ADVICE);
                Failure { delivery: Delivery::Answered, trace: refusal.trace.clone(), ..failure }
            }
            OauthError::Reply(error) => error.failure(),
        }
    }
}

/// The error object of Graph: `{"error": {"code": "…", "message": "…"}}`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Microsoft Graph refuses ({code}): {text}")]
pub struct GraphRefusal {
    /// `code`, for people: at most 64 characters.
    pub code: String,
    /// `message`: at most 300 characters.
    pub text: String,
    /// What finds the call in the logs.
    pub trace: Trace,
}

impl GraphRefusal {
    /// Reads it; none for another shape, and for a service that does not work.
    pub(crate) fn read(reply: &Response<Bytes>) -> Option<GraphRefusal> {
        if model::is_busy(reply.status().as_u16()) {
            return None;
        }
        let body = reply::object(reply, "Microsoft Graph").ok()?;
        let error = body.members().object("error").ok()??;
        let code = model::printable(error.text("code").ok()??, 64);
        let text = model::printable(error.text("message").ok().flatten().unwrap_or_default(), 300);
        Some(GraphRefusal { code, text, trace: body.heading().trace.clone() })
    }
}

const GRAPH_ADVICE: &str =
    "Ask an administrator of your organisation whether this may be read (GroupMember.Read.All).";

/// Who answers, in words for people.
pub const SERVICE: Service = "the sign-in service";
