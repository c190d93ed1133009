//! The whole life of an identity, the same wherever its keys are.

use crate::harness::{Cloud, Machine, code, text};
use serde_json::Value;

const ALEX: &str = "alex@contoso.com";

/// Joins, signs for tokens, enrols, restarts, signs again, and leaves with the device certificate.
pub(crate) fn live(cloud: &Cloud, machine: &mut Machine, backend: &str, key_store: &str) {
    signs_in(machine);
    let domain = machine.domain();
    assert_eq!(domain["phase"], "intune_enrolled", "{domain}");
    let keys = domain["identity"]["keys"].as_array().unwrap();
    let found: Vec<_> = keys.iter().map(|key| (key["purpose"].clone(), key["backend"].clone())).collect();
    let purposes = ["device", "transport", "intune"];
    assert_eq!(found, purposes.map(|purpose| (Value::from(purpose), Value::from(backend))));
    let told = machine.status()["key_store"].clone();
    assert!(told.as_str().unwrap().starts_with(key_store), "{told}");
    let thumbprint = &domain["identity"]["thumbprint"];
    assert_eq!(cloud.requests("token.prt")[0]["facts"]["prt_signed_by"], *thumbprint);

    machine.restart();
    assert_eq!(machine.domain()["identity"]["thumbprint"], *thumbprint);
    signs_in(machine);
    assert_eq!(cloud.requests("token.prt").last().unwrap()["facts"]["prt_signed_by"], *thumbprint);
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));

    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert!(cloud.devices().is_empty() && cloud.json("intune-devices").is_empty());
    assert_eq!(cloud.requests("leave").last().unwrap()["facts"]["client_cert_thumbprint"], *thumbprint);
}

pub(crate) fn signs_in(machine: &Machine) {
    let output = machine.sign_in(ALEX);
    assert_eq!(code(&output), 0, "{}", text(&output));
}

/// Somebody signs in, and the first use of the keys suspends the machine: the exit code says so.
pub(crate) fn signs_in_and_is_suspended(machine: &Machine) {
    let output = machine.sign_in(ALEX);
    assert_eq!(code(&output), 6, "{}", text(&output));
}

/// Gives another machine the state directory of this one, and what opens it.
pub(crate) fn copy_state(from: &Machine, to: &Machine) {
    let mut copy = std::process::Command::new("cp");
    copy.arg("-a").arg(from.path("state")).arg(from.path("hsm-pin")).arg(to.dir.path());
    assert!(copy.status().unwrap().success());
}

#[test]
fn with_keys_in_software() {
    let cloud = Cloud::start();
    let mut machine = Machine::configured(&cloud, "contoso.com", "apply_policy = true");
    live(&cloud, &mut machine, "soft", "software keys");
}
