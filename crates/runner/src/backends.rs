//! Which backend makes new keys, and how each one is opened.

use config::{HsmType, Settings};
use hsm::{Backends, Hsm, HsmError, Opener};
use hsm_pkcs11::{Pkcs11Hsm, Trust};
use hsm_soft::{SoftHsm, auth};
use model::{Backend, MachineBinding};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// `hsm_type` insists on another backend than the one that has the keys of this machine.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "hsm_type = {wanted} and the keys of this machine are {}: set hsm_type = {} or tpm_if_possible, \
     and nothing is lost; to move, aad-tool leave first",
    .recorded.word(), .recorded.word()
)]
pub(crate) struct Differs {
    wanted: &'static str,
    recorded: Backend,
}

/// The backend of new keys: the one that has keys already, else what `hsm_type` says.
///
/// This build has no TPM adapter, so where a TPM would be taken if possible, software keys are made.
pub(crate) fn choose(wanted: HsmType, recorded: &BTreeSet<Backend>) -> Result<Backend, Differs> {
    let insisted = match wanted {
        HsmType::Soft => Some(Backend::Soft),
        HsmType::Pkcs11 => Some(Backend::Pkcs11),
        HsmType::Tpm => Some(Backend::Tpm),
        HsmType::TpmIfPossible | HsmType::TpmBoundSoftIfPossible => None,
    };
    let other = recorded.iter().find(|backend| insisted.is_some_and(|insisted| insisted != **backend));
    match (insisted, other) {
        (Some(insisted), Some(other)) => Err(Differs { wanted: insisted.word(), recorded: *other }),
        (Some(insisted), None) => Ok(insisted),
        (None, _) => Ok(recorded.first().copied().unwrap_or(Backend::Soft)),
    }
}

/// The chosen backend and those that have keys, and one sentence for each that cannot be opened now.
pub(crate) fn open(
    settings: &Settings,
    (chosen, recorded): (Backend, &BTreeSet<Backend>),
    soft: SoftHsm,
    machine: &MachineBinding,
) -> (Backends, Vec<String>) {
    let mut backends = Backends::new(chosen);
    let mut notices = Vec::new();
    backends.put(Box::new(soft));
    for backend in recorded.union(&BTreeSet::from([chosen])) {
        let opener = match backend {
            Backend::Soft => continue,
            Backend::Pkcs11 => pkcs11(settings, machine.clone()),
            Backend::Tpm => Box::new(|| Err(refused("this build has no TPM adapter"))),
        };
        if let Some(error) = backends.add(*backend, opener) {
            notices.push(format!("The {} keys could not be opened at the start: {error}.", backend.word()));
        }
    }
    (backends, notices)
}

/// The directory of systemd's credentials, where there is one.
pub(crate) fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}

fn pkcs11(settings: &Settings, machine: MachineBinding) -> Opener {
    let token = settings.pkcs11().cloned();
    let pin_path = settings.pkcs11_pin_path().map(Path::to_owned);
    Box::new(move || {
        let token = token.clone().ok_or_else(|| refused("pkcs11_module and pkcs11_token are not set"))?;
        let pin = auth::load_pin(credentials().as_deref(), pin_path.as_deref())?;
        let settings = hsm_pkcs11::Settings {
            module: token.module,
            label: token.token,
            serial: token.serial,
            trust: Trust::default(),
        };
        let opened = Pkcs11Hsm::open(settings, pin.value, machine.clone(), &pin.source.words("PIN"));
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
            (HsmType::TpmIfPossible, vec![], Ok(Soft)),
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
            let found = choose(wanted, &recorded.iter().copied().collect());
            let expected = expected.map_err(|(wanted, recorded)| Differs { wanted, recorded });
            assert_eq!(found, expected, "{wanted:?} {recorded:?}");
        }
    }

    #[test]
    fn the_refusal_says_what_to_set() {
        let said = choose(HsmType::Soft, &BTreeSet::from([Pkcs11])).unwrap_err().to_string();
        let parts = [
            "hsm_type = soft",
            "keys of this machine are pkcs11",
            "set hsm_type = pkcs11 or tpm_if_possible",
        ];
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}
