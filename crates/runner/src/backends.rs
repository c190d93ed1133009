//! Which backend makes new keys, and how each one is opened.

use crate::tpm;
use config::Settings;
use host::auth;
use hsm::{Backends, Hsm, HsmError, Opener};
use hsm_pkcs11::{Pkcs11Hsm, Trust};
use hsm_soft::SoftHsm;
use model::{Backend, HsmType, MachineBinding, Secret};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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

/// What is needed to open any backend.
pub(crate) struct BackendOpeners<'s> {
    pub(crate) settings: &'s Settings,
    pub(crate) auth: &'s auth::Loaded,
    pub(crate) machine: &'s MachineBinding,
    pub(crate) state_dir: &'s Path,
}

impl BackendOpeners<'_> {
    /// The software backend, whose auth value opens the store too.
    pub(crate) fn soft(&self) -> SoftHsm {
        let value = Secret::new(self.auth.value.expose().clone());
        SoftHsm::new(value, self.machine.clone(), &self.auth.source.description("auth value"))
    }

    /// Why the TPM cannot be opened now, if so.
    pub(crate) fn without_tpm(&self) -> Option<HsmError> {
        self.tpm()().err()
    }

    /// The chosen backend and those that have keys, and one sentence for each that cannot be opened now; every
    /// other one is opened when keys are to be moved there.
    pub(crate) fn open(&self, chosen: Backend, recorded: &BTreeSet<Backend>) -> (Backends, Vec<String>) {
        let mut backends = Backends::new(chosen);
        let mut notices = Vec::new();
        backends.put(Box::new(self.soft()));
        for (backend, opener) in
            [(Backend::Pkcs11, pkcs11(self.settings, self.machine.clone())), (Backend::Tpm, self.tpm())]
        {
            if backend != chosen && !recorded.contains(&backend) {
                backends.offer(backend, opener);
            } else if let Some(error) = backends.add(backend, opener) {
                notices.push(format!(
                    "The {} keys could not be opened at the start: {error}.",
                    backend.as_str()
                ));
            }
        }
        (backends, notices)
    }

    /// What keys that are bound to the boot state need.
    pub(crate) fn boot_file(&self) -> PathBuf {
        self.state_dir.join(layout::BOOT_SECRET)
    }

    fn tpm(&self) -> Opener {
        tpm::opener(self)
    }
}

/// The directory of systemd's credentials, where there is one.
pub(crate) fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

fn pkcs11(settings: &Settings, machine: MachineBinding) -> Opener {
    let token = settings.pkcs11.clone();
    let pin_path = settings.global.pkcs11_pin_path.clone();
    Box::new(move || {
        let token = token.clone().ok_or_else(|| refused("pkcs11_module and pkcs11_token are not set"))?;
        let pin = auth::load_pin(credentials().as_deref(), pin_path.as_deref())?;
        let settings = hsm_pkcs11::Settings {
            module: token.module,
            label: token.token,
            serial: token.serial,
            trust: Trust::default(),
        };
        let opened = Pkcs11Hsm::open(settings, pin.value, machine.clone(), &pin.source.description("PIN"));
        opened.map(|hsm| Box::new(hsm) as Box<dyn Hsm>)
    })
}

fn refused(why: &str) -> HsmError {
    HsmError::Backend(why.to_owned())
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
