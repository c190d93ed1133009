//! Sign-in with a password: when it is asked for, which request carries it, and what a refusal leads to.

use crate::harness::{Cloud, Machine, code, text};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Output;

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";

/// A cloud and a machine that is registered there.
fn registered() -> (Cloud, Machine) {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let signed_in = machine.sign_in(ALEX);
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    (cloud, machine)
}

/// How many requests a sign-in made: plain passwords, passwords that the device vouched for, codes.
fn counted(cloud: &Cloud, sign_in: impl FnOnce() -> Output) -> (Output, [usize; 3]) {
    let count = || {
        let vouched = cloud.requests("token.prt").into_iter().filter(is_password).count();
        [cloud.requests("token.password").len(), vouched, cloud.requests("devicecode").len()]
    };
    let before = count();
    let output = sign_in();
    let after = count();
    (output, std::array::from_fn(|at| after[at] - before[at]))
}

fn is_password(entry: &Value) -> bool {
    entry["facts"]["grant"] == "password"
}

/// Whether the sign-in asked for a password.
fn asks(output: &Output) -> bool {
    text(output).contains("Sign in as ")
}

#[test]
fn a_registered_machine_vouches_for_the_password_with_its_key() {
    let (cloud, machine) = registered();
    let (output, requests) = counted(&cloud, || machine.sign_in_with_password(ALEX, PASSWORD));
    assert_eq!((code(&output), requests), (0, [0, 1, 0]), "{}", text(&output));
    let facts = cloud.requests("token.prt").pop().unwrap()["facts"].clone();
    assert_eq!(facts["prt_signed_by"], machine.domain()["identity"]["thumbprint"]);
    assert_eq!(facts["user"], ALEX);
    let (output, requests) = counted(&cloud, || machine.sign_in_with_password("adele@contoso.com", PASSWORD));
    assert_eq!((code(&output), requests), (0, [0, 1, 0]), "{}", text(&output));
    let users: Vec<_> = machine.domain()["sessions"].as_array().unwrap().clone();
    assert_eq!(users.len(), 2, "{users:?}");
    assert_eq!(cloud.devices().len(), 1);
}

#[test]
fn a_login_on_a_registered_machine_takes_one_nonce_and_no_redemption() {
    let (cloud, machine) = registered();
    let names = ["realm", "nonce", "token.prt", "token.prt_exchange", "token.refresh", "discover"];
    let login = || {
        let before = names.map(|name| cloud.requests(name).len());
        let output = machine.sign_in_with_password(ALEX, PASSWORD);
        assert_eq!(code(&output), 0, "{}", text(&output));
        let after = names.map(|name| cloud.requests(name).len());
        std::array::from_fn::<usize, 6, _>(|at| after[at] - before[at])
    };
    assert_eq!(login(), [1, 1, 1, 1, 0, 0]);
    // The older way, where the newer protocol is not served; that is remembered.
    cloud.set(&json!({ "prt_protocol_3": false }));
    assert_eq!(login(), [1, 1, 1, 2, 1, 0]);
    assert_eq!(login(), [1, 1, 1, 1, 1, 0]);
}

#[test]
fn no_password_is_left_in_a_file() {
    let (cloud, machine) = registered();
    assert_eq!(code(&machine.sign_in_with_password(ALEX, PASSWORD)), 0);
    let wrong = machine.sign_in_with_password(ALEX, "Wrong-Horse-2");
    for place in [machine.dir.path(), cloud.dir.path()] {
        for secret in [PASSWORD, "Wrong-Horse-2"] {
            assert_eq!(file_with(place, secret.as_bytes()), None, "{secret}");
        }
    }
    assert!(!text(&wrong).contains("Wrong-Horse-2"));
    assert!(machine.log().contains("50126"), "the log was looked at");
}

/// A file below a directory that holds these bytes.
fn file_with(place: &Path, bytes: &[u8]) -> Option<String> {
    fs::read_dir(place).unwrap().find_map(|entry| {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => file_with(&entry.path(), bytes),
            kind if kind.is_file() => {
                let content = fs::read(entry.path()).unwrap();
                let found = content.windows(bytes.len()).any(|window| window == bytes);
                found.then(|| entry.path().display().to_string())
            }
            _ => None,
        }
    })
}

