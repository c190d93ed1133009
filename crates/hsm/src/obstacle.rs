//! What keeps a key store that is there from being used, and what an administrator does about it.

/// A cause that lasts until somebody mends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The user of the service may not open the device.
    Rights,
    /// `tpm_tcti_name` is none that the TPM library knows.
    Tcti,
    /// The TPM's owner hierarchy has a password.
    OwnerPassword,
    /// The storage key that the machine was given has a password.
    StorageKeyPassword,
    /// The firmware has switched the TPM's owner hierarchy off.
    Hierarchy,
    /// The TPM has failed its own tests.
    FailureMode,
    /// This build cannot use a TPM.
    NoAdapter,
    /// The program that opens key stores cannot be started, or is of another version.
    Program,
    /// The PKCS#11 module is not there, or is not to be trusted.
    Module,
    /// The PKCS#11 module is for another kind of processor.
    Architecture,
}

impl Obstacle {
    /// Every one.
    pub const ALL: [Obstacle; 10] = [
        Obstacle::Rights,
        Obstacle::Tcti,
        Obstacle::OwnerPassword,
        Obstacle::StorageKeyPassword,
        Obstacle::Hierarchy,
        Obstacle::FailureMode,
        Obstacle::NoAdapter,
        Obstacle::Program,
        Obstacle::Module,
        Obstacle::Architecture,
    ];

    /// What it is, in a phrase.
    pub const fn cause(self) -> &'static str {
        match self {
            Obstacle::Rights => "the user of the service may not open it",
            Obstacle::Tcti => "tpm_tcti_name is not valid",
            Obstacle::OwnerPassword => "the owner hierarchy of the TPM has a password",
            Obstacle::StorageKeyPassword => "the storage key 0x81000001 of the TPM has a password",
            Obstacle::Hierarchy => "the owner hierarchy of the TPM is switched off",
            Obstacle::FailureMode => "the TPM is in failure mode",
            Obstacle::NoAdapter => "this build of firmament-keys has no TPM adapter",
            Obstacle::Program => "firmament-keys cannot be used",
            Obstacle::Module => "the PKCS#11 module is not loaded",
            Obstacle::Architecture => "the PKCS#11 module is for another kind of processor",
        }
    }

    /// The cause with its details, if there are any.
    pub(crate) fn with(self, details: &str) -> String {
        if details.is_empty() { self.cause().to_owned() } else { format!("{} ({details})", self.cause()) }
    }

    /// What an administrator of the machine does about it.
    pub const fn advice(self) -> &'static str {
        match self {
            Obstacle::Rights => {
                "Let the user of the service open the device (group tss), then restart firmamentd."
            }
            Obstacle::Tcti => {
                "Set tpm_tcti_name to device:/dev/tpmrm0 or another TCTI, then restart firmamentd."
            }
            Obstacle::OwnerPassword => {
                "Put a storage key at 0x81000001 with the owner's password, or take the password away \
                 (tpm2_changeauth)."
            }
            Obstacle::StorageKeyPassword => "Put a storage key without a password at 0x81000001.",
            Obstacle::Hierarchy => {
                "Switch the TPM's owner (storage) hierarchy on in the firmware, and restart the machine."
            }
            Obstacle::FailureMode => "Restart the machine; if that does not help, its TPM is broken.",
            Obstacle::NoAdapter => "Install a firmament-keys that was built with the feature tpm.",
            Obstacle::Program => {
                "Install the package firmament-keys of the same version as firmamentd, then restart firmamentd."
            }
            Obstacle::Module => {
                "Check pkcs11_module and who owns what is on the way to it, then restart firmamentd."
            }
            Obstacle::Architecture => {
                "Set pkcs11_module to a module for this machine, then restart firmamentd."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_cause_and_an_advice_of_its_own() {
        for obstacle in Obstacle::ALL {
            let same =
                |other: &&Obstacle| other.cause() == obstacle.cause() || other.advice() == obstacle.advice();
            assert_eq!(Obstacle::ALL.iter().filter(same).count(), 1, "{obstacle:?}");
            assert!(obstacle.advice().ends_with('.') && !obstacle.cause().ends_with('.'), "{obstacle:?}");
        }
    }
}
