//! The places where keys are made and used; a token and a TPM in this process, and in one of their own.

use hsm::{Deadlines, Hsm};
use hsm_pkcs11::Pkcs11Hsm;
use hsm_process::{KeyStore, Opening, ProcessHsm, Settings};
use hsm_soft::SoftHsm;
use hsm_tpm::TpmHsm;
use it::harness::binary;
use it::softhsm::{LABEL, PIN, module};
use it::swtpm::Tpm;
use model::{Backend, BootPolicy, MachineBinding, Secret};
use std::path::{Path, PathBuf};

/// A place where keys live, and what keeps it running.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) hsm: Box<dyn Hsm>,
    _tpm: Option<Tpm>,
}

/// All of them; the TPMs' states and the token are in this directory.
pub(crate) fn all(dir: &Path) -> [Place; 5] {
    let soft = SoftHsm::new(auth(), machine(), ORIGIN);
    let (module, label) = (module(), LABEL.to_owned());
    let token = hsm_pkcs11::Settings { module, label, serial: None };
    let pkcs11 = Pkcs11Hsm::open(token, Secret::new(PIN.into()), machine(), ORIGIN).unwrap();
    let (first, second) = (swtpm(dir, "first"), swtpm(dir, "second"));
    let tpm = TpmHsm::open(&first.tcti(), auth(), machine(), ORIGIN).unwrap();
    let (tcti, boot_file) = (second.tcti(), dir.join("tpm-boot"));
    let pkcs11_apart = apart(Backend::Pkcs11, token_of_ours);
    let tpm_apart = apart(Backend::Tpm, move || tpm_at(tcti.clone(), boot_file.clone()));
    let place = |name, hsm, tpm| Place { name, hsm, _tpm: tpm };
    [
        place("soft", Box::new(soft), None),
        place("pkcs11", Box::new(pkcs11), None),
        place("pkcs11 in its process", pkcs11_apart, None),
        place("tpm in its process", tpm_apart, Some(second)),
        place("tpm", Box::new(tpm), Some(first)),
    ]
}

fn swtpm(dir: &Path, name: &str) -> Tpm {
    let state = dir.join(name);
    std::fs::create_dir(&state).unwrap();
    Tpm::start(&state)
}

fn apart(backend: Backend, store: impl Fn() -> KeyStore + Send + 'static) -> Box<dyn Hsm> {
    let opening: Opening = Box::new(move || {
        Ok(Settings { debug: false, machine: machine(), origin: ORIGIN.to_owned(), store: store() })
    });
    let mut hsm = ProcessHsm::new(backend, binary("firmament-keys"), opening, Deadlines::default());
    hsm.ready(backend).unwrap();
    Box::new(hsm)
}

fn token_of_ours() -> KeyStore {
    let (module, label, pin) = (module(), LABEL.to_owned(), Secret::new(PIN.into()));
    KeyStore::Pkcs11 { module, label, serial: None, pin }
}

fn tpm_at(tcti: String, boot_file: PathBuf) -> KeyStore {
    KeyStore::Tpm { tcti, auth: auth(), boot_file, policy: BootPolicy::Nothing }
}

fn auth() -> Secret<Vec<u8>> {
    Secret::new(b"0123456789abcdef".to_vec())
}

fn machine() -> MachineBinding {
    MachineBinding { components: vec![("machine-id".to_owned(), "a machine".to_owned())] }
}

const ORIGIN: &str = "a measurement";