#[test]
fn a_wrong_password_and_a_locked_account_are_told_and_never_tried_again() {
    let (cloud, machine) = registered();
    let (output, requests) = counted(&cloud, || machine.sign_in_with_password(ALEX, "wrong"));
    assert_eq!((code(&output), requests), (4, [0, 1, 0]), "{}", text(&output));
    assert!(text(&output).contains("the user name or password is wrong"), "{}", text(&output));
    cloud.set(&json!({ "user_refusals": { ALEX: 50_053 } }));
    let (output, requests) = counted(&cloud, || machine.sign_in_with_password(ALEX, PASSWORD));
    assert_eq!((code(&output), requests), (5, [0, 1, 0]), "{}", text(&output));
    assert!(text(&output).contains("the account is locked"), "{}", text(&output));
    assert_eq!(machine.domain()["phase"], "registered");
}

#[test]
fn more_than_a_password_is_brought_by_a_code() {
    let (cloud, machine) = registered();
    for knobs in [
        json!({ "mfa_required_sign_in": true }),
        json!({ "refuse": [{ "grant": "prt_password", "code": 50_076 }] }),
        json!({ "refuse": [{ "grant": "prt_password", "code": 50_079 }] }),
    ] {
        cloud.set(&knobs);
        let (output, requests) = counted(&cloud, || machine.sign_in_with_password(ALEX, PASSWORD));
        assert_eq!((code(&output), requests), (0, [0, 1, 1]), "{knobs}: {}", text(&output));
        assert!(text(&output).contains("asks for more than a password"), "{knobs}: {}", text(&output));
    }
}

#[test]
fn a_password_that_the_service_does_not_check_is_not_asked_for() {
    let (cloud, machine) = registered();
    cloud.set(&json!({ "federated": { "contoso.com": true } }));
    let (output, requests) = counted(&cloud, || machine.sign_in_with_password(ALEX, PASSWORD));
    assert_eq!((code(&output), requests), (0, [0, 0, 1]), "{}", text(&output));
    assert!(!asks(&output), "{}", text(&output));
    cloud.set(&json!({ "faults": [{ "request": "realm", "action": "html" }] }));
    let (output, requests) = counted(&cloud, || machine.sign_in_with_password(ALEX, PASSWORD));
    assert_eq!((code(&output), requests), (0, [0, 0, 1]), "{}", text(&output));
}

#[test]
fn the_option_decides_when_a_password_is_asked_for() {
    for (sign_in, first, second) in [
        ("auto", [0, 0, 1], [0, 1, 0]),
        ("password", [1, 0, 0], [0, 1, 0]),
        ("device_code", [0, 0, 1], [0, 0, 1]),
    ] {
        let cloud = Cloud::start();
        let machine = Machine::configured(&cloud, "contoso.com", &format!("sign_in = {sign_in}"));
        for expected in [first, second] {
            let (output, requests) = counted(&cloud, || machine.sign_in_with_password(ALEX, PASSWORD));
            assert_eq!((code(&output), requests), (0, expected), "{sign_in}: {}", text(&output));
            assert_eq!(asks(&output), expected[2] == 0, "{sign_in}: {}", text(&output));
        }
        assert!(machine.domain()["identity"]["verified_at"].is_string(), "{sign_in}");
        assert_eq!(cloud.devices().len(), 1, "{sign_in}");
    }
}

#[test]
fn a_further_domain_of_the_tenant_sends_no_password_plainly() {
    let cloud = Cloud::start();
    let machine = Machine::configured(&cloud, "fabrikam.com,fabrikam.net", "sign_in = password");
    let rows = [("sam@fabrikam.com", [1, 0, 0]), ("kim@fabrikam.net", [0, 1, 0])];
    for (name, expected) in rows {
        let (output, requests) = counted(&cloud, || machine.sign_in_with_password(name, PASSWORD));
        assert_eq!((code(&output), requests), (0, expected), "{name}: {}", text(&output));
    }
    assert_eq!(cloud.devices().len(), 1);
}

#[test]
fn only_a_password_shows_that_the_device_is_compliant() {
    let (cloud, machine) = registered();
    cloud.admin(&["device", &machine.device_id("contoso.com").unwrap(), "comply"]);
    cloud.set(&json!({ "compliant_device_required": true }));
    let output = machine.sign_in_with_password(ALEX, PASSWORD);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let output = machine.sign_in(ALEX);
    assert_eq!(code(&output), 4, "{}", text(&output));
    let says = "A sign-in by device code cannot show which device it comes from";
    assert!(text(&output).contains("AADSTS53000") && text(&output).contains(says), "{}", text(&output));
    assert_eq!(machine.domain()["phase"], "registered");
}
