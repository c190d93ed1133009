//! A copy on another machine, and the same machine with another machine-id.

use crate::harness::{Cloud, Machine, code, text, wait_for};
use crate::life::{copy_state, signs_in, signs_in_and_is_suspended};
use it::apart::can_be_elsewhere;
use serde_json::{Value, json};

const HERE: &str = "11111111111111111111111111111111";
const ELSEWHERE: &str = "22222222222222222222222222222222";

/// Starts the daemon as on a machine with this machine-id.
fn up_as(machine: &mut Machine, id: &str) {
    machine.kill();
    machine.set_machine_id(id);
    machine.up();
}

/// A sign-in finds out that the machine is another one; nothing is proved by the keys, and none is touched.
fn is_suspended(cloud: &Cloud, machine: &Machine) {
    let before = machine.domain()["identity"]["thumbprint"].clone();
    let proofs = cloud.requests("token.prt").len();
    signs_in_and_is_suspended(machine);
    wait_for("the suspension", || machine.domain()["phase"] == "suspended");
    let domain = machine.domain();
    let identity = &domain["identity"];
    assert_eq!((&identity["suspended"], &identity["thumbprint"]), (&json!("cloned_machine"), &before));
    assert_eq!(identity["changed"], json!(["machine-id"]), "{identity}");
    let failure = &domain["sessions"][0]["failure"];
    assert!(failure["message"].as_str().unwrap().ends_with("machine-id changed"), "{failure}");
    for way in ["aad-tool rebind", "aad-tool leave --force"] {
        assert!(failure["advice"].as_str().unwrap().contains(way), "{failure}");
    }
    let shown = machine.run(&["status"]);
    assert_eq!(code(&shown), 6, "{}", text(&shown));
    assert!(text(&shown).contains("machine-id"), "{}", text(&shown));
    let sent = [cloud.requests("join").len(), cloud.requests("token.prt").len(), cloud.devices().len()];
    assert_eq!(sent, [1, proofs, 1]);
}

/// The whole story of a changed machine-id, wherever the keys are; the machine is configured and not started.
pub(crate) fn is_accepted_by_rebinding(cloud: &Cloud, machine: &mut Machine) {
    if !can_be_elsewhere("the story of a changed machine-id") {
        return;
    }
    up_as(machine, HERE);
    signs_in(machine);
    let before = machine.domain()["identity"].clone();
    assert_eq!((&before["changed"], &before["suspended"]), (&json!([]), &Value::Null), "{before}");
    up_as(machine, ELSEWHERE);
    is_suspended(cloud, machine);

    let rebound = machine.run(&["rebind"]);
    assert_eq!(code(&rebound), 0, "{}", text(&rebound));
    assert!(text(&rebound).contains("Changed since: machine-id.\n"), "{}", text(&rebound));
    let proofs = cloud.requests("token.prt").len();
    for start in 0..2 {
        let identity = machine.domain()["identity"].clone();
        for member in ["device_id", "thumbprint", "registered_at", "bound_to"] {
            assert_eq!(identity[member], before[member], "{member}");
        }
        assert_eq!((&identity["changed"], &identity["suspended"]), (&json!([]), &Value::Null), "{identity}");
        signs_in(machine);
        wait_for("the session", || machine.domain()["sessions"][0]["state"] == "holding");
        wait_for("every key to work", || {
            let keys = machine.domain()["identity"]["keys"].as_array().cloned().unwrap_or_default();
            keys.iter().all(|key| key["tested_at"].is_string() && key["problem"].is_null())
        });
        let sent = [cloud.requests("join").len(), cloud.requests("token.prt").len(), cloud.devices().len()];
        assert_eq!(sent, [1, proofs + 1 + start, 1]);
        machine.restart();
    }
    up_as(machine, HERE);
    is_suspended(cloud, machine);
    let left = machine.run(&["leave", "--force"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
}

#[test]
fn a_changed_machine_id_is_accepted_by_root_with_keys_in_software() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "apply_policy = true");
    is_accepted_by_rebinding(&cloud, &mut machine);
}

#[test]
fn a_copied_state_directory_is_of_no_use_on_another_machine() {
    if !can_be_elsewhere("a copied state directory") {
        return;
    }
    let cloud = Cloud::start();
    let mut original = Machine::switched_off(&cloud, "contoso.com", "");
    up_as(&mut original, HERE);
    signs_in(&original);
    let mut copy = Machine::switched_off(&cloud, "contoso.com", "");
    copy_state(&original, &copy);
    up_as(&mut copy, ELSEWHERE);
    is_suspended(&cloud, &copy);
    copy.restart();
    assert_eq!(copy.domain()["identity"]["suspended"], "cloned_machine");
    // The copy goes away, and the original does not hear of it.
    let left = copy.run(&["leave", "--force"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert_eq!(code(&copy.run(&["status"])), 3);
    signs_in(&original);
    assert_eq!((original.domain()["phase"].clone(), cloud.devices().len()), (json!("registered"), 1));
}

#[test]
fn without_an_identity_there_is_nothing_to_bind() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    for arguments in [&["rebind"][..], &["rebind", "--domain", "contoso.com"]] {
        let refused = machine.run(arguments);
        assert_eq!(code(&refused), 3, "{}", text(&refused));
        assert!(text(&refused).contains("[NotRegistered]"), "{}", text(&refused));
    }
    signs_in(&machine);
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert_eq!(code(&machine.run(&["rebind"])), 3);
}

#[test]
fn a_rebinding_where_nothing_changed_changes_nothing_that_is_shown() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    signs_in(&machine);
    let before = machine.domain()["identity"].clone();
    let rebound = machine.run(&["rebind", "--domain", "contoso.com"]);
    assert_eq!(code(&rebound), 0, "{}", text(&rebound));
    assert!(text(&rebound).contains("Changed since: nothing.\n"), "{}", text(&rebound));
    let without_tests = |mut identity: Value| {
        identity["keys"] = Value::Null;
        identity
    };
    assert_eq!(without_tests(machine.domain()["identity"].clone()), without_tests(before));
}
