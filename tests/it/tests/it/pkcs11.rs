//! The whole life of an identity whose keys are in a PKCS#11 token, and what happens without that token.

use crate::harness::{Cloud, Machine, code, text, wait_for};
use crate::life::{copy_state, live, signs_in, signs_in_and_is_suspended};
use it::softhsm::{LABEL, PIN, make_token, module};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

const ALEX: &str = "alex@contoso.com";

/// A machine with a token of its own, before its daemon runs.
pub(crate) fn machine(cloud: &Cloud) -> Machine {
    let machine = Machine::switched_off(cloud, "contoso.com", "");
    make_token(machine.dir.path());
    fs::write(machine.path("pin"), PIN).unwrap();
    fs::set_permissions(machine.path("pin"), fs::Permissions::from_mode(0o600)).unwrap();
    configure(
        &machine,
        &format!(
            "apply_policy = true\nhsm_type = pkcs11\npkcs11_module = {}\npkcs11_token = {LABEL}\n\
             pkcs11_pin_path = {}\n",
            module().display(),
            machine.path("pin").display()
        ),
    );
    machine
}

/// Adds lines, which count instead of those that are there.
pub(crate) fn configure(machine: &Machine, lines: &str) {
    let path = machine.path("himmelblau.conf");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, format!("{text}{lines}\n")).unwrap();
}

fn registered(cloud: &Cloud) -> Machine {
    let mut machine = machine(cloud);
    machine.up();
    signs_in(&machine);
    machine
}

/// How many objects the token has, itself among them.
pub(crate) fn objects(machine: &Machine) -> usize {
    let token = fs::read_dir(machine.path("tokens")).unwrap().next().unwrap().unwrap().path();
    let files = fs::read_dir(token).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "object")).count()
}

/// Starts the daemon, which gives up, and says why.
fn refuses_to_start(machine: &mut Machine) -> String {
    let mut daemon = machine.firmamentd();
    machine.boot(&mut daemon);
    assert_eq!(machine.ended().code(), Some(1));
    machine.log()
}

#[test]
fn with_keys_in_a_token() {
    let cloud = Cloud::start();
    let mut machine = machine(&cloud);
    machine.up();
    live(&cloud, &mut machine, "pkcs11", "keys in the PKCS#11 token firmament");
    // The token's own object, and the key that seals.
    assert_eq!(objects(&machine), 2, "every pair is gone");
}

#[test]
fn a_changed_machine_id_is_accepted_by_root() {
    let cloud = Cloud::start();
    let mut machine = machine(&cloud);
    crate::rebind::is_accepted_by_rebinding(&cloud, &mut machine);
    assert_eq!(objects(&machine), 8, "no pair was made beside the three of the identity, and none is gone");
}

#[test]
fn another_word_for_keys_that_are_there_is_refused_by_name_and_if_possible_takes_them() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let device = machine.device_id("contoso.com");
    machine.kill();
    configure(&machine, "hsm_type = soft");
    let said = refuses_to_start(&mut machine);
    assert!(said.contains("set hsm_type = pkcs11 or tpm_if_possible"), "{said}");
    configure(&machine, "hsm_type = tpm_if_possible");
    machine.up();
    assert_eq!(machine.device_id("contoso.com"), device);
    wait_for("the token", || machine.status()["key_store"].to_string().contains("PKCS#11 token firmament"));
    signs_in(&machine);
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

#[test]
fn a_wrong_pin_keeps_the_identity_and_a_sign_in_with_the_right_one_lifts_the_suspension() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let thumbprint = machine.domain()["identity"]["thumbprint"].clone();
    let before = objects(&machine);
    fs::write(machine.path("pin"), "another PIN").unwrap();
    machine.restart();
    wait_for("the notice", || machine.status()["notices"].to_string().contains("refuses the PIN"));
    signs_in_and_is_suspended(&machine);
    wait_for("the suspension", || machine.domain()["identity"]["suspended"] == "key_unavailable");
    assert_eq!(objects(&machine), before, "nothing is destroyed for it");
    fs::write(machine.path("pin"), PIN).unwrap();
    machine.restart();
    assert_eq!(machine.domain()["phase"], "suspended");
    signs_in(&machine);
    wait_for("the session", || machine.domain()["sessions"][0]["state"] == "holding");
    let identity = &machine.domain()["identity"];
    assert_eq!((&identity["thumbprint"], &identity["suspended"]), (&thumbprint, &Value::Null));
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

/// Takes the token away, or brings it back.
fn unplug(machine: &Machine) {
    fs::rename(machine.path("tokens"), machine.path("elsewhere")).unwrap();
    fs::create_dir(machine.path("tokens")).unwrap();
}

fn plug_in(machine: &Machine) {
    fs::remove_dir(machine.path("tokens")).unwrap();
    fs::rename(machine.path("elsewhere"), machine.path("tokens")).unwrap();
}

