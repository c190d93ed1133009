//! Which backend makes new keys.

use hsm::HsmError;
use model::{Backend, HsmType};
use std::collections::BTreeSet;

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

/// The backend of new keys: the one that has keys already, else what `hsm_type` says; and what kept it from
/// being the TPM. `tpm` says why the TPM cannot be opened, if so.
pub(crate) fn choose(
    wanted: HsmType,
    recorded: &BTreeSet<Backend>,
    tpm: impl FnOnce() -> Option<HsmError>,
) -> Result<(Backend, Option<HsmError>), Differs> {
    let required = required_backend(wanted);
    let other = recorded.iter().find(|backend| required.is_some_and(|required| required != **backend));
    match (required, other) {
        (Some(required), Some(other)) => Err(Differs { wanted: required.as_str(), recorded: *other }),
        (Some(required), None) => Ok((required, None)),
        (None, _) => Ok(recorded.first().map_or_else(|| new(wanted, tpm), |recorded| (*recorded, None))),
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

fn new(wanted: HsmType, tpm: impl FnOnce() -> Option<HsmError>) -> (Backend, Option<HsmError>) {
    if wanted != HsmType::TpmIfPossible {
        return (Backend::Soft, None);
    }
    match tpm() {
        // One that is only busy is there: an identity must not be in software for a bad moment.
        None | Some(HsmError::Busy | HsmError::Unreachable(_)) => (Backend::Tpm, None),
        Some(error) => (Backend::Soft, Some(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Backend::{Pkcs11, Soft, Tpm};

    #[test]
    fn keys_that_are_there_decide_and_only_an_explicit_other_word_is_refused() {
        for (wanted, recorded, expected) in [
            (HsmType::Soft, vec![], Ok(Soft)),
            (HsmType::Pkcs11, vec![], Ok(Pkcs11)),
            (HsmType::Tpm, vec![], Ok(Tpm)),
            (HsmType::TpmIfPossible, vec![], Ok(Tpm)),
            (HsmType::TpmBoundSoftIfPossible, vec![], Ok(Soft)),
            (HsmType::Soft, vec![Soft], Ok(Soft)),
            (HsmType::Pkcs11, vec![Pkcs11], Ok(Pkcs11)),
            (HsmType::TpmIfPossible, vec![Pkcs11], Ok(Pkcs11)),
            (HsmType::TpmIfPossible, vec![Soft], Ok(Soft)),
            (HsmType::TpmBoundSoftIfPossible, vec![Tpm], Ok(Tpm)),
            (HsmType::Soft, vec![Pkcs11], Err(("soft", Pkcs11))),
            (HsmType::Soft, vec![Tpm], Err(("soft", Tpm))),
            (HsmType::Pkcs11, vec![Soft], Err(("pkcs11", Soft))),
            (HsmType::Pkcs11, vec![Soft, Pkcs11], Err(("pkcs11", Soft))),
            (HsmType::Tpm, vec![Pkcs11], Err(("tpm", Pkcs11))),
        ] {
            let found = choose(wanted, &recorded.iter().copied().collect(), || None);
            let expected = expected.map_err(|(wanted, recorded)| Differs { wanted, recorded });
            assert_eq!(found, expected.map(|backend| (backend, None)), "{wanted:?} {recorded:?}");
        }
    }

    #[test]
    fn a_tpm_that_is_not_there_leads_a_new_identity_to_software_and_a_busy_one_does_not() {
        let why = || "x".to_owned();
        for (error, backend) in [
            (HsmError::Absent(why()), Soft),
            (HsmError::Backend(why()), Soft),
            (HsmError::Busy, Tpm),
            (HsmError::Unreachable(why()), Tpm),
        ] {
            let tpm = || Some(error.clone());
            let expected = (backend, (backend == Soft).then(|| error.clone()));
            assert_eq!(choose(HsmType::TpmIfPossible, &BTreeSet::new(), tpm), Ok(expected));
            for (wanted, recorded) in [(HsmType::Tpm, vec![]), (HsmType::TpmIfPossible, vec![Tpm])] {
                let found = choose(wanted, &recorded.into_iter().collect(), || Some(error.clone()));
                assert_eq!(found, Ok((Tpm, None)), "{error}");
            }
        }
    }

    #[test]
    fn the_refusal_says_what_to_set() {
        let said = choose(HsmType::Soft, &BTreeSet::from([Pkcs11]), || None).unwrap_err().to_string();
        let parts = [
            "hsm_type = soft",
            "keys of this machine are pkcs11",
            "set hsm_type = pkcs11 or tpm_if_possible",
        ];
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}
