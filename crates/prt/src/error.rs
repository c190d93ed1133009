use crate::JweFault;
use model::{Delivery, Failure, FailureClass, Who};
use oauth::OauthError;
use reply::{Moment, ReplyError};

/// What can be wrong with an exchange, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrtError {
    /// The service said no, or something else answered in its place.
    #[error(transparent)]
    Service(#[from] OauthError),
    /// A member that the reply must have is not there, or not what it must be.
    #[error("the reply of the sign-in service has no usable {0}")]
    Missing(&'static str),
    /// A claim of the reply is not the session's.
    #[error("the primary refresh token is of another account: {0} differs")]
    AnotherAccount(&'static str),
    /// `session_key_jwe` is not of the form that the protocol gives it.
    #[error("the session key cannot be used: {0}")]
    SessionKey(JweFault),
    /// What was unwrapped is no session key.
    #[error("the session key has {0} bytes, not 32")]
    KeyLength(usize),
    /// A sealed reply does not open.
    #[error("the encrypted reply cannot be opened: {0}")]
    Sealed(JweFault),
    /// The service wants to see the person instead of giving a code.
    #[error("the service shows its sign-in page")]
    SignInPage,
}

impl PrtError {
    /// The failure a machine can judge.
    pub fn failure(&self) -> Failure {
        let sent_so = |code: &str| {
            let failure = ReplyError::unusable(self.to_string());
            Failure { code: code.to_owned(), ..failure }
        };
        let (class, who, code, advice) = match self {
            PrtError::Service(error) => return error.failure(Moment::AfterRegistration),
            PrtError::Missing(_) => return ReplyError::unusable(self.to_string()),
            PrtError::SessionKey(_) | PrtError::KeyLength(_) => return sent_so("SessionKey"),
            PrtError::Sealed(_) => return sent_so("SealedReply"),
            PrtError::AnotherAccount(_) => {
                (FailureClass::Denied, Who::TenantAdmin, "AnotherAccount", SOMETHING_BETWEEN)
            }
            PrtError::SignInPage => (FailureClass::NeedsUser, Who::User, "SignInPage", "Sign in again."),
        };
        let failure = Failure::local(class, who, code, self.to_string(), advice);
        Failure { delivery: Delivery::Answered, ..failure }
    }
}

impl From<ReplyError> for PrtError {
    fn from(error: ReplyError) -> PrtError {
        PrtError::Service(error.into())
    }
}

const SOMETHING_BETWEEN: &str =
    "Sign in again; if it stays, something between this machine and the service changes its answers.";
