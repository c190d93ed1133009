//! The way to the TPM, in a build that has one.

use crate::backends::BackendOpeners;
use hsm::Opener;
use std::path::Path;

/// Opens the configured TPM, for keys under the auth value of this machine.
#[cfg(feature = "tpm")]
pub(crate) fn opener(openers: &BackendOpeners<'_>) -> Opener {
    use hsm_tpm::TpmHsm;
    let tcti = openers.settings.global.tpm_tcti_name.clone();
    let (machine, origin) = (openers.machine.clone(), openers.auth.source.description("auth value"));
    let auth = model::Secret::new(openers.auth.value.expose().clone());
    let file = openers.boot_file();
    let policy = openers.settings.global.tpm_pcrs;
    Box::new(move || {
        let auth = model::Secret::new(auth.expose().clone());
        let opened = TpmHsm::open(&tcti, auth, machine.clone(), &origin)?;
        Ok(Box::new(opened.with_boot_secret(file.clone(), policy)) as Box<dyn hsm::Hsm>)
    })
}

/// Says that this build has none.
#[cfg(not(feature = "tpm"))]
pub(crate) fn opener(_: &BackendOpeners<'_>) -> Opener {
    Box::new(|| Err(hsm::HsmError::Absent("this build has no TPM adapter".to_owned())))
}

/// What an operator should know now of the keys that are bound to the boot state.
#[cfg(feature = "tpm")]
pub(crate) fn notices(boot_file: &Path) -> Vec<String> {
    hsm_tpm::boot_notice(boot_file).into_iter().collect()
}

/// What such keys need in this build.
#[cfg(not(feature = "tpm"))]
pub(crate) fn notices(boot_file: &Path) -> Vec<String> {
    let text = "There are keys that are bound to the boot state, and this build has no TPM adapter.";
    boot_file.exists().then(|| text.to_owned()).into_iter().collect()
}
