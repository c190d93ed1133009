//! How many answers of the directory a person waits for, one after the other: a count, whatever the machine's speed.

use crate::harness::{Cloud, Machine, line_with, rest, text, wait_for};
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

/// An inventory that follows the enrolment asks for none of its tokens again, nor where it goes.
#[test]
fn few_requests_go_out_from_a_sign_in_until_the_machine_is_enrolled() {
    let cloud = Cloud::with(&[]);
    let options = "apply_policy = true\nsign_in = password";
    let machine = Machine::configured(&cloud, "contoso.com", options);
    let told = machine.sign_in_with_password(ALEX, PASSWORD);
    assert!(told.status.success(), "{}", text(&told));
    wait_for("the enrolment", || machine.domain()["intune"]["inventory_sent_at"].is_string());
    let names: Vec<String> = answered(&cloud).into_iter().map(|it| it.name).collect();
    assert!(names.len() <= UNTIL_ENROLLED, "{}: {names:?}", names.len());
    let counters: serde_json::Value = serde_json::from_str(&cloud.admin(&["counters", "--json"])).unwrap();
    let handshakes = counters["tls_handshakes"].as_u64().unwrap();
    assert!((1..=HANDSHAKES).contains(&handshakes), "{counters}");
}

/// From the start of the daemon until Intune has the inventory; one less is usual.
const UNTIL_ENROLLED: usize = 16;
/// One a host, as the cloud has four of them.
const HANDSHAKES: u64 = 4;
/// By password, from nothing: until the account is checked, and until there is a session.
const FIRST: [usize; 2] = [2, 4];
/// The daily sign-in: the same.
const DAILY: [usize; 2] = [3, 3];
