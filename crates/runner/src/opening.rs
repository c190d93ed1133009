//! What each key store needs to be opened.

use config::Settings;
use host::auth;
use hsm::HsmError;
use hsm_process::{KeyStore, Opening};
use hsm_soft::SoftHsm;
use model::{MachineBinding, Secret};
use std::path::{Path, PathBuf};

/// What is needed to open any key store.
pub(crate) struct Openers<'s> {
    pub(crate) settings: &'s Settings,
    pub(crate) auth: &'s auth::Loaded,
    pub(crate) machine: &'s MachineBinding,
    pub(crate) state_dir: &'s Path,
    /// Whether children log every step.
    pub(crate) debug: bool,
}

impl Openers<'_> {
    /// The software backend, whose auth value opens the store too.
    pub(crate) fn soft(&self) -> SoftHsm {
        let value = Secret::new(self.auth.value.expose().clone());
        SoftHsm::new(value, self.machine.clone(), &self.origin())
    }

    /// What keys that are bound to the boot state need.
    pub(crate) fn boot_file(&self) -> PathBuf {
        self.state_dir.join(layout::BOOT_SECRET)
    }

    /// The TPM of `tpm_tcti_name`, for keys under the auth value.
    pub(crate) fn tpm(&self) -> Opening {
        let (tcti, policy) = (self.settings.global.tpm_tcti_name.clone(), self.settings.global.tpm_pcrs);
        let (machine, origin, debug) = (self.machine.clone(), self.origin(), self.debug);
        let auth = Secret::new(self.auth.value.expose().clone());
        let boot_file = self.boot_file();
        Box::new(move || {
            let auth = Secret::new(auth.expose().clone());
            let (tcti, boot_file) = (tcti.clone(), boot_file.clone());
            let store = KeyStore::Tpm { tcti, auth, boot_file, policy };
            Ok(hsm_process::Settings { debug, machine: machine.clone(), origin: origin.clone(), store })
        })
    }

    /// The token of `pkcs11_module` and `pkcs11_token`; its PIN is read whenever it is opened.
    pub(crate) fn pkcs11(&self) -> Opening {
        let (token, pin_path) = (self.settings.pkcs11.clone(), self.settings.global.pkcs11_pin_path.clone());
        let (machine, debug) = (self.machine.clone(), self.debug);
        Box::new(move || {
            let unset = || HsmError::Backend("pkcs11_module and pkcs11_token are not set".to_owned());
            let token = token.clone().ok_or_else(unset)?;
            let pin = auth::load_pin(credentials().as_deref(), pin_path.as_deref())?;
            let origin = pin.source.description("PIN");
            let (module, label, serial) = (token.module, token.token, token.serial);
            let store = KeyStore::Pkcs11 { module, label, serial, pin: pin.value };
            Ok(hsm_process::Settings { debug, machine: machine.clone(), origin, store })
        })
    }

    fn origin(&self) -> String {
        self.auth.source.description("auth value")
    }
}

/// The directory of systemd's credentials, where there is one.
pub(crate) fn credentials() -> Option<PathBuf> {
    std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from)
}
