use crate::Obstacle;
use model::FailureClass;

/// What a backend can refuse, by culprit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HsmError {
    /// The device has no room, or a deadline passed; try again.
    #[error("the key store is busy")]
    Busy,
    /// As many wait for the key store as ever may; try again.
    #[error("the key store is busy: too many jobs wait for it")]
    QueueFull,
    /// The backend answers nothing or reports a passing fault.
    #[error("the key store does not answer: {0}")]
    Unreachable(String),
    /// The device that holds the keys is not there.
    #[error("the key store is absent: {0}")]
    Absent(String),
    /// The device is there and cannot be used until somebody mends something; the details.
    #[error("the key store cannot be used: {}", .0.with(.1))]
    Unusable(Obstacle, String),
    /// A wrapped key, a sealed text or its context was changed, or belongs to another machine.
    #[error("the {0} cannot be opened: it was changed, or it belongs to another machine or auth value")]
    Integrity(&'static str),
    /// The key is of another backend than the one asked.
    #[error("the key was made by the {made_by} backend, which this is not")]
    OtherBackend {
        /// Word of the backend that made the key.
        made_by: &'static str,
    },
    /// The key may not be used like that.
    #[error("a {purpose} key may not {operation}")]
    WrongUse {
        /// Word of the purpose.
        purpose: &'static str,
        /// `sign` or `decrypt`.
        operation: &'static str,
    },
    /// The ciphertext is not for this key.
    #[error("the ciphertext is not for this key")]
    Decrypt,
    /// The auth value (PIN) is missing, too short or unreadable.
    #[error("the auth value is unusable: {0}")]
    AuthValue(String),
    /// The machine's own components differ from those the keys were bound to.
    #[error("this is not the machine the keys were made on: {0} changed")]
    OtherMachine(String),
    /// The device refuses every auth value until somebody unlocks it.
    #[error("the key store is locked: {0}")]
    Locked(String),
    /// The device is there and the key is not: cleared, re-initialised, or the key was removed.
    #[error("the key is gone from the key store: {0}")]
    KeyGone(String),
    /// The machine was started in another way than the keys are bound to.
    #[error("the keys are bound to how this machine was started, and that changed: {0}")]
    BootState(String),
    /// The file that the boot-bound keys need is missing, damaged or another one; its path, and what is wrong.
    #[error("the file that boot-bound keys need cannot be used: {0}")]
    BootFile(String),
    /// The recovery code is not the one that is in force.
    #[error("the recovery code does not fit: {0}")]
    RecoveryCode(&'static str),
    /// Something was asked that only a key store bound to the boot state can do.
    #[error("this key store is not bound to the boot state")]
    NotBootBound,
    /// Anything else, in the backend's words.
    #[error("the key store failed: {0}")]
    Backend(String),
}

impl HsmError {
    /// What the machine may do about it; only passing faults are `Transient`.
    pub fn class(&self) -> FailureClass {
        match self {
            HsmError::Busy | HsmError::QueueFull | HsmError::Unreachable(_) | HsmError::Absent(_) => {
                FailureClass::Transient
            }
            HsmError::Unusable(..)
            | HsmError::Locked(_)
            | HsmError::RecoveryCode(_)
            | HsmError::NotBootBound => FailureClass::Denied,
            _ => FailureClass::Broken,
        }
    }

    /// Whether it is about this key, which will not be another one, and not about the moment.
    pub fn is_of_the_key(&self) -> bool {
        matches!(
            self,
            HsmError::KeyGone(_)
                | HsmError::OtherMachine(_)
                | HsmError::Integrity(_)
                | HsmError::OtherBackend { .. }
                | HsmError::WrongUse { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailureClass::{Broken, Denied, Transient};

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        let why = || "x".to_owned();
        for (error, class) in [
            (HsmError::Busy, Transient),
            (HsmError::QueueFull, Transient),
            (HsmError::Unreachable(why()), Transient),
            (HsmError::Absent(why()), Transient),
            (HsmError::Unusable(Obstacle::Rights, why()), Denied),
            (HsmError::Locked(why()), Denied),
            (HsmError::RecoveryCode("x"), Denied),
            (HsmError::NotBootBound, Denied),
            (HsmError::BootState(why()), Broken),
            (HsmError::BootFile(why()), Broken),
            (HsmError::KeyGone(why()), Broken),
            (HsmError::Integrity("key"), Broken),
            (HsmError::OtherMachine(why()), Broken),
            (HsmError::Decrypt, Broken),
            (HsmError::AuthValue(why()), Broken),
            (HsmError::Backend(why()), Broken),
        ] {
            assert_eq!(error.class(), class, "{error}");
        }
    }

    #[test]
    fn only_an_error_about_the_key_itself_is_of_the_key() {
        let why = || "x".to_owned();
        for (error, ends) in [
            (HsmError::KeyGone(why()), true),
            (HsmError::OtherMachine(why()), true),
            (HsmError::Integrity("key"), true),
            (HsmError::OtherBackend { made_by: "tpm" }, true),
            (HsmError::Busy, false),
            (HsmError::Absent(why()), false),
            (HsmError::AuthValue(why()), false),
            (HsmError::Locked(why()), false),
            (HsmError::Backend(why()), false),
        ] {
            assert_eq!(error.is_of_the_key(), ends, "{error}");
        }
    }
}
