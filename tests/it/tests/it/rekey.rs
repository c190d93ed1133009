//! Keys move to another place, and until the new ones are proved the old ones are in force.

use crate::harness::{Cloud, Machine, code, text, wait_for};
use crate::life::signs_in;
use crate::pkcs11::{self, configure, objects};
use serde_json::{Value, json};
use std::process::Output;

const ALEX: &str = "alex@contoso.com";
/// Everybody's at the stand-in.
const PASSWORD: &str = "Correct-Horse-1";

/// A machine with keys in software and a token that they can move to.
fn registered(cloud: &Cloud) -> Machine {
    let mut machine = pkcs11::machine(cloud);
    configure(&machine, "hsm_type = tpm_bound_soft_if_possible");
    machine.up();
    signs_in(&machine);
    machine
}

fn rekey(machine: &Machine, to: &str) -> Output {
    machine.run(&["rekey", "--to", to, "--name", ALEX])
}

fn moves(machine: &Machine, to: &str) {
    let moved = rekey(machine, to);
    assert_eq!(code(&moved), 0, "{}", text(&moved));
    assert!(text(&moved).contains("The old device object is gone, and its keys too."), "{}", text(&moved));
}

fn backends(machine: &Machine) -> Vec<Value> {
    let keys = machine.domain()["identity"]["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["backend"].clone()).collect()
}

fn thumbprint(machine: &Machine) -> Value {
    machine.domain()["identity"]["thumbprint"].clone()
}

/// That nothing of a move is left, on this machine and in the directory.
fn nothing_else_is_there(cloud: &Cloud, machine: &Machine) {
    let domain = machine.domain();
    assert_eq!((&domain["others"], &domain["ledger"]), (&json!([]), &json!([])), "{domain}");
    let devices = cloud.devices();
    assert_eq!(devices.len(), 1, "{devices:?}");
    assert_eq!(devices[0]["id"], domain["identity"]["device_id"]);
}

#[test]
fn an_identity_moves_there_and_back_and_leaves_nothing_behind() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    for (to, count) in [("pkcs11", 2 + 6), ("soft", 2)] {
        let before = thumbprint(&machine);
        moves(&machine, to);
        assert_eq!(backends(&machine), vec![Value::from(to); 3], "Intune's key moves too");
        assert_eq!(objects(&machine), count);
        assert_ne!(thumbprint(&machine), before);
        let delete = cloud.requests("leave").last().unwrap().clone();
        assert_eq!(delete["facts"]["client_cert_thumbprint"], before, "by its own certificate");
        nothing_else_is_there(&cloud, &machine);
        assert_eq!(cloud.json("intune-devices").len(), 1, "the old one is retired");
        machine.restart();
        assert_eq!(backends(&machine), vec![Value::from(to); 3]);
        signs_in(&machine);
        wait_for("the session", || machine.domain()["sessions"][0]["state"] == "holding");
    }
    assert_eq!(cloud.requests("join").len(), 3);
    assert_eq!(code(&machine.run(&["leave"])), 0);
    assert!(cloud.devices().is_empty());
}

#[test]
fn a_refused_registration_leaves_the_old_keys_in_force_and_the_new_ones_serve_the_next_try() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let before = thumbprint(&machine);
    cloud.set(&json!({ "quota": 1 }));
    let refused = rekey(&machine, "pkcs11");
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    assert_eq!((thumbprint(&machine), objects(&machine)), (before.clone(), 2 + 4));
    assert_eq!(machine.domain()["phase"], "intune_enrolled");
    // Whoever signs in now does so with the keys in force.
    signs_in(&machine);
    assert_eq!(cloud.requests("token.prt").last().unwrap()["facts"]["prt_signed_by"], before);
    let other = machine.run(&["rekey", "--to", "tpm", "--name", ALEX]);
    assert!(code(&other) != 0 && cloud.requests("join").len() == 2, "{}", text(&other));
    cloud.set(&json!({ "quota": 50 }));
    moves(&machine, "pkcs11");
    assert_eq!(objects(&machine), 2 + 6, "the same pair");
    nothing_else_is_there(&cloud, &machine);
}

#[test]
fn a_move_that_is_given_up_takes_its_keys_along() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let before = thumbprint(&machine);
    cloud.set(&json!({ "quota": 1 }));
    assert_eq!(code(&rekey(&machine, "pkcs11")), 5);
    let cancelled = machine.run(&["rekey", "--cancel"]);
    assert_eq!(code(&cancelled), 0, "{}", text(&cancelled));
    assert_eq!((thumbprint(&machine), objects(&machine)), (before, 2));
    nothing_else_is_there(&cloud, &machine);
    let nothing = machine.run(&["rekey", "--cancel"]);
    assert_eq!(code(&nothing), 3, "{}", text(&nothing));
}

