use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, FailureClass, Who};
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
            OauthError::Reply(error) => error.failure(),
        }
    }
}

/// Who answers, in words for people.
pub const SERVICE: Service = "the sign-in service";
