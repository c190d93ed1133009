//! What a module answers, sorted by culprit.

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use hsm::HsmError;

/// Why one piece of work on the token failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The module's own answer.
    Module(Error),
    /// The session is there and nobody is logged in: private objects are invisible, not gone.
    LoggedOut,
    /// What this crate found out itself.
    Ours(HsmError),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Module(error)
    }
}

impl From<HsmError> for Fault {
    fn from(error: HsmError) -> Fault {
        Fault::Ours(error)
    }
}

impl Fault {
    /// Whether a new session may mend it.
    pub(crate) fn is_lost_session(&self) -> bool {
        match self {
            Fault::LoggedOut => true,
            Fault::Module(Error::Pkcs11(code, _)) => is_lost(*code) || is_removed(*code),
            Fault::Module(_) | Fault::Ours(_) => false,
        }
    }

    /// The error as the port has it.
    pub(crate) fn said(self) -> HsmError {
        match self {
            Fault::Ours(error) => error,
            Fault::LoggedOut => HsmError::Unreachable("the token has logged us out again".to_owned()),
            Fault::Module(Error::Pkcs11(code, function)) => said(code, function),
            Fault::Module(error) => HsmError::Backend(error.to_string()),
        }
    }
}

fn is_lost(code: RvError) -> bool {
    matches!(
        code,
        RvError::UserNotLoggedIn
            | RvError::SessionHandleInvalid
            | RvError::SessionClosed
            | RvError::CryptokiNotInitialized
            // An operation that failed half-way is ended with its session.
            | RvError::OperationActive
    )
}

fn is_removed(code: RvError) -> bool {
    matches!(
        code,
        RvError::DeviceRemoved
            | RvError::TokenNotPresent
            | RvError::TokenNotRecognized
            | RvError::SlotIdInvalid
    )
}

fn said(code: RvError, function: Function) -> HsmError {
    let words = format!("{function} answered {code:?}");
    match code {
        code if is_removed(code) => HsmError::Absent(format!("the token is gone from its slot ({words})")),
        code if is_lost(code) => HsmError::Unreachable(words),
        RvError::DeviceError | RvError::FunctionFailed | RvError::FunctionCanceled | RvError::HostMemory => {
            HsmError::Unreachable(words)
        }
        RvError::SessionCount => HsmError::Busy,
        RvError::PinLocked => {
            HsmError::Locked("the token has locked its PIN: unlock it with the SO PIN and restart".to_owned())
        }
        RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => HsmError::AuthValue(
            "the token refuses the PIN; it is not tried again until a restart, because every try counts"
                .to_owned(),
        ),
        RvError::PinExpired => {
            HsmError::AuthValue("the PIN has expired: set a new one on the token".to_owned())
        }
        RvError::UserPinNotInitialized => HsmError::AuthValue(NO_USER_PIN.to_owned()),
        RvError::ObjectHandleInvalid | RvError::KeyHandleInvalid => HsmError::KeyGone(words),
        _ => HsmError::Backend(words),
    }
}

/// A token before somebody gave it a user PIN.
pub(crate) const NO_USER_PIN: &str = "the token has no user PIN: it is new or was re-initialised";

#[cfg(test)]
mod tests {
    use super::*;
    use model::FailureClass;

    fn of(code: RvError) -> Fault {
        Fault::Module(Error::Pkcs11(code, Function::Sign))
    }

    #[test]
    fn every_kind_of_failure_has_its_own_error_and_class() {
        let kind = |error: &HsmError| {
            format!("{error:?}").chars().take_while(|c| c.is_alphabetic()).collect::<String>()
        };
        for (code, word, class) in [
            (RvError::SessionHandleInvalid, "Unreachable", FailureClass::Transient),
            (RvError::UserNotLoggedIn, "Unreachable", FailureClass::Transient),
            (RvError::DeviceError, "Unreachable", FailureClass::Transient),
            (RvError::DeviceRemoved, "Absent", FailureClass::Transient),
            (RvError::TokenNotPresent, "Absent", FailureClass::Transient),
            (RvError::SessionCount, "Busy", FailureClass::Transient),
            (RvError::PinLocked, "Locked", FailureClass::Denied),
            (RvError::PinIncorrect, "AuthValue", FailureClass::Broken),
            (RvError::UserPinNotInitialized, "AuthValue", FailureClass::Broken),
            (RvError::KeyHandleInvalid, "KeyGone", FailureClass::Broken),
            (RvError::TokenWriteProtected, "Backend", FailureClass::Broken),
        ] {
            let error = of(code).said();
            assert_eq!((kind(&error).as_str(), error.class()), (word, class), "{code:?}");
        }
    }

    #[test]
    fn a_new_session_is_tried_for_a_lost_one_and_for_nothing_else() {
        for (fault, lost) in [
            (of(RvError::SessionHandleInvalid), true),
            (of(RvError::SessionClosed), true),
            (of(RvError::UserNotLoggedIn), true),
            (of(RvError::DeviceRemoved), true),
            (of(RvError::OperationActive), true),
            (Fault::LoggedOut, true),
            (of(RvError::PinIncorrect), false),
            (of(RvError::PinLocked), false),
            (of(RvError::GeneralError), false),
            (Fault::Ours(HsmError::Decrypt), false),
            (Fault::Module(Error::NullFunctionPointer), false),
        ] {
            assert_eq!(fault.is_lost_session(), lost, "{fault:?}");
        }
    }
}