#[test]
fn an_old_object_that_cannot_be_deleted_is_told_until_it_can_or_is_left_behind() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let old = machine.device_id("contoso.com").unwrap();
    let refusal =
        json!({ "request": "leave", "times": 0, "action": { "kind": "reply", "status": 403, "body": "{}" } });
    cloud.set(&json!({ "faults": [refusal] }));
    let stuck = rekey(&machine, "pkcs11");
    assert_eq!(code(&stuck), 5, "{}", text(&stuck));
    assert!(text(&stuck).contains("with --force the old device object is left behind"), "{}", text(&stuck));
    assert_ne!(machine.device_id("contoso.com").unwrap(), old, "the new keys are in force");
    machine.restart();
    wait_for("the next try", || machine.domain()["others"][0]["failure"] != Value::Null);
    let told = machine.domain()["others"][0].clone();
    assert_eq!((&told["role"], &told["device_id"]), (&"predecessor".into(), &old.clone().into()), "{told}");
    let forced = machine.run(&["rekey", "--to", "pkcs11", "--name", ALEX, "--force"]);
    assert_eq!(code(&forced), 0, "{}", text(&forced));
    cloud.set(&json!({ "faults": [] }));
    machine.restart();
    let domain = machine.domain();
    let line = &domain["ledger"][0];
    assert_eq!((&line["device_id"], &line["kind"]), (&old.clone().into(), &"left_behind".into()), "{domain}");
    // What is known of it goes on to the next move, and stays when the machine has left.
    moves_but_one(&machine, "soft");
    assert_eq!(machine.domain()["ledger"][0]["device_id"], Value::from(old.clone()));
    assert_eq!(code(&machine.run(&["leave"])), 0);
    assert_eq!(machine.status()["left"][0]["ledger"][0]["device_id"], Value::from(old));
}

fn moves_but_one(machine: &Machine, to: &str) {
    let moved = rekey(machine, to);
    assert_eq!(code(&moved), 0, "{}", text(&moved));
}

/// Kills the daemon while this request of a move is held back.
fn killed_at(request: &str, stage: &str) -> (Cloud, Machine, Value) {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let before = thumbprint(&machine);
    cloud.set(&json!({ "faults": [{ "request": request, "action": stage }] }));
    let mut tool = machine.tool(&["rekey", "--to", "pkcs11", "--name", ALEX]).spawn().unwrap();
    cloud.admin(&["wait", request, "--held", "1"]);
    machine.kill();
    tool.wait().unwrap();
    cloud.admin(&["release"]);
    machine.up();
    (cloud, machine, before)
}

#[test]
fn killed_before_the_new_keys_are_proved_the_old_ones_are_in_force_and_the_next_sign_in_goes_on() {
    for (request, stage) in [("join", "hold_before"), ("join", "hold"), ("token.prt", "hold")] {
        let (cloud, machine, before) = killed_at(request, stage);
        assert_eq!(thumbprint(&machine), before, "{request}");
        signs_in(&machine);
        wait_for("the move", || machine.domain()["others"] == json!([]) && thumbprint(&machine) != before);
        assert_eq!(backends(&machine)[..2], ["pkcs11", "pkcs11"]);
        wait_for("the end of the old object", || cloud.devices().len() == 1);
        assert_eq!(cloud.devices()[0]["id"], machine.domain()["identity"]["device_id"]);
    }
}

#[test]
fn killed_while_the_old_object_is_deleted_the_new_keys_are_in_force_and_it_goes_at_the_next_start() {
    for stage in ["hold_before", "hold"] {
        let (cloud, machine, before) = killed_at("leave", stage);
        assert_ne!(thumbprint(&machine), before);
        wait_for("the end of the old object", || cloud.devices().len() == 1);
        wait_for("the end of its keys", || machine.domain()["others"] == json!([]));
        assert_eq!(cloud.devices()[0]["id"], machine.domain()["identity"]["device_id"]);
    }
}

