//! Which adapter opens which key store.

use hsm::{Hsm, HsmError};
use hsm_pkcs11::Pkcs11Hsm;
use hsm_process::{KeyStore, Settings};
use telemetry::Verbosity;

/// Loads the library and opens what it leads to.
pub(crate) fn open(settings: Settings) -> Result<Box<dyn Hsm>, HsmError> {
    telemetry::init(if settings.debug { Verbosity::Debug } else { Verbosity::Normal });
    match settings.store {
        KeyStore::Pkcs11 { module, label, serial, pin } => {
            let token = hsm_pkcs11::Settings { module, label, serial };
            let opened = Pkcs11Hsm::open(token, pin, settings.machine, &settings.origin)?;
            Ok(Box::new(opened))
        }
        #[cfg(feature = "tpm")]
        KeyStore::Tpm { tcti, auth, boot_file, policy } => {
            let mut opened = hsm_tpm::TpmHsm::open(&tcti, auth, settings.machine, &settings.origin)?;
            // Whether there can be keys, before anybody counts on it: a password of the owner, say, shows here.
            opened.machine()?;
            Ok(Box::new(opened.with_boot_secret(boot_file, policy)))
        }
        #[cfg(not(feature = "tpm"))]
        KeyStore::Tpm { .. } => Err(HsmError::Unusable(hsm::Obstacle::NoAdapter, String::new())),
    }
}
