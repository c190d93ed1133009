//! The exit codes, documented in `--help` and docs/operations.md.

use client::ClientError;
use ipc::{Ending, StatusDocument};

model::word_enum! {
    /// How the program ends, by the word of `--json`.
    pub enum Exit {
        /// Done; for `status`: every domain is registered.
        Done = "done",
        /// A passing fault, or one of ours; try again or report it.
        Failed = "failed",
        /// The command line or the configuration.
        Usage = "usage",
        /// Not registered.
        NotRegistered = "not_registered",
        /// Needs a sign-in.
        NeedsSignIn = "needs_sign_in",
        /// Somebody else has to act first; the text says who.
        Denied = "denied",
        /// The identity may not be used; its keys are kept.
        Suspended = "suspended",
        /// firmamentd cannot be reached, says no word within ten seconds, or is not the one of this machine.
        Unreachable = "unreachable",
        /// `tpm` only: a key is in software.
        KeyInSoftware = "key_in_software",
        /// The state cannot be written: nothing was done.
        NotWritable = "not_writable",
        /// Ctrl-C.
        Interrupted = "interrupted",
    }
}

impl Exit {
    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NotRegistered => 3,
            Exit::NeedsSignIn => 4,
            Exit::Denied => 5,
            Exit::Suspended => 6,
            Exit::Unreachable => 7,
            Exit::KeyInSoftware => 8,
            Exit::NotWritable => 9,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Ending> for Exit {
    fn from(ending: Ending) -> Exit {
        match ending {
            Ending::Done => Exit::Done,
            Ending::Failed | Ending::NotServed => Exit::Failed,
            Ending::Usage => Exit::Usage,
            Ending::NotRegistered => Exit::NotRegistered,
            Ending::NeedsSignIn => Exit::NeedsSignIn,
            Ending::Denied => Exit::Denied,
            Ending::Suspended => Exit::Suspended,
            Ending::NotWritable => Exit::NotWritable,
        }
    }
}

impl From<&ClientError> for Exit {
    fn from(error: &ClientError) -> Exit {
        match error {
            ClientError::Unreachable { .. }
            | ClientError::Denied { .. }
            | ClientError::Silent { .. }
            | ClientError::Foreign { .. } => Exit::Unreachable,
            ClientError::Broken(_) | ClientError::Newer(_) => Exit::Failed,
        }
    }
}

/// How `tpm` ends. A token of PKCS#11 counts as hardware, whatever it is made of: its own description says what it is.
pub(crate) fn of_keys(document: &StatusDocument) -> Exit {
    let identities = document.domains.iter().filter_map(|domain| domain.identity.as_ref());
    let keys: Vec<_> = identities.flat_map(|identity| &identity.keys).collect();
    if keys.is_empty() {
        return Exit::NotRegistered;
    }
    if keys.iter().any(|key| key.problem.is_some()) {
        return Exit::Failed;
    }
    match keys.iter().all(|key| key.backend == "tpm" || key.backend == "pkcs11") {
        true => Exit::Done,
        false => Exit::KeyInSoftware,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_keys(backends: &[&str], problem: Option<&str>) -> StatusDocument {
        let mut document: StatusDocument =
            serde_json::from_str(include_str!("../tests/golden/full.json")).unwrap();
        for identity in document.domains.iter_mut().filter_map(|domain| domain.identity.as_mut()) {
            identity.keys.truncate(backends.len());
            for (key, backend) in identity.keys.iter_mut().zip(backends) {
                key.backend = (*backend).to_owned();
                key.problem = problem.map(str::to_owned);
            }
        }
        document
    }

    #[test]
    fn the_exit_code_says_whether_every_key_is_in_hardware_and_works() {
        for (backends, problem, exit) in [
            (&["tpm", "tpm"][..], None, Exit::Done),
            (&["tpm", "pkcs11"], None, Exit::Done),
            (&["tpm", "soft"], None, Exit::KeyInSoftware),
            (&["soft"], None, Exit::KeyInSoftware),
            (&["tpm"], Some("it is gone"), Exit::Failed),
            (&[], None, Exit::NotRegistered),
        ] {
            assert_eq!(of_keys(&with_keys(backends, problem)), exit, "{backends:?}");
        }
    }
}
