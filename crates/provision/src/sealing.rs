//! Which key the credential with the auth value is encrypted with, as its own header says.

use crate::place::STORES;
use files::{FileError, Trust};
use layout::auth_value::CREDENTIAL;
use std::path::{Path, PathBuf};

/// The key that a credential is encrypted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sealing {
    Host,
    HostAndTpm,
    Tpm,
    Nothing,
    Unknown,
}

impl Sealing {
    /// Reads the text of a credential.
    fn of(text: &[u8]) -> Sealing {
        let text = text.trim_ascii_start();
        let found = KINDS.iter().find(|(start, _)| text.starts_with(start.as_bytes()));
        found.map_or(Sealing::Unknown, |(_, sealing)| *sealing)
    }

    fn description(self) -> &'static str {
        match self {
            Sealing::Host => "encrypted with the host's key alone, which is a file: not bound to a TPM",
            Sealing::HostAndTpm => "encrypted with the host's key and the TPM",
            Sealing::Tpm => "encrypted with the TPM",
            Sealing::Nothing => "encrypted with an empty key: whoever has the file can read it",
            Sealing::Unknown => "encrypted with a key of a kind that this version does not know",
        }
    }
}

/// One line about the credential that systemd would give to the daemon, if there is one; only root can
/// see it.
pub fn sealing(root: &Path) -> Option<String> {
    let (path, text) = STORES.iter().find_map(|store| text(root.join(store).join(CREDENTIAL)))?;
    let said = match text {
        Ok(text) => format!("is {}", Sealing::of(&text).description()),
        Err(error) => format!("could not be read, so which key it is encrypted with is unknown: {error}"),
    };
    Some(format!("Credential: {} {said}\n", path.display()))
}

/// The text of a file that may be there.
fn text(path: PathBuf) -> Option<(PathBuf, Result<Vec<u8>, FileError>)> {
    match files::read_public(&path, &Trust::current()) {
        Err(error) if error.is_not_found() => None,
        read => Some((path, read.map(|read| read.content))),
    }
}

/// How each kind begins: its 16 bytes (`CRED_AES256_GCM_BY_…` in systemd's src/shared/creds-util.h)
/// as Base64, of which 21 characters are theirs alone.
const KINDS: [(&str, Sealing); 6] = [
    ("Whxqht+dQJax1aZeCGLxm", Sealing::Host),
    ("DHzAexF2RZGcSwvqCLwg/", Sealing::Tpm),
    ("+vfrk0HjQSyhpDb5Wik2L", Sealing::Tpm),
    ("k6iUCUh0RJCQyvL8k8q1U", Sealing::HostAndTpm),
    ("r0lQqEkTTrGnOEYwT/MMB", Sealing::HostAndTpm),
    ("BYRp2vb1QySABUnaD46i+", Sealing::Nothing),
];

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use std::fs;

    /// The ids of systemd's header, in its order: host, TPM, TPM with a public key, both, both with a public
    /// key, none.
    const IDS: [(u128, Sealing); 6] = [
        (0x5a1c_6a86_df9d_4096_b1d5_a65e_0862_f19a, Sealing::Host),
        (0x0c7c_c07b_1176_4591_9c4b_0bea_08bc_20fe, Sealing::Tpm),
        (0xfaf7_eb93_41e3_412c_a1a4_36f9_5a29_362f, Sealing::Tpm),
        (0x93a8_9409_4874_4490_90ca_f2fc_93ca_b553, Sealing::HostAndTpm),
        (0xaf49_50a8_4913_4eb1_a738_4630_4ff3_0c05, Sealing::HostAndTpm),
        (0x0584_69da_f6f5_4324_8005_49da_0f8e_a2fb, Sealing::Nothing),
    ];

    fn credential(id: u128) -> String {
        // The lengths of key, block, nonce and tag follow, and then the rest.
        let sizes = [32, 1, 12, 16].map(u32::to_le_bytes).concat();
        STANDARD.encode([id.to_be_bytes().as_slice(), &sizes, &[0; 60]].concat())
    }

    #[test]
    fn every_kind_of_systemd_is_known_by_its_id() {
        for (id, sealing) in IDS {
            let text = credential(id);
            assert_eq!(Sealing::of(text.as_bytes()), sealing, "{id:x}");
            assert_eq!(Sealing::of(format!("\n  {text}").as_bytes()), sealing, "{id:x}");
            for byte in 0..15 {
                let other = credential(id ^ 1 << (8 * (byte + 1)));
                assert_eq!(Sealing::of(other.as_bytes()), Sealing::Unknown, "{other}");
            }
        }
        for text in ["", "Whxqht+dQJax1aZeCGLx", "0123456789abcdef"] {
            assert_eq!(Sealing::of(text.as_bytes()), Sealing::Unknown, "{text}");
        }
    }

    #[test]
    fn what_systemd_itself_wrote_is_known() {
        // By systemd-creds 252, the last two with swtpm.
        for (text, sealing) in [
            ("Whxqht+dQJax1aZeCGLxmiAAAAABAAAADAAAABAAAADdRdJ0iC9LTuBt7C8AAAAA", Sealing::Host),
            ("DHzAexF2RZGcSwvqCLwg/iAAAAABAAAADAAAABAAAACKT/gFus6IR5bk7CUAAAAA", Sealing::Tpm),
            ("k6iUCUh0RJCQyvL8k8q1UyAAAAABAAAADAAAABAAAAAncfRV2ENREvWvTfQAAAAA", Sealing::HostAndTpm),
        ] {
            assert_eq!(Sealing::of(text.as_bytes()), sealing);
        }
    }

    #[test]
    fn the_credential_that_systemd_would_take_is_told_of_and_a_riddle_is_called_one() {
        let root = tempfile::tempdir().unwrap();
        let put = |store: &str, text: &str| {
            fs::create_dir_all(root.path().join(store)).unwrap();
            fs::write(root.path().join(store).join("hsm-pin"), text).unwrap();
        };
        assert_eq!(sealing(root.path()), None);
        put("usr/lib/credstore.encrypted", &credential(IDS[3].0));
        assert!(
            sealing(root.path()).unwrap().ends_with("hsm-pin is encrypted with the host's key and the TPM\n")
        );
        put("etc/credstore.encrypted", &credential(IDS[0].0));
        let told = sealing(root.path()).unwrap();
        assert!(
            told.contains("etc/credstore.encrypted/hsm-pin is") && told.contains("not bound to a TPM"),
            "{told}"
        );
        put("etc/credstore.encrypted", "");
        assert!(sealing(root.path()).unwrap().contains("does not know"));
        fs::remove_file(root.path().join("etc/credstore.encrypted/hsm-pin")).unwrap();
        fs::create_dir(root.path().join("etc/credstore.encrypted/hsm-pin")).unwrap();
        assert!(sealing(root.path()).unwrap().contains("is unknown: "));
    }
}
