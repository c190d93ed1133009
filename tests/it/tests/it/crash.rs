//! The daemon is killed with SIGKILL while the reply of each request is held back, and after each step.

use crate::harness::{Cloud, Machine, code, text, wait_for};
use serde_json::{Value, json};

/// Signs in until the machine is registered; a sign-in whose daemon was killed counts for nothing.
pub(crate) fn registers_in_the_end(cloud: &Cloud, machine: &Machine) {
    let signed_in = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    assert_eq!(cloud.devices().len(), 1, "the directory recognises the key");
    assert!(machine.device_id("contoso.com").is_some());
}

fn kill_while_held(request: &str, stage: &str) {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    cloud.set(&json!({ "faults": [{ "request": request, "action": stage }] }));
    let mut tool = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
    cloud.admin(&["wait", request, "--held", "1"]);
    machine.kill();
    tool.wait().unwrap();
    cloud.admin(&["release"]);
    machine.up();
    registers_in_the_end(&cloud, &machine);
}

#[test]
fn killed_while_a_request_is_held_back_it_registers_once_in_the_end() {
    for request in ["metadata", "jwks", "devicecode", "token.device_code", "discover", "join"] {
        kill_while_held(request, "hold");
    }
}

#[test]
fn killed_before_a_request_is_processed_it_registers_once_in_the_end() {
    for request in ["discover", "join"] {
        kill_while_held(request, "hold_before");
    }
}

/// Kills once the log shows that the machine came to this state.
fn kill_in_state(state: &str) {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    // The keys that are made ahead of time serve the first registration only.
    registers_in_the_end(&cloud, &machine);
    assert_eq!(code(&machine.run(&["leave"])), 0);
    machine.forget_log();
    let mut tool = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
    let mark = format!("state=\"{state}\"");
    wait_for(state, || machine.log().contains(&mark));
    machine.kill();
    tool.wait().unwrap();
    machine.up();
    registers_in_the_end(&cloud, &machine);
}

#[test]
fn killed_after_any_change_of_state_it_registers_once_in_the_end() {
    for state in ["discovering", "creating_keys", "joining", "verifying"] {
        kill_in_state(state);
    }
}

#[test]
fn killed_while_it_leaves_it_leaves_after_the_restart() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    cloud.set(&json!({ "faults": [{ "request": "leave", "action": "hold" }] }));
    let mut tool = machine.tool(&["leave"]).spawn().unwrap();
    cloud.admin(&["wait", "leave", "--held", "1"]);
    machine.kill();
    tool.wait().unwrap();
    cloud.admin(&["release"]);
    machine.up();
    wait_for("the end of leaving", || machine.status()["domains"][0]["phase"] == "unregistered");
    assert!(cloud.devices().is_empty());
}

#[test]
fn a_reply_that_is_lost_leaves_a_line_in_the_ledger() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    cloud.set(&json!({ "faults": [{ "request": "join", "action": "reset_after" }] }));
    let signed_in = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    assert!(text(&signed_in).contains("[NoAnswer]"), "the doubt is told: {}", text(&signed_in));
    let ledger = machine.status()["domains"][0]["ledger"].clone();
    assert_eq!(ledger[0]["kind"], "in_doubt", "{ledger}");
    assert_eq!(cloud.devices().len(), 1);
    assert_eq!(machine.status()["domains"][0]["identity"]["suspended"], Value::Null);
}
