use bytes::Bytes;
use http::Response;
use model::{Delivery, Failure, FailureClass, Who, printable};
use reply::{Document, Moment, ReplyError, ServerError, Service};

/// What can be wrong with a document of discovery, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The service refuses with a reason, such as an unknown tenant (AADSTS90002).
    #[error("the service refused to give {what}: {error}")]
    Refused {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// What it says.
        error: Box<ServerError>,
    },
    /// The document is given only to a signed-in caller.
    #[error("the service wants a token for this document")]
    NeedsToken,
    /// Something else answers, the service does not work, or the answer is no such document.
    #[error("{error}; {what} was asked for")]
    Reply {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// What came instead.
        error: ReplyError,
    },
    /// The document contradicts itself, or holds nothing of use.
    #[error("the answer is not {what}: {why}")]
    Unusable {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The document names an endpoint outside the hosts of the cloud.
    #[error("{what} names '{url}', which is not on a host of the configured cloud")]
    ForeignHost {
        /// The document that was asked for, in words for people.
        what: &'static str,
        /// The refused URL.
        url: String,
    },
}

impl DiscoveryError {
    pub(crate) fn unusable(what: &'static str, why: &str) -> DiscoveryError {
        DiscoveryError::Unusable { what, why: printable(why, 200) }
    }

    pub(crate) fn foreign(what: &'static str, url: &str) -> DiscoveryError {
        DiscoveryError::ForeignHost { what, url: printable(url, 200) }
    }

    /// A member that is not as it must be.
    pub(crate) fn member(what: &'static str) -> impl Fn(ReplyError) -> DiscoveryError {
        move |error| DiscoveryError::Reply { what, error }
    }

    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        let failure = match self {
            DiscoveryError::Refused { error, .. } => return error.failure(Moment::BeforeRegistration),
            DiscoveryError::Reply { error, .. } => {
                return Failure { message: self.to_string(), ..error.failure() };
            }
            DiscoveryError::NeedsToken => self.local(NEEDS_TOKEN, "Sign in again."),
            DiscoveryError::Unusable { .. } => {
                let failure = ReplyError::unusable(self.to_string());
                Failure { code: "UnusableDocument".to_owned(), ..failure }
            }
            DiscoveryError::ForeignHost { .. } => {
                self.local(FOREIGN_HOST, "Check the options cloud and authority_host in himmelblau.conf.")
            }
        };
        Failure { delivery: Delivery::Answered, ..failure }
    }

    fn local(&self, (class, who, code): (FailureClass, Who, &str), advice: &str) -> Failure {
        Failure::local(class, who, code, self.to_string(), advice)
    }
}

/// Reads a document of a successful reply, or why there is none.
pub(crate) fn document(
    reply: &Response<Bytes>,
    from: Service,
    what: &'static str,
) -> Result<Document, DiscoveryError> {
    if reply.status().is_success() {
        return reply::object(reply, from).map_err(DiscoveryError::member(what));
    }
    let error = ServerError::read(reply, from).map_err(DiscoveryError::member(what))?;
    Err(DiscoveryError::Refused { what, error: Box::new(error) })
}

pub(crate) const SIGN_IN: Service = "the sign-in service";
pub(crate) const REGISTRATION: Service = "the registration service";
const NEEDS_TOKEN: (FailureClass, Who, &str) = (FailureClass::NeedsUser, Who::User, "NeedsToken");
const FOREIGN_HOST: (FailureClass, Who, &str) = (FailureClass::Denied, Who::MachineAdmin, "ForeignHost");
