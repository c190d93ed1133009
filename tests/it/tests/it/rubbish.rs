//! Rubbish in the replies that a sign-in needs once the person is checked: why it does not go on is said at once.

use crate::harness::{Cloud, Machine, code, text};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

fn rubbish() -> [Value; 4] {
    let reply = |status: u16, body: &str| json!({ "kind": "reply", "status": status, "body": body });
    [json!("html"), json!("truncate"), reply(200, "[]"), reply(400, "\u{0}\u{1}rubbish")]
}

/// Whether the sign-in says so before it has tried for long, and how long that took.
fn says(machine: &Machine, word: &str) -> (bool, Duration) {
    let begun = Instant::now();
    let mut tool = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
    let lines = BufReader::new(tool.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).any(|line| line.contains(word));
    let took = begun.elapsed();
    tool.kill().unwrap();
    tool.wait().unwrap();
    (said, took)
}

#[test]
fn rubbish_for_the_first_proof_is_named_while_it_is_tried_again() {
    std::thread::scope(|scope| {
        for request in ["nonce", "token.prt"] {
            for action in rubbish() {
                scope.spawn(move || names_rubbish(request, &action));
            }
        }
    });
}

/// What is no answer is asked for again; a service that answers in another shape is not.
fn names_rubbish(request: &str, action: &Value) {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    cloud.set(&json!({ "faults": [{ "request": request, "times": 0, "action": action }] }));
    if action["body"] == "[]" {
        let output = machine.sign_in("alex@contoso.com");
        let told = text(&output);
        assert!(told.contains("UnusableReply") && told.contains("needs one sign-in"), "{request}: {told}");
        return;
    }
    let (said, took) = says(&machine, "Tried again at");
    assert!(said && took < Duration::from_secs(40), "{request} {action}: {said} after {took:?}");
}

#[test]
fn rubbish_for_a_password_of_a_registered_machine_ends_the_sign_in_with_its_name() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    for request in ["nonce", "token.prt"] {
        for action in rubbish() {
            cloud.set(&json!({ "faults": [{ "request": request, "times": 0, "action": action }] }));
            let begun = Instant::now();
            let output = machine.sign_in_with_password("alex@contoso.com", "Password1!");
            let told = text(&output);
            assert!(code(&output) != 0 && told.contains("Problem: "), "{request} {action}: {told}");
            assert!(begun.elapsed() < Duration::from_secs(30), "{request} {action}: {told}");
        }
    }
}