#[test]
fn a_leave_in_the_middle_takes_both_along() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    cloud.set(&json!({ "faults": [{ "request": "join", "action": "hold" }] }));
    let tool = machine.tool(&["rekey", "--to", "pkcs11", "--name", ALEX]).spawn().unwrap();
    cloud.admin(&["wait", "join", "--held", "1"]);
    assert_eq!(code(&machine.run(&["leave"])), 0);
    cloud.admin(&["release"]);
    wait_for("the end of both", || cloud.devices().is_empty());
    wait_for("the end of the keys", || objects(&machine) == 2);
    assert_ne!(code(&tool.wait_with_output().unwrap()), 0);
}

#[test]
fn a_leave_that_is_cut_off_takes_the_keys_of_a_refused_move_along_at_the_next_start() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    cloud.set(&json!({ "quota": 1 }));
    assert_eq!(code(&rekey(&machine, "pkcs11")), 5);
    assert_eq!(objects(&machine), 2 + 4);
    cloud.set(&json!({ "faults": [{ "request": "leave", "action": "hold_before" }] }));
    let mut tool = machine.tool(&["leave"]).spawn().unwrap();
    cloud.admin(&["wait", "leave", "--held", "1"]);
    machine.kill();
    tool.wait().unwrap();
    cloud.admin(&["release"]);
    machine.up();
    wait_for("the end of the keys", || cloud.devices().is_empty() && objects(&machine) == 2);
    wait_for("the end of the machine", || machine.domain()["phase"] == "unregistered");
    machine.kill();
    machine.up();
    signs_in(&machine);
    nothing_else_is_there(&cloud, &machine);
}

#[test]
fn whoever_else_signs_in_while_a_move_waits_for_its_person_does_not_begin_it() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let before = thumbprint(&machine);
    cloud.set(&json!({ "faults": [{ "request": "devicecode", "action": "hold_before" }] }));
    let tool = machine.tool(&["rekey", "--to", "pkcs11", "--name", ALEX]).spawn().unwrap();
    cloud.admin(&["wait", "devicecode", "--held", "1"]);
    let other = machine.sign_in_with_password("adele@contoso.com", PASSWORD);
    assert_eq!(code(&other), 0, "{}", text(&other));
    assert_eq!((cloud.requests("join").len(), thumbprint(&machine)), (1, before.clone()));
    cloud.admin(&["release"]);
    assert_eq!(code(&tool.wait_with_output().unwrap()), 0);
    assert_ne!(thumbprint(&machine), before);
    assert_eq!(machine.domain()["identity"]["owner"], ALEX);
}

#[test]
fn what_cannot_be_moved_is_refused_by_name() {
    let cloud = Cloud::start();
    let mut machine = pkcs11::machine(&cloud);
    configure(&machine, "hsm_type = soft");
    machine.up();
    for (arguments, exit, words) in [
        (&["rekey", "--to", "pkcs11", "--name", ALEX][..], 3, "not registered"),
        (&["rekey", "--cancel"], 3, "not registered"),
        (&["rekey", "--to", "nowhere", "--name", ALEX], 2, "possible values: soft, tpm, pkcs11"),
        (&["rekey", "--to", "soft"], 2, "--name"),
    ] {
        let refused = machine.run(arguments);
        assert_eq!(code(&refused), exit, "{arguments:?}: {}", text(&refused));
        assert!(text(&refused).contains(words), "{arguments:?}: {}", text(&refused));
    }
    signs_in(&machine);
    for (to, code_word) in [("soft", "NotMovable"), ("pkcs11", "HsmTypeConflict")] {
        let refused = rekey(&machine, to);
        assert_eq!(code(&refused), 5, "{}", text(&refused));
        assert!(text(&refused).contains(code_word), "{}", text(&refused));
    }
    configure(&machine, "hsm_type = tpm_bound_soft_if_possible\npkcs11_token = another");
    machine.restart();
    let absent = rekey(&machine, "pkcs11");
    assert!(text(&absent).contains("no token is labelled another"), "{}", text(&absent));
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

#[cfg(feature = "tpm")]
#[test]
fn an_identity_moves_into_a_tpm_and_out_of_it() {
    use crate::tpm::options;
    use it::swtpm::Tpm;
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), Tpm::start(dir.path()));
    let options = options(&tpm, "tpm_bound_soft_if_possible");
    let mut machine = Machine::configured(&cloud, "contoso.com", &options);
    signs_in(&machine);
    for to in ["tpm", "soft"] {
        moves(&machine, to);
        assert_eq!(backends(&machine), vec![Value::from(to); 3]);
        nothing_else_is_there(&cloud, &machine);
        assert_eq!(code(&machine.run(&["tpm"])), if to == "tpm" { 0 } else { 8 });
        machine.restart();
        signs_in(&machine);
    }
}
