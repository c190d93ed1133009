use crate::refusal::{Refusal, Service};
use model::{Delivery, Failure, FailureClass, Trace, Who, printable};
use std::time::Duration;
use x509::X509Error;

/// What can be wrong with an exchange, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntuneError {
    /// The service said no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// The answer is not the service's: a web page, a redirect, or no JSON.
    #[error("the answer (HTTP {status}) is not from {from}: {excerpt}")]
    NotJson {
        /// Who should have answered.
        from: Service,
        /// HTTP status; 2xx too, when a success is no JSON.
        status: u16,
        /// Its first 80 printable characters.
        excerpt: String,
        /// A wish to be left alone.
        retry_after: Option<Duration>,
        /// What its headers say of the call.
        trace: Box<Trace>,
    },
    /// A success does not hold what it should.
    #[error("the answer of {from} cannot be used: {why}")]
    Unusable {
        /// The service whose success it is.
        from: Service,
        /// What is wrong with it.
        why: String,
    },
    /// The tenant has no such service.
    #[error("this organisation has no endpoint '{0}' of Intune")]
    NoEndpoint(&'static str),
    /// An endpoint is no https base.
    #[error("the endpoint '{0}' of Intune is no https address")]
    Uri(String),
    /// The target of the retirement is elsewhere.
    #[error("the retirement would go to '{0}', which is not on the host of IWService")]
    ForeignTarget(String),
    /// The certificate request could not be built.
    #[error(transparent)]
    Request(X509Error),
    /// The certificate of the reply cannot be read.
    #[error("the reply to the enrolment cannot be used: {0}")]
    Certificate(X509Error),
    /// The certificate is for another key.
    #[error("the Intune certificate is for another key than this machine's")]
    ForeignKey,
    /// `deviceId` is absent or no GUID.
    #[error("the reply to the enrolment names no device id but '{0}'")]
    NoDeviceId(String),
    /// The certificate is not valid at the time of the reply, with a day of skew.
    #[error("the Intune certificate is valid from {from} to {until}, which is not now")]
    Dates {
        /// `notBefore` of the certificate, in RFC 3339 (UTC).
        from: String,
        /// `notAfter` of the certificate, in RFC 3339 (UTC).
        until: String,
    },
}

impl IntuneError {
    pub(crate) fn unusable(from: Service, why: &str) -> IntuneError {
        IntuneError::Unusable { from, why: printable(why, 200) }
    }

    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        if let IntuneError::Refused(refusal) = self {
            return refusal.failure();
        }
        let (class, who, code, advice) = self.judge();
        let mut failure = Failure::local(class, who, code, self.to_string(), advice);
        failure.delivery = self.delivery();
        if let IntuneError::NotJson { retry_after, trace, .. } = self {
            failure.retry_after = *retry_after;
            failure.trace = trace.as_ref().clone();
        }
        failure
    }

    fn delivery(&self) -> Delivery {
        match self {
            IntuneError::Request(_) | IntuneError::ForeignTarget(_) => Delivery::NotSent,
            _ => Delivery::Answered,
        }
    }

    fn judge(&self) -> (FailureClass, Who, &'static str, &'static str) {
        match self {
            // A gateway of the service's own may say 401 or 403 with a web page, and that is an answer.
            IntuneError::NotJson { status, .. } => {
                let class = match status {
                    401 => FailureClass::NeedsUser,
                    403 => FailureClass::Denied,
                    _ => FailureClass::Transient,
                };
                (class, Who::MachineAdmin, "NotJson", PORTAL)
            }
            IntuneError::NoEndpoint(_) => {
                (FailureClass::Denied, Who::TenantAdmin, "NoIntuneEndpoint", SET_UP_INTUNE)
            }
            IntuneError::Request(X509Error::CommonName(_)) => {
                (FailureClass::Denied, Who::MachineAdmin, "DeviceName", "Set another `device_name`.")
            }
            _ => (FailureClass::Broken, Who::Developers, self.fault(), REPORT),
        }
    }

    /// The stable name of what only the developers can mend.
    fn fault(&self) -> &'static str {
        match self {
            IntuneError::Uri(_) => "EndpointUri",
            IntuneError::ForeignTarget(_) => "ForeignTarget",
            IntuneError::Request(_) => "NoRequest",
            IntuneError::ForeignKey => "ForeignKey",
            IntuneError::NoDeviceId(_) => "NoDeviceId",
            IntuneError::Dates { .. } => "CertificateDates",
            _ => "UnusableReply",
        }
    }
}

const PORTAL: &str = "Check what answers in the service's place: a proxy or a captive portal.";
const SET_UP_INTUNE: &str = "Ask an administrator whether Intune is set up for Linux in this organisation.";
const REPORT: &str = "Please report it; the registration is not changed.";
