//! The way to the TPM, in a build that has one.

use hsm::Opener;
use hsm_soft::auth;
use model::MachineBinding;

/// Opens the TPM that `tcti` names, for keys under this auth value.
#[cfg(feature = "tpm")]
pub(crate) fn opener(tcti: &str, auth: &auth::Loaded, machine: MachineBinding) -> Opener {
    let (tcti, origin) = (tcti.to_owned(), auth.source.words("auth value"));
    let auth = model::Secret::new(auth.value.expose().clone());
    Box::new(move || {
        let auth = model::Secret::new(auth.expose().clone());
        let opened = hsm_tpm::TpmHsm::open(&tcti, auth, machine.clone(), &origin);
        opened.map(|hsm| Box::new(hsm) as Box<dyn hsm::Hsm>)
    })
}

/// Says that this build has none.
#[cfg(not(feature = "tpm"))]
pub(crate) fn opener(_: &str, _: &auth::Loaded, _: MachineBinding) -> Opener {
    Box::new(|| Err(hsm::HsmError::Absent("this build has no TPM adapter".to_owned())))
}
