use files::FileError;
use model::{Failure, FailureClass, Who};
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The caller is not root.
    #[error("only root may do that")]
    NotRoot,
    /// A credential is in the credential store.
    #[error("there is an auth value already: the credential {}", .0.display())]
    CredentialExists(PathBuf),
    /// The file of the auth value is there.
    #[error("there is an auth value already: the file {}", .0.display())]
    FileExists(PathBuf),
    /// A new auth value would not open what the state directory holds.
    #[error("{} holds records that a new auth value cannot open", .0.display())]
    RecordsNeedTheirValue(PathBuf),
    /// Records that nobody can read while the daemon is stopped.
    #[error(
        "{} holds records, perhaps of a registered machine; without the service nobody can read them, so a \
         device object that stays in the tenant cannot be named",
        .0.display()
    )]
    RecordsMayBeRegistered(PathBuf),
    /// The daemon holds the state directory.
    #[error("firmamentd is running: it holds {}", .0.display())]
    Running(PathBuf),
    /// Somebody would start or be the daemon.
    #[error("something listens at {}, the socket of firmamentd", .0.display())]
    Listening(PathBuf),
    /// There is nothing that makes credentials.
    #[error("there is no systemd-creds here, and so no credential to move the value to")]
    NoSystemdCreds,
    /// The daemon would not take the value of the file.
    #[error("the auth value in {} cannot be used: {why}", path.display())]
    BadValue {
        /// The file that holds the auth value.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// systemd-creds ended with a status that is no success.
    #[error("systemd-creds {verb} ended with {status}; what it said itself stands above")]
    Credential {
        /// What it was to do.
        verb: &'static str,
        /// How it ended.
        status: ExitStatus,
    },
    /// What was decrypted is not what was encrypted.
    #[error("systemd-creds did not give back the value that it encrypted")]
    NotVerified,
    /// Somebody else could have changed a file, or a directory on the way to it.
    #[error(transparent)]
    Untrusted(FileError),
    /// The operating system refused.
    #[error("{}: {cause}", path.display())]
    File {
        /// What was used.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        cause: io::Error,
    },
}

impl From<FileError> for Refusal {
    fn from(error: FileError) -> Refusal {
        match error {
            FileError::Io { path, cause } => Refusal::File { path, cause },
            FileError::Denied { path, .. } => {
                Refusal::File { path, cause: io::ErrorKind::PermissionDenied.into() }
            }
            refused => Refusal::Untrusted(refused),
        }
    }
}

impl Refusal {
    /// In the form in which the daemon tells its own.
    pub fn failure(&self) -> Failure {
        let (class, code, advice) = match self {
            Refusal::NotRoot => (FailureClass::Denied, "Forbidden", "Run it again as root."),
            Refusal::CredentialExists(_) => (FailureClass::Broken, "AuthValueExists", KEYS_HANG_ON_IT),
            Refusal::FileExists(_) => (FailureClass::Broken, "AuthValueExists", MOVE_IT),
            Refusal::RecordsNeedTheirValue(_) => (FailureClass::Broken, "IdentityExists", BRING_IT_BACK),
            Refusal::RecordsMayBeRegistered(_) => (FailureClass::Broken, "IdentityExists", LEAVE_FIRST),
            Refusal::Running(_) | Refusal::Listening(_) => (FailureClass::Broken, "ServiceRunning", STOP_IT),
            Refusal::NoSystemdCreds => (FailureClass::Broken, "NoSystemdCreds", INSTALL_IT),
            Refusal::BadValue { .. } => (FailureClass::Broken, "AuthValueUnusable", MEND_THE_FILE),
            Refusal::Credential { .. } => (FailureClass::Broken, "CredentialFailed", WITHOUT_TPM),
            Refusal::NotVerified => (FailureClass::Broken, "CredentialNotVerified", WITHOUT_TPM),
            Refusal::Untrusted(_) => (FailureClass::Broken, "FileUntrusted", MEND_THE_OWNER),
            Refusal::File { .. } => (FailureClass::Broken, "FileFailed", MEND_THE_DISK),
        };
        Failure::local(class, Who::MachineAdmin, code, self.to_string(), advice)
    }
}

const KEYS_HANG_ON_IT: &str = "Nothing was changed: keys may hang on that credential. \
    To give up everything of this machine, run aad-tool prepare-image.";
const MOVE_IT: &str =
    "Nothing was changed. To move the value of the file into a credential, add --from-file.";
const BRING_IT_BACK: &str = "Nothing was changed. Bring the old auth value back from a backup; to give the \
    records up, run aad-tool prepare-image --yes --leave-behind first.";
const LEAVE_FIRST: &str = "Nothing was changed. Start the service, run aad-tool leave, and stop it; then, or to \
    leave the device object behind for an administrator to delete, add --leave-behind.";
const STOP_IT: &str =
    "Nothing was changed. Run systemctl stop firmamentd.socket firmamentd.service, then this again.";
const INSTALL_IT: &str =
    "Nothing was changed: the file stays in force. Credentials need systemd 250 or newer.";
const MEND_THE_FILE: &str = "Nothing was changed. Mend the file or bring it back from a backup; \
    if nothing is registered yet, delete it and leave out --from-file.";
// Seen with swtpm: 252 makes such a credential and says "TPM2 PCR bank invalid" when it is to open it.
const WITHOUT_TPM: &str = "Nothing was changed. Where a TPM is there and cannot be used (systemd 252 opens no \
    credential that is bound to a TPM and to no PCR), add --without-tpm; else report it.";
const MEND_THE_OWNER: &str = "Nothing was changed. Do what stands above, then run this again.";
const MEND_THE_DISK: &str =
    "See what keeps root from it (a disk that is full or read-only), then run it again.";