#[test]
fn a_module_that_cannot_be_used_is_named_before_a_code_and_no_key_is_made_elsewhere() {
    // The beginning of a library for 32-bit big-endian ARM (elf(5)).
    let mut foreign = [0; 64];
    foreign[..7].copy_from_slice(b"\x7fELF\x01\x02\x01");
    foreign[19] = 40;
    for (module, cause) in [
        (None, "the PKCS#11 module is not loaded"),
        (Some(b"no library".as_slice()), "is no PKCS#11 module"),
        (Some(&foreign), "the PKCS#11 module is for another kind of processor"),
    ] {
        let cloud = Cloud::start();
        let mut machine = machine(&cloud);
        let path = machine.path("module.so");
        module.into_iter().for_each(|bytes| fs::write(&path, bytes).unwrap());
        configure(&machine, &format!("pkcs11_module = {}", path.display()));
        machine.up();
        wait_for(cause, || machine.status()["notices"].to_string().contains(cause));
        let said = text(&machine.run(&["auth-test", "--name", ALEX]));
        let (named, code) = (said.find(cause), said.find("Code: "));
        assert!(named.is_some() && named < code, "{said}");
        assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (0, 0), "{said}");
    }
}

#[test]
fn without_its_token_a_machine_keeps_its_identity_and_makes_no_other() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let thumbprint = machine.domain()["identity"]["thumbprint"].clone();
    machine.kill();
    unplug(&machine);
    machine.up();
    let why = "could not be opened: the key store is absent: no token is labelled firmament";
    wait_for("the reason", || machine.status()["key_store"].to_string().contains(why));
    let told = machine.status();
    assert!(told["notices"][0].as_str().unwrap().contains("no token is labelled firmament"), "{told}");
    signs_in(&machine);
    wait_for("the failure", || machine.domain()["sessions"][0]["failure"]["code"] == "KeyStoreAbsent");
    let identity = &machine.domain()["identity"];
    assert_eq!((&identity["thumbprint"], &identity["suspended"]), (&thumbprint, &Value::Null));
    plug_in(&machine);
    wait_for("the session", || machine.domain()["sessions"][0]["state"] == "holding");
    let told = machine.status();
    assert!(told["key_store"].as_str().unwrap().contains("PKCS#11 token firmament"), "{told}");
    assert!(!told["notices"].to_string().contains("no token"), "{told}");
    assert_eq!(machine.domain()["identity"]["thumbprint"], thumbprint);
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

#[test]
fn keys_in_a_token_that_is_not_there_are_destroyed_when_it_is() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    machine.kill();
    unplug(&machine);
    machine.up();
    let tool = machine.tool(&["leave", "--force"]).spawn().unwrap();
    wait_for("the failure", || machine.domain()["failure"]["code"] == "KeyStoreAbsent");
    assert_eq!(machine.domain()["phase"], "leaving");
    plug_in(&machine);
    let left = tool.wait_with_output().unwrap();
    assert_eq!((code(&left), objects(&machine)), (0, 2), "{}", text(&left));
}

#[test]
fn a_registration_waits_for_the_token_that_shall_make_its_keys() {
    let cloud = Cloud::start();
    let mut machine = machine(&cloud);
    unplug(&machine);
    machine.up();
    let tool = machine.tool(&["auth-test", "--name", ALEX]).spawn().unwrap();
    wait_for("the failure", || machine.domain()["failure"]["code"] == "KeyStoreAbsent");
    assert!(cloud.requests("join").is_empty());
    plug_in(&machine);
    let output = tool.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

#[test]
fn a_copied_state_directory_is_of_no_use_with_another_token() {
    let cloud = Cloud::start();
    let original = registered(&cloud);
    let mut copy = machine(&cloud);
    copy_state(&original, &copy);
    copy.up();
    let proofs = cloud.requests("token.prt").len();
    signs_in_and_is_suspended(&copy);
    wait_for("the suspension", || copy.domain()["phase"] == "suspended");
    let domain = copy.domain();
    assert_eq!(domain["identity"]["suspended"], "cloned_machine", "{domain}");
    wait_for("the test of the keys", || copy.domain()["identity"]["changed"] == serde_json::json!(["token"]));
    let said = domain["sessions"][0]["failure"]["message"].as_str().unwrap();
    assert!(said.contains("not the machine the keys were made on: token changed"), "{said}");
    let sent = [cloud.requests("join").len(), cloud.requests("token.prt").len(), cloud.devices().len()];
    assert_eq!(sent, [1, proofs, 1]);
    // The copy goes away, and the original does not hear of it.
    let left = copy.run(&["leave", "--force"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert_eq!(code(&copy.run(&["status"])), 3);
    signs_in(&original);
}
