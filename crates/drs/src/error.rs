use crate::refusal::Refusal;
use model::{Delivery, Failure, FailureClass, Trace, Who, refusal};
use std::time::Duration;
use x509::X509Error;

/// What can be wrong with an exchange, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DrsError {
    /// The service said no, in one of its three shapes.
    #[error("the registration service refused: {0}")]
    Refused(Box<Refusal>),
    /// The answer is not the service's: HTML, or no JSON.
    #[error("the answer (HTTP {status}) is not from the registration service: {excerpt}")]
    NotJson {
        /// HTTP status of the reply.
        status: u16,
        /// Its first 80 printable characters.
        excerpt: String,
        /// A wish to be left alone.
        retry_after: Option<Duration>,
        /// What its headers say of the call.
        trace: Box<Trace>,
    },
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
    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        match self {
            DrsError::Refused(refusal) => refusal.failure(),
            DrsError::NotJson { retry_after, trace, .. } => self.not_ours(*retry_after, trace),
            DrsError::Endpoint(_) | DrsError::Request(_) => self.not_asked(),
            _ => self.broken(),
        }
    }

    /// A web page or nothing: mostly a proxy or a portal, but a gateway of the service's own may say 401 or
    /// 403 in this way, and that is an answer.
    fn not_ours(&self, retry_after: Option<Duration>, trace: &Trace) -> Failure {
        let class = match trace.http_status {
            Some(401) => FailureClass::NeedsUser,
            Some(403) => FailureClass::Denied,
            _ => FailureClass::Transient,
        };
        let (who, advice) =
            refusal("NotJson").map_or((Who::MachineAdmin, ""), |line| (line.who, line.advice));
        let mut failure = Failure::local(class, who, "NotJson", self.to_string(), advice);
        failure.delivery = Delivery::Answered;
        failure.retry_after = retry_after;
        failure.trace = trace.clone();
        failure
    }

    fn not_asked(&self) -> Failure {
        let advice = "Please report it; nothing was sent and the registration is not changed.";
        Failure::local(FailureClass::Broken, Who::Developers, "NoRequest", self.to_string(), advice)
    }

    fn broken(&self) -> Failure {
        let code = match self {
            DrsError::ForeignKey => "ForeignKey",
            DrsError::NoDeviceId(_) => "NoDeviceId",
            DrsError::ForeignTenant { .. } => "ForeignTenant",
            DrsError::Dates { .. } => "CertificateDates",
            _ => "UnusableReply",
        };
        let advice = "Sign in again; the reply is kept, please report it.";
        let mut failure =
            Failure::local(FailureClass::Broken, Who::Developers, code, self.to_string(), advice);
        failure.delivery = Delivery::Answered;
        failure
    }
}
