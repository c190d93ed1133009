//! The three places where keys are made and used.

use hsm::Hsm;
use hsm_pkcs11::{Pkcs11Hsm, Settings, Trust};
use hsm_soft::SoftHsm;
use hsm_tpm::TpmHsm;
use it::softhsm::{LABEL, PIN, module};
use it::swtpm::Tpm;
use model::{MachineBinding, Secret};
use std::path::Path;

/// A place where keys live, and what keeps it running.
pub(crate) struct Place {
    pub(crate) hsm: Box<dyn Hsm>,
    _tpm: Option<Tpm>,
}

/// All of them; the TPM's state and the token are in this directory.
pub(crate) fn all(dir: &Path) -> [Place; 3] {
    let auth = || Secret::new(b"0123456789abcdef".to_vec());
    let soft = SoftHsm::new(auth(), machine(), ORIGIN);
    let token = Settings { module: module(), label: LABEL.to_owned(), serial: None, trust: Trust::default() };
    let pkcs11 = Pkcs11Hsm::open(token, Secret::new(PIN.into()), machine(), ORIGIN).unwrap();
    let swtpm = Tpm::start(dir);
    let tpm = TpmHsm::open(&swtpm.tcti(), auth(), machine(), ORIGIN).unwrap();
    [
        Place { hsm: Box::new(soft), _tpm: None },
        Place { hsm: Box::new(pkcs11), _tpm: None },
        Place { hsm: Box::new(tpm), _tpm: Some(swtpm) },
    ]
}

fn machine() -> MachineBinding {
    MachineBinding { components: vec![("machine-id".to_owned(), "a machine".to_owned())] }
}

const ORIGIN: &str = "a measurement";
