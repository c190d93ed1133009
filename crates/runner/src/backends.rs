//! Which backend makes new keys.

use hsm::HsmError;
use model::{Backend, HsmType};
use std::collections::BTreeSet;
use std::path::Path;

/// `hsm_type` insists on another backend than the one that has the keys of this machine.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "hsm_type = {wanted} and the keys of this machine are {}: set hsm_type = {} or tpm_if_possible, \
     and nothing is lost; to move them, set tpm_if_possible and run aad-tool rekey",
    .recorded.as_str(), .recorded.as_str()
)]
pub(crate) struct Differs {
    wanted: &'static str,
    recorded: Backend,
}

/// Whether this machine has a TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tpm {
    /// There is no device, and no other way to one is configured.
    NotThere,
    /// There is one, or ought to be: whether it can be used is another question.
    There,
}

impl Tpm {
    /// By the way that is configured, in the syntax of the TPM's library; `is_missing` says whether nothing is at a
    /// path. A way that is no device is only there because somebody wrote it down.
    pub(crate) fn at(tcti: &str, is_missing: impl FnOnce(&Path) -> bool) -> Tpm {
        let device = if tcti == "device" { Some(DEVICE) } else { tcti.strip_prefix("device:") };
        match device.is_some_and(|path| is_missing(Path::new(path))) {
            true => Tpm::NotThere,
            false => Tpm::There,
        }
    }
}

/// The backend of new keys: the one that has keys already, else what `hsm_type` says. With `tpm_if_possible` that is
/// software only where there is no TPM: one that is there and cannot be used is for an administrator to mend.
pub(crate) fn choose(wanted: HsmType, recorded: &BTreeSet<Backend>, tpm: Tpm) -> Result<Backend, Differs> {
    let required = required_backend(wanted);
    let other = recorded.iter().find(|backend| required.is_some_and(|required| required != **backend));
    match (required, other) {
        (Some(required), Some(other)) => Err(Differs { wanted: required.as_str(), recorded: *other }),
        (Some(required), None) => Ok(required),
        (None, _) => Ok(recorded.first().copied().unwrap_or_else(|| new(wanted, tpm))),
    }
}

/// The only backend that a value of `hsm_type` allows.
pub(crate) fn required_backend(wanted: HsmType) -> Option<Backend> {
    match wanted {
        HsmType::Soft => Some(Backend::Soft),
        HsmType::Pkcs11 => Some(Backend::Pkcs11),
        HsmType::Tpm => Some(Backend::Tpm),
        HsmType::TpmIfPossible | HsmType::TpmBoundSoftIfPossible => None,
    }
}

fn new(wanted: HsmType, tpm: Tpm) -> Backend {
    match (wanted, tpm) {
        (HsmType::TpmIfPossible, Tpm::There) => Backend::Tpm,
        _ => Backend::Soft,
    }
}

/// What is to be done about keys that cannot be used; `new` says that there are none yet.
pub(crate) fn advice(backend: Backend, error: &HsmError, new: bool) -> String {
    let mend = match error {
        HsmError::Unusable(obstacle, _) => obstacle.advice(),
        HsmError::Locked(_) => "Unlock it, then restart firmamentd.",
        HsmError::AuthValue(_) => "Give the right auth value or PIN, then restart firmamentd.",
        HsmError::Absent(_) => "Connect it; it is looked for again by the next use.",
        _ => "It is tried again by the next use.",
    };
    let way_out = match (backend, new) {
        (Backend::Tpm, true) => " To do without a TPM, set hsm_type = soft and restart firmamentd.",
        _ => "",
    };
    format!("{mend}{way_out}")
}

/// What `device` alone means to the library's users here.
const DEVICE: &str = "/dev/tpmrm0";

#[cfg(test)]
mod tests {
    use super::*;
    use Backend::{Pkcs11, Soft};

    const TPM: Backend = Backend::Tpm;

