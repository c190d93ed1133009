//! How many answers of the directory a person waits for, one after the other: a count, whatever the machine's speed.

use crate::harness::{Cloud, Machine, line_with, rest, wait_for};
use it::series::{Answered, answered, longest_chain};
use serde_json::json;
use std::io::{BufReader, Write};
use std::process::Stdio;
use std::time::Duration;

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";
/// What each answer takes: much longer than anything that this machine does in between.
const EACH: Duration = Duration::from_millis(400);

/// A cloud that thinks about everything, and a machine with keys ahead of time.
fn slow() -> (Cloud, Machine) {
    let cloud = Cloud::with(&[]);
    cloud.set(&json!({ "latency_ms": { "*": EACH.as_millis() } }));
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "sign_in = password");
    machine.restart();
    wait_for("keys ahead of time", || machine.status()["spare_keys"] == "ready");
    (cloud, machine)
}

/// What was answered from a sign-in's begin until the account was checked, and until the session was there.
fn sign_in(cloud: &Cloud, machine: &Machine) -> [Vec<Answered>; 2] {
    let before = answered(cloud).len();
    let mut tool = machine.tool(&["auth-test", "--name", ALEX]).stdin(Stdio::piped()).spawn().unwrap();
    writeln!(tool.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let mut out = BufReader::new(tool.stdout.take().unwrap());
    line_with(&mut out, "Signed in: ");
    let checked = answered(cloud).split_off(before);
    let told = rest(out);
    assert!(tool.wait().unwrap().success(), "{told}");
    wait_for("the session", || machine.domain()["sessions"][0]["state"] == "holding");
    [checked, answered(cloud).split_off(before)]
}

#[test]
fn a_person_waits_for_few_answers_one_after_the_other() {
    let (cloud, machine) = slow();
    for (kind, most) in [("from nothing", FIRST), ("on a registered machine", DAILY)] {
        let found = sign_in(&cloud, &machine);
        for (what, found, most) in [("checked", &found[0], most[0]), ("all", &found[1], most[1])] {
            let chain = longest_chain(found, EACH);
            assert!(chain.len() <= most, "{kind}, {what}: {} in series, {chain:?}", chain.len());
        }
    }
}

/// By password, from nothing: until the account is checked, and until there is a session.
const FIRST: [usize; 2] = [2, 4];
/// The daily sign-in: the same.
const DAILY: [usize; 2] = [3, 3];
