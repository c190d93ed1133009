use crate::refusal::Refusal;
use model::{Delivery, Failure, FailureClass, Who};
use reply::ReplyError;
use x509::X509Error;

/// What can be wrong with an exchange, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrsError {
    /// The service said no, in one of its three shapes.
    #[error("the registration service refused: {0}")]
    Refused(Box<Refusal>),
    /// Something else answers, the service does not work, or its answer has not the form of the protocol.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The reply has no certificate, or one that cannot be read.
    #[error("the reply to the join cannot be used: {0}")]
    Unreadable(String),
    /// The certificate is for another key.
    #[error("the certificate is for another key than this machine's")]
    ForeignKey,
    /// The subject of the certificate is no device id.
    #[error("the certificate names no device id but '{0}'")]
    NoDeviceId(String),
    /// The certificate is of another tenant.
    #[error("the certificate is for tenant {found}, not {wanted}")]
    ForeignTenant {
        /// The tenant id in the certificate.
        found: String,
        /// The tenant id that was asked for.
        wanted: String,
    },
    /// The certificate is not valid at the time of the reply, with a day of skew.
    #[error("the certificate is valid from {from} to {until}, which is not now")]
    Dates {
        /// `notBefore` of the certificate, for people.
        from: String,
        /// `notAfter` of the certificate, for people.
        until: String,
    },
    /// The endpoint is no URL.
    #[error("the join endpoint '{0}' is no https URL")]
    Endpoint(String),
    /// The certificate request could not be built.
    #[error(transparent)]
    Request(X509Error),
    /// The reply's certificate cannot be read.
    #[error("the reply to the join cannot be used: {0}")]
    Certificate(X509Error),
}

impl DrsError {
    /// The failure of a request that may have made an object.
    pub fn failure_of_join(&self) -> Failure {
        let mut failure = self.failure();
        let own_words = matches!(self, DrsError::Refused(refusal) if !refusal.code.is_empty());
        let status = failure.trace.http_status.unwrap_or_default();
        if Delivery::of_error(status, own_words) == Delivery::InDoubt {
            (failure.delivery, failure.class) = (Delivery::InDoubt, FailureClass::Transient);
        }
        failure
    }

    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        match self {
            DrsError::Refused(refusal) => refusal.failure(),
            DrsError::Reply(error) => not_read(error),
            DrsError::Endpoint(_) | DrsError::Request(_) => self.not_asked(),
            _ => self.sent_so(),
        }
    }

    fn not_asked(&self) -> Failure {
        let advice = "Please report it; nothing was sent and the registration is not changed.";
        Failure::local(FailureClass::Broken, Who::Developers, "NoRequest", self.to_string(), advice)
    }

    /// A reply that says "made" and cannot be used: the service sent it so.
    fn sent_so(&self) -> Failure {
        let code = match self {
            DrsError::ForeignKey => "ForeignKey",
            DrsError::NoDeviceId(_) => "NoDeviceId",
            DrsError::ForeignTenant { .. } => "ForeignTenant",
            DrsError::Dates { .. } => "CertificateDates",
            _ => "UnusableReply",
        };
        let advice = "Sign in again; the reply is kept, and aad-tool status lists what may have been made.";
        let failure = ReplyError::unusable(self.to_string());
        Failure { code: code.to_owned(), advice: advice.to_owned(), ..failure }
    }
}

/// A web page or nothing: mostly a proxy or a portal, but a gateway of the service's own may say 401 or 403 in this
/// way, and that is an answer.
fn not_read(error: &ReplyError) -> Failure {
    let failure = error.failure();
    let class = match (error, error.heading().status()) {
        (ReplyError::NotJson { .. }, 401) => FailureClass::NeedsUser,
        (ReplyError::NotJson { .. }, 403) => FailureClass::Denied,
        _ => failure.class,
    };
    Failure { class, ..failure }
}
