//! What the first frame says: which key store, and what opens it.

use crate::words::{Reader, Word, Writer};
use model::{Backend, BootPolicy, MachineBinding, Secret};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// What a child needs to open its key store.
#[derive(Debug)]
pub struct Settings {
    /// Whether it logs every step.
    pub debug: bool,
    /// The machine that keys are bound to.
    pub machine: MachineBinding,
    /// Where PIN or auth value came from, in one phrase for people.
    pub origin: String,
    /// Which key store.
    pub store: KeyStore,
}

/// Which key store, and the secret that opens it.
#[derive(Debug)]
pub enum KeyStore {
    /// A TPM.
    Tpm {
        /// The way to it in the library's own syntax (`tpm_tcti_name`).
        tcti: String,
        /// What the auth values of its keys are derived from.
        auth: Secret<Vec<u8>>,
        /// The file of the boot secret.
        boot_file: PathBuf,
        /// What new keys are bound to.
        policy: BootPolicy,
    },
    /// A PKCS#11 token.
    Pkcs11 {
        /// Absolute path of the module (`pkcs11_module`).
        module: PathBuf,
        /// Label of the token (`pkcs11_token`).
        label: String,
        /// Serial of the token; needed where several tokens have the label.
        serial: Option<String>,
        /// The user PIN.
        pin: Secret<Vec<u8>>,
    },
}

impl KeyStore {
    /// The word of the backend.
    pub fn backend(&self) -> Backend {
        match self {
            KeyStore::Tpm { .. } => Backend::Tpm,
            KeyStore::Pkcs11 { .. } => Backend::Pkcs11,
        }
    }
}

impl Word for Settings {
    fn put(&self, out: &mut Writer) {
        self.debug.put(out);
        self.machine.put(out);
        self.origin.put(out);
        self.store.put(out);
    }
    fn take(from: &mut Reader<'_>) -> Option<Settings> {
        Some(Settings {
            debug: Word::take(from)?,
            machine: Word::take(from)?,
            origin: Word::take(from)?,
            store: Word::take(from)?,
        })
    }
}

impl Word for KeyStore {
    fn put(&self, out: &mut Writer) {
        self.backend().put(out);
        match self {
            KeyStore::Tpm { tcti, auth, boot_file, policy } => {
                tcti.put(out);
                auth.put(out);
                boot_file.put(out);
                policy.put(out);
            }
            KeyStore::Pkcs11 { module, label, serial, pin } => {
                module.put(out);
                label.put(out);
                serial.put(out);
                pin.put(out);
            }
        }
    }
    fn take(from: &mut Reader<'_>) -> Option<KeyStore> {
        match Backend::take(from)? {
            Backend::Soft => None,
            Backend::Tpm => Some(KeyStore::Tpm {
                tcti: Word::take(from)?,
                auth: Word::take(from)?,
                boot_file: Word::take(from)?,
                policy: Word::take(from)?,
            }),
            Backend::Pkcs11 => Some(KeyStore::Pkcs11 {
                module: Word::take(from)?,
                label: Word::take(from)?,
                serial: Word::take(from)?,
                pin: Word::take(from)?,
            }),
        }
    }
}

/// The first frame: the version of the program, so that a child of another one can say so, and the settings.
pub(crate) fn first_frame(settings: &Settings) -> Zeroizing<Vec<u8>> {
    let mut out = Writer::default();
    VERSION.to_owned().put(&mut out);
    settings.put(&mut out);
    out.done()
}

/// What a child makes of the first frame.
#[derive(Debug)]
pub(crate) enum First {
    Settings(Settings),
    /// Daemon and child are of two versions: one of them was upgraded and not restarted.
    OtherVersion,
}

impl First {
    /// `None` for a frame that no version wrote.
    pub(crate) fn read(body: &[u8]) -> Option<First> {
        let mut from = Reader::of(body);
        if String::take(&mut from)? != VERSION {
            return Some(First::OtherVersion);
        }
        Settings::take(&mut from).filter(|_| from.is_empty()).map(First::Settings)
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(store: KeyStore) -> Settings {
        let components = vec![("machine-id".to_owned(), "a".to_owned()), ("token".to_owned(), String::new())];
        Settings { debug: true, machine: MachineBinding { components }, origin: "o".to_owned(), store }
    }

    fn secret(bytes: &[u8]) -> Secret<Vec<u8>> {
        Secret::new(bytes.to_vec())
    }

    #[test]
    fn the_first_frame_says_what_opens_the_key_store() {
        let (boot_file, policy) = (PathBuf::from("/s/tpm-boot"), BootPolicy::Pcr7);
        let tpm = KeyStore::Tpm { tcti: "device".to_owned(), auth: secret(b"auth"), boot_file, policy };
        let Some(First::Settings(read)) = First::read(&first_frame(&settings(tpm))) else { panic!() };
        assert!(read.debug && read.origin == "o" && read.machine == settings(read_store()).machine);
        let KeyStore::Tpm { tcti, auth, boot_file, policy } = read.store else { panic!() };
        assert_eq!((tcti.as_str(), auth.expose().as_slice()), ("device", b"auth".as_slice()));
        assert_eq!((boot_file, policy), (PathBuf::from("/s/tpm-boot"), BootPolicy::Pcr7));
        let Some(First::Settings(read)) = First::read(&first_frame(&settings(read_store()))) else {
            panic!()
        };
        let KeyStore::Pkcs11 { module, label, serial, pin } = read.store else { panic!() };
        assert_eq!((module, label.as_str(), serial.as_deref()), (PathBuf::from("/m.so"), "l", Some("7")));
        assert_eq!(pin.expose(), b"1234");
    }

    fn read_store() -> KeyStore {
        let (module, label) = (PathBuf::from("/m.so"), "l".to_owned());
        KeyStore::Pkcs11 { module, label, serial: Some("7".to_owned()), pin: secret(b"1234") }
    }

    #[test]
    fn another_version_is_told_and_a_bent_frame_is_nothing() {
        let frame = first_frame(&settings(read_store()));
        let mut other = frame.to_vec();
        other[4] = b'9';
        assert!(matches!(First::read(&other), Some(First::OtherVersion)));
        for length in 0..frame.len() {
            assert!(First::read(&frame[..length]).is_none(), "{length}");
        }
        assert!(First::read(&[frame.as_slice(), &[0]].concat()).is_none());
    }
}
