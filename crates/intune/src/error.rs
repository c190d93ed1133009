use crate::refusal::{Refusal, Service};
use model::{Delivery, Failure, FailureClass, Who, printable};
use reply::ReplyError;
use x509::X509Error;

/// What can be wrong with an exchange, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntuneError {
    /// The service said no.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Something else answers: a web page, a redirect, or no JSON.
    #[error(transparent)]
    Reply(ReplyError),
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
    #[error("the reply to the enrolment has '{0}' as deviceId, which is no GUID")]
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

    /// The failure of a request that may have made a device.
    pub fn failure_of_enrolment(&self) -> Failure {
        let failure = self.failure();
        let own_words =
            matches!(self, IntuneError::Refused(it) if !it.code.is_empty() || !it.text.is_empty());
        let doubt = failure.trace.http_status.map(|status| Delivery::of_error(status, own_words));
        Failure { delivery: doubt.unwrap_or(failure.delivery), ..failure }
    }

    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        if let IntuneError::Refused(refusal) = self {
            return refusal.failure();
        }
        if let IntuneError::Reply(error) = self {
            return not_read(error);
        }
        let (class, who, code, advice) = self.judge();
        let failure = Failure::local(class, who, code, self.to_string(), advice);
        Failure { delivery: self.delivery(), ..failure }
    }

    fn delivery(&self) -> Delivery {
        match self {
            IntuneError::Request(_) | IntuneError::ForeignTarget(_) => Delivery::NotSent,
            _ => Delivery::Answered,
        }
    }

    fn judge(&self) -> (FailureClass, Who, &'static str, &'static str) {
        match self {
            IntuneError::NoEndpoint(_) => {
                (FailureClass::Denied, Who::TenantAdmin, "NoIntuneEndpoint", SET_UP_INTUNE)
            }
            IntuneError::Request(X509Error::CommonName(_)) => {
                (FailureClass::Denied, Who::MachineAdmin, "DeviceName", "Set another `device_name`.")
            }
            IntuneError::Request(_) => (FailureClass::Broken, Who::Developers, self.fault(), REPORT),
            // The service sent it so.
            _ => (FailureClass::Broken, Who::Nobody, self.fault(), SENT_SO),
        }
    }

    /// The stable name of what nobody else can mend.
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

/// A gateway of the service's own may say 401 or 403 with a web page, and that is an answer.
fn not_read(error: &ReplyError) -> Failure {
    let failure = error.failure();
    let class = match error.heading().status() {
        401 => FailureClass::NeedsUser,
        403 => FailureClass::Denied,
        _ => failure.class,
    };
    Failure { class, ..failure }
}

const SENT_SO: &str = "Nothing was changed. Sign in again later; if it stays, give an administrator the ids and the time below.";
const SET_UP_INTUNE: &str = "Ask an administrator whether Intune is set up for Linux in this organisation.";
const REPORT: &str = "Please report it; the registration is not changed.";
