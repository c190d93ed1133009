//! The process that holds a machine's keys, with swtpm and with SoftHSM2, after the jobs of an enrolment.

use crate::{enrolled, pss_kib};
use it::goals::{Goal, judged};
use it::harness::{Cloud, Machine, own_directory};
use it::softhsm::{LABEL, PIN, make_token, module};
use it::swtpm::Tpm;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Megabytes (PSS) of the process.
const KEYS: Goal = Goal::AtMost(8.0);

/// Measures and prints both.
pub(crate) fn measure(cloud: &Cloud) {
    let dir = own_directory();
    let tpm = Tpm::start(dir.path());
    let extra = format!("apply_policy = true\n{}", tpm.options("tpm"));
    judge("TPM", Machine::switched_off(cloud, "contoso.com", &extra));
    // It has a library of the token's process in memory too, which would then be counted by half.
    drop(tpm);
    judge("token", with_token(cloud));
}

fn with_token(cloud: &Cloud) -> Machine {
    let machine = Machine::switched_off(cloud, "contoso.com", "");
    make_token(machine.dir.path());
    let (pin, conf) = (machine.path("pin"), machine.path("himmelblau.conf"));
    fs::write(&pin, PIN).unwrap();
    fs::set_permissions(&pin, Permissions::from_mode(0o600)).unwrap();
    let (before, module) = (fs::read_to_string(&conf).unwrap(), module());
    let lines = format!(
        "apply_policy = true\nhsm_type = pkcs11\npkcs11_module = {}\npkcs11_token = {LABEL}\n\
         pkcs11_pin_path = {}\n",
        module.display(),
        pin.display()
    );
    fs::write(conf, before + &lines).unwrap();
    machine
}

fn judge(place: &str, machine: Machine) {
    let machine = enrolled(machine);
    let process = machine.keys_process().unwrap();
    let process = PathBuf::from(format!("/proc/{}", process.as_raw_nonzero()));
    let what = format!("memory of firmament-keys, {place}");
    judged(&what, (pss_kib(&process) / 1024.0, "MB (PSS)"), KEYS);
}
