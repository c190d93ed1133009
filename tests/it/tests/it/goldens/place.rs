//! Where the keys of a golden are, and what must run for them.

use crate::harness::Machine;
use crate::pkcs11::configure;
use it::softhsm::{self, LABEL, PIN, make_token};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Where keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Soft,
    Pkcs11,
    #[cfg(feature = "tpm")]
    Tpm,
}

/// What runs beside a machine as long as the value lives.
#[cfg(feature = "tpm")]
pub(super) type Helper = Option<it::swtpm::Tpm>;
#[cfg(not(feature = "tpm"))]
pub(super) type Helper = Option<()>;

impl Place {
    pub(super) fn named(name: &str) -> Place {
        match name {
            "soft" => Place::Soft,
            "pkcs11" => Place::Pkcs11,
            #[cfg(feature = "tpm")]
            "tpm" => Place::Tpm,
            other => panic!("no keys are in {other}"),
        }
    }

    /// The name, as the status has it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Place::Soft => "soft",
            Place::Pkcs11 => "pkcs11",
            #[cfg(feature = "tpm")]
            Place::Tpm => "tpm",
        }
    }

    /// Where the keys of a machine go when they move from here.
    pub(super) fn other(self) -> &'static str {
        if self == Place::Soft { "pkcs11" } else { "soft" }
    }

    /// Whether keys are, or go, into a token.
    pub(super) fn needs_token(self, moves: bool) -> bool {
        self == Place::Pkcs11 || (self == Place::Soft && moves)
    }

    /// Gives a new machine what its keys need, and what the moved ones need if they are to move.
    pub(super) fn furnish(self, machine: &Machine, moves: bool) -> Helper {
        configure(machine, &format!("hsm_type = {}", self.name()));
        if self.needs_token(moves) {
            make_token(machine.dir.path());
            let pin = machine.path("pin");
            fs::write(&pin, PIN).unwrap();
            fs::set_permissions(&pin, fs::Permissions::from_mode(0o600)).unwrap();
            configure(machine, &format!("pkcs11_token = {LABEL}\npkcs11_pin_path = {}", pin.display()));
        }
        self.resume(machine)
    }

    /// Leads a machine whose files are there to its token or TPM, wherever that is on this computer.
    pub(super) fn resume(self, machine: &Machine) -> Helper {
        if machine.path("tokens").exists() {
            softhsm::lead_to_tokens(machine.dir.path());
            configure(
                machine,
                &format!("pkcs11_module = {}", softhsm::module_for(machine.dir.path()).display()),
            );
        }
        self.start(machine)
    }

    #[cfg(feature = "tpm")]
    fn start(self, machine: &Machine) -> Helper {
        let dir = machine.path("tpm");
        (self == Place::Tpm).then(|| {
            fs::create_dir_all(&dir).unwrap();
            let tpm = it::swtpm::Tpm::start(&dir);
            configure(machine, &format!("tpm_tcti_name = {}", tpm.tcti()));
            tpm
        })
    }

    #[cfg(not(feature = "tpm"))]
    fn start(self, _machine: &Machine) -> Helper {
        None
    }
}
