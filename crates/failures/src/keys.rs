use hsm::HsmError;
use model::{DeviceTrouble, Failure, Who};

/// The failure of a use of keys; what of theirs may suspend an identity is named here.
pub fn key_failure(error: &HsmError) -> Failure {
    let (code, advice) = match error {
        HsmError::Busy | HsmError::QueueFull | HsmError::Unreachable(_) => {
            ("KeyStoreBusy", "Try again in a moment.")
        }
        HsmError::KeyGone(_) => ("KeyUnavailable", "The keys cannot come back: register this machine anew."),
        HsmError::OtherMachine(component) => ("ClonedMachine", two_ways(component)),
        HsmError::Integrity(_) | HsmError::OtherBackend { .. } | HsmError::AuthValue(_) => (
            "KeyUnavailable",
            "Restore the auth value (hsm-pin) or the PIN that the keys were made with, then restart firmamentd.",
        ),
        HsmError::BootState(_) => (
            "BootStateChanged",
            "Start this machine as before, or run aad-tool tpm reseal --with-code with the recovery code, then \
             sign in; nothing is lost.",
        ),
        HsmError::BootFile(_) => (
            "BootFile",
            "Restore the file from a backup of the state directory, then sign in; a recovery code does not help \
             without it. If there is no backup, register this machine anew.",
        ),
        HsmError::RecoveryCode(_) => {
            ("WrongRecoveryCode", "Check the code and try again; a wrong one does no harm.")
        }
        HsmError::NotBootBound => {
            ("NotBootBound", "There is nothing to do, unless tpm_pcrs = 7 was to bind the keys in a TPM.")
        }
        HsmError::Absent(_) => ("KeyStoreAbsent", "Connect the device that holds the keys."),
        HsmError::Unusable(obstacle, _) => ("KeyStoreUnusable", obstacle.advice()),
        HsmError::Locked(_) => {
            ("KeyStoreLocked", "Unlock the device that holds the keys, then restart firmamentd.")
        }
        _ => ("KeyStore", "See the log of firmamentd."),
    };
    let failure = Failure::local(error.class(), Who::MachineAdmin, code, error.to_string(), advice);
    Failure { trouble: key_trouble(error), ..failure }
}

/// Which errors mean that the keys themselves cannot be used here.
fn key_trouble(error: &HsmError) -> Option<DeviceTrouble> {
    match error {
        HsmError::KeyGone(_)
        | HsmError::Integrity(_)
        | HsmError::OtherBackend { .. }
        | HsmError::AuthValue(_) => Some(DeviceTrouble::KeyLost),
        HsmError::OtherMachine(_) => Some(DeviceTrouble::Cloned),
        HsmError::BootState(_) => Some(DeviceTrouble::BootStateChanged),
        HsmError::BootFile(_) => Some(DeviceTrouble::BootFileMissing),
        _ => None,
    }
}

/// What to do about a component that changed: on the same machine, and on a copy of it.
///
/// A copy leaves by force, because the device object is the original's.
fn two_ways(component: &str) -> &'static str {
    match component {
        "machine-id" | "product-uuid" => {
            "If this is the same machine and the change is known, run as root: aad-tool rebind. If it is a copy, \
             run aad-tool leave --force, then sign in to register it anew."
        }
        // The key store's own components: no rebinding brings a key into another TPM or token.
        _ => {
            "If this is the same machine, bring back the TPM or token that made the keys. If it is a copy, or \
             they are lost, run aad-tool leave --force, then sign in to register anew; aad-tool rebind does not help."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::FailureClass;

    #[test]
    fn only_keys_that_are_lost_or_not_ours_may_suspend_an_identity() {
        let why = || "x".to_owned();
        for (error, code, class) in [
            (HsmError::Busy, "KeyStoreBusy", FailureClass::Transient),
            (HsmError::QueueFull, "KeyStoreBusy", FailureClass::Transient),
            (HsmError::Unreachable(why()), "KeyStoreBusy", FailureClass::Transient),
            (HsmError::Absent(why()), "KeyStoreAbsent", FailureClass::Transient),
            (HsmError::Locked(why()), "KeyStoreLocked", FailureClass::Denied),
            (HsmError::Unusable(hsm::Obstacle::Rights, why()), "KeyStoreUnusable", FailureClass::Denied),
            (HsmError::KeyGone(why()), "KeyUnavailable", FailureClass::Broken),
            (HsmError::AuthValue(why()), "KeyUnavailable", FailureClass::Broken),
            (HsmError::Integrity("key"), "KeyUnavailable", FailureClass::Broken),
            (HsmError::OtherBackend { made_by: "tpm" }, "KeyUnavailable", FailureClass::Broken),
            (HsmError::OtherMachine(why()), "ClonedMachine", FailureClass::Broken),
            (HsmError::Backend(why()), "KeyStore", FailureClass::Broken),
            (HsmError::BootState(why()), "BootStateChanged", FailureClass::Broken),
            (HsmError::BootFile(why()), "BootFile", FailureClass::Broken),
            (HsmError::RecoveryCode("x"), "WrongRecoveryCode", FailureClass::Denied),
            (HsmError::NotBootBound, "NotBootBound", FailureClass::Denied),
            (HsmError::Decrypt, "KeyStore", FailureClass::Broken),
        ] {
            let failure = key_failure(&error);
            assert_eq!((failure.code.as_str(), failure.class), (code, class), "{error}");
            assert_eq!(failure.trouble, DeviceTrouble::from_code(code), "{error}");
        }
    }

    #[test]
    fn a_changed_component_is_named_with_both_ways_out() {
        for (component, rebinds) in
            [("machine-id", true), ("product-uuid", true), ("tpm-srk", false), ("token", false)]
        {
            let failure = key_failure(&HsmError::OtherMachine(component.to_owned()));
            assert!(failure.message.contains(&format!("{component} changed")), "{}", failure.message);
            assert_eq!(failure.advice.contains("as root: aad-tool rebind."), rebinds, "{}", failure.advice);
            assert!(failure.advice.contains("aad-tool leave --force"), "{}", failure.advice);
        }
    }
}
