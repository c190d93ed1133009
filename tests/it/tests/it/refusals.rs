//! The table of refusals as people meet it: every code of the sign-in service, one person for each.

use crate::harness::{Cloud, Machine, code, line_with, rest, text, wait_for};
use model::{FailureClass, OauthWord, Refusal};
use serde_json::{Map, Value, json};
use std::io::{BufRead, BufReader};
use std::process::Child;

/// The lines whose code is a number of the sign-in service.
fn numbered() -> Vec<(u32, &'static Refusal)> {
    let numbered = model::refusals().iter().filter_map(|line| Some((line.code.parse().ok()?, line)));
    // The wrapper says nothing itself.
    numbered.filter(|(number, _)| *number != model::WRAPPER).collect()
}

fn person(number: u32) -> String {
    format!("u{number}@contoso.com")
}

/// A cloud with one person for each number, each of whom is refused with it.
fn cloud(numbers: &[u32]) -> Cloud {
    let users = numbers.iter().map(|number| json!({ "upn": person(*number), "password": "Correct-Horse-1" }));
    let tenant = json!({
        "id": "11111111-2222-3333-4444-555555555555", "domains": ["contoso.com"], "users": users.collect::<Value>(),
    });
    let seed = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(seed.path(), json!({ "tenants": [tenant] }).to_string()).unwrap();
    let cloud = Cloud::with(&["--seed", seed.path().to_str().unwrap()]);
    let refused: Map<String, Value> = numbers.iter().map(|number| (person(*number), json!(number))).collect();
    cloud.set(&json!({ "user_refusals": refused }));
    cloud
}

fn begin(machine: &Machine, name: &str) -> Child {
    machine.tool(&["auth-test", "--no-wait", "--name", name]).spawn().unwrap()
}

/// Signs in, approves every code that is shown, and gives the exit code and all that was said.
fn approved(cloud: &Cloud, machine: &Machine, name: &str) -> (i32, String) {
    let mut tool = begin(machine, name);
    let mut told = String::new();
    for line in BufReader::new(tool.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(user_code) = line.strip_prefix("Code: ") {
            cloud.admin(&["approve", user_code, "--user", name]);
        }
        told += &format!("{line}\n");
    }
    let output = tool.wait_with_output().unwrap();
    (code(&output), told + &text(&output))
}

fn exit_code(class: FailureClass) -> i32 {
    match class {
        FailureClass::NeedsUser => 4,
        FailureClass::Denied => 5,
        FailureClass::Gone => 3,
        FailureClass::Broken | FailureClass::Transient => 1,
    }
}

fn check(number: u32, line: &Refusal, exit: i32, told: &str) {
    assert_eq!(exit, exit_code(line.class), "{number}: {told}");
    let name = format!("[AADSTS{number}]");
    for words in [name.as_str(), line.meaning, line.advice, "Correlation id: "] {
        assert!(told.contains(words), "{number}: no '{words}' in {told}");
    }
}

#[test]
fn every_refusal_of_the_table_is_explained_in_its_own_words() {
    let lines: Vec<_> =
        numbered().into_iter().filter(|(_, line)| line.class != FailureClass::Transient).collect();
    assert!(lines.len() > 60, "the table has {} such lines", lines.len());
    let cloud = cloud(&lines.iter().map(|(number, _)| *number).collect::<Vec<_>>());
    let machine = Machine::start(&cloud, "contoso.com");
    for some in lines.chunks(AT_ONCE) {
        let answers: Vec<_> = std::thread::scope(|scope| {
            let (cloud, machine) = (&cloud, &machine);
            let begin = |number| scope.spawn(move || approved(cloud, machine, &person(number)));
            let running: Vec<_> = some.iter().map(|(number, _)| begin(*number)).collect();
            running.into_iter().map(|sign_in| sign_in.join().unwrap()).collect()
        });
        for ((number, line), (exit, told)) in some.iter().zip(answers) {
            check(*number, line, exit, &told);
        }
    }
    assert!(cloud.devices().is_empty());
    assert_eq!(machine.domain()["phase"], "unregistered");
}

#[test]
fn a_passing_refusal_is_asked_again_until_it_is_over() {
    let passing = numbered().into_iter().filter(|(_, line)| line.class == FailureClass::Transient);
    let numbers: Vec<u32> = passing.map(|(number, _)| number).collect();
    assert!(!numbers.is_empty());
    let cloud = cloud(&numbers);
    let machine = Machine::start(&cloud, "contoso.com");
    let mut waiting = Vec::new();
    for number in &numbers {
        let mut tool = begin(&machine, &person(*number));
        let mut out = BufReader::new(tool.stdout.take().unwrap());
        cloud.admin(&["approve", &line_with(&mut out, "Code: "), "--user", &person(*number)]);
        waiting.push((tool, out));
    }
    let refused = |name: &str| {
        let of = |entry: &&Value| entry["facts"]["user"] == name && entry["status"] != 200;
        cloud.requests("token.device_code").iter().filter(of).count()
    };
    wait_for("two refusals each", || numbers.iter().all(|number| refused(&person(*number)) > 1));
    cloud.set(&json!({}));
    for ((mut tool, out), number) in waiting.into_iter().zip(&numbers) {
        let told = rest(out);
        assert!(tool.wait().unwrap().success(), "{number}: {told}");
        assert!(told.contains(&format!("Signed in: {}", person(*number))), "{number}: {told}");
    }
    wait_for("the registration", || machine.domain()["phase"] == "registered");
    assert_eq!(cloud.requests("join").len(), 1);
}

/// The words of RFC 8628 and RFC 6749 for the same, from a service that gives no number.
#[test]
fn a_refusal_without_a_number_is_explained_by_its_word() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let passes = [OauthWord::AuthorizationPending, OauthWord::SlowDown];
    for word in OauthWord::ALL.iter().filter(|word| !passes.contains(word)) {
        let line = model::refusal(word.as_str()).unwrap();
        if line.class == FailureClass::Transient {
            continue;
        }
        let word = word.as_str();
        let body = json!({ "error": word, "error_description": "" }).to_string();
        let headers = json!({ "content-type": "application/json" });
        let action = json!({ "kind": "reply", "status": 400, "headers": headers, "body": body });
        let fault = json!({ "request": "token.device_code", "times": 0, "action": action });
        cloud.set(&json!({ "faults": [fault] }));
        let output = machine.sign_in("alex@contoso.com");
        assert_eq!(code(&output), exit_code(line.class), "{word}: {}", text(&output));
        for words in [&format!("[{word}]"), line.meaning, line.advice] {
            assert!(text(&output).contains(words), "{word}: no '{words}' in {}", text(&output));
        }
    }
    assert!(cloud.devices().is_empty());
}

/// As many sign-ins as the daemon serves with room to spare.
const AT_ONCE: usize = 20;