    #[test]
    fn keys_that_are_there_decide_and_only_an_explicit_other_word_is_refused() {
        for (wanted, recorded, expected) in [
            (HsmType::Soft, vec![], Ok(Soft)),
            (HsmType::Pkcs11, vec![], Ok(Pkcs11)),
            (HsmType::Tpm, vec![], Ok(TPM)),
            (HsmType::TpmIfPossible, vec![], Ok(TPM)),
            (HsmType::TpmBoundSoftIfPossible, vec![], Ok(Soft)),
            (HsmType::Soft, vec![Soft], Ok(Soft)),
            (HsmType::Pkcs11, vec![Pkcs11], Ok(Pkcs11)),
            (HsmType::TpmIfPossible, vec![Pkcs11], Ok(Pkcs11)),
            (HsmType::TpmIfPossible, vec![Soft], Ok(Soft)),
            (HsmType::TpmBoundSoftIfPossible, vec![TPM], Ok(TPM)),
            (HsmType::Soft, vec![Pkcs11], Err(("soft", Pkcs11))),
            (HsmType::Soft, vec![TPM], Err(("soft", TPM))),
            (HsmType::Pkcs11, vec![Soft], Err(("pkcs11", Soft))),
            (HsmType::Pkcs11, vec![Soft, Pkcs11], Err(("pkcs11", Soft))),
            (HsmType::Tpm, vec![Pkcs11], Err(("tpm", Pkcs11))),
        ] {
            let found = choose(wanted, &recorded.iter().copied().collect(), Tpm::There);
            let expected = expected.map_err(|(wanted, recorded)| Differs { wanted, recorded });
            assert_eq!(found, expected, "{wanted:?} {recorded:?}");
        }
    }

    #[test]
    fn only_where_there_is_no_tpm_a_new_identity_is_in_software() {
        let missing = |tcti: &str| Tpm::at(tcti, |_| true);
        for (tcti, there) in [
            ("device:/dev/tpmrm0", false),
            ("device", false),
            ("device:/dev/tpm0", false),
            // Somebody says that there is one.
            ("swtpm:host=127.0.0.1,port=2321", true),
            ("mssim", true),
            ("tabrmd", true),
            ("tpm0", true),
            ("", true),
        ] {
            assert_eq!(missing(tcti) == Tpm::There, there, "{tcti}");
            assert_eq!(Tpm::at(tcti, |_| false), Tpm::There, "{tcti}");
        }
        for (tpm, backend) in [(Tpm::NotThere, Soft), (Tpm::There, TPM)] {
            assert_eq!(choose(HsmType::TpmIfPossible, &BTreeSet::new(), tpm), Ok(backend));
            assert_eq!(choose(HsmType::Tpm, &BTreeSet::new(), tpm), Ok(TPM));
            assert_eq!(choose(HsmType::TpmIfPossible, &BTreeSet::from([TPM]), tpm), Ok(TPM));
        }
    }

    #[test]
    fn the_way_out_into_software_is_told_where_there_are_no_keys_yet() {
        let rights = HsmError::Unusable(hsm::Obstacle::Rights, String::new());
        for (backend, error, new, soft) in [
            (TPM, &rights, true, true),
            (TPM, &HsmError::Busy, true, true),
            (TPM, &rights, false, false),
            (Pkcs11, &rights, true, false),
        ] {
            let told = advice(backend, error, new);
            assert_eq!(told.contains("hsm_type = soft"), soft, "{told}");
        }
        assert!(advice(TPM, &rights, true).starts_with(hsm::Obstacle::Rights.advice()));
    }

    #[test]
    fn the_refusal_says_what_to_set() {
        let said = choose(HsmType::Soft, &BTreeSet::from([Pkcs11]), Tpm::There).unwrap_err().to_string();
        let parts = [
            "hsm_type = soft",
            "keys of this machine are pkcs11",
            "set hsm_type = pkcs11 or tpm_if_possible",
        ];
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}
