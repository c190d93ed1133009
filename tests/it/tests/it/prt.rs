//! The proof that the directory knows the device: a primary refresh token, signed for with the device key.

use crate::harness::{Cloud, Machine, code, text, wait_for};
use serde_json::{Value, json};

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";

/// A machine whose first sign-in went well.
fn registered(cloud: &Cloud) -> Machine {
    let machine = Machine::start(cloud, "contoso.com");
    let signed_in = machine.sign_in(ALEX);
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    machine
}

/// The HTTP status that each request of a name was answered with.
fn statuses(cloud: &Cloud, request: &str) -> Vec<Value> {
    cloud.requests(request).into_iter().map(|entry| entry["status"].clone()).collect()
}

#[test]
fn the_first_sign_in_ends_verified_by_one_token_that_the_issued_key_signed_for() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let domain = machine.domain();
    let identity = &domain["identity"];
    assert!(identity["verified_at"].is_string(), "{domain}");
    assert_eq!((&domain["phase"], &domain["waits_for"]), (&json!("registered"), &Value::Null));
    let asked = cloud.requests("token.prt");
    assert_eq!(asked.len(), 1, "{asked:?}");
    let facts = &asked[0]["facts"];
    assert_eq!(facts["prt_signed_by"], identity["thumbprint"]);
    assert_eq!(facts["device"], identity["device_id"]);
    assert_eq!((&facts["user"], &facts["grant"]), (&json!(ALEX), &json!("refresh_token")));
    wait_for("the session", || machine.domain()["sessions"][0]["state"] == "holding");
    let session = machine.domain()["sessions"][0].clone();
    assert_eq!(session["user"], ALEX);
    assert!(session["expires_at"].is_string() && session["next_at"].is_string(), "{session}");
    assert_eq!(cloud.requests("token.prt").len(), 1, "the session uses the token of the proof");
}

#[test]
fn a_directory_that_does_not_know_the_device_yet_is_waited_for() {
    let cloud = Cloud::start();
    cloud.set(&json!({ "replication_lag_s": 3 }));
    let machine = registered(&cloud);
    assert!(machine.domain()["identity"]["verified_at"].is_string());
    let statuses = statuses(&cloud, "token.prt");
    assert!(statuses.len() > 1 && statuses[0] == 400, "{statuses:?}");
    assert_eq!(statuses.last(), Some(&json!(200)));
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

#[test]
fn a_token_whose_reply_is_lost_or_foreign_is_asked_for_again() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    for action in ["reset_before", "reset_after", "html"] {
        cloud.set(&json!({ "faults": [{ "request": "token.prt", "action": action }] }));
        let signed_in = machine.sign_in(ALEX);
        assert_eq!(code(&signed_in), 0, "{action}: {}", text(&signed_in));
        assert!(machine.domain()["identity"]["verified_at"].is_string(), "{action}");
        assert_eq!(cloud.devices().len(), 1, "{action}");
        assert_eq!(code(&machine.run(&["leave"])), 0, "{action}");
    }
    assert_eq!((cloud.requests("join").len(), cloud.requests("token.prt").len()), (3, 6));
}

#[test]
fn a_nonce_that_is_too_old_is_replaced_by_a_new_one() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    cloud.set(&json!({ "nonce_lifetime_s": -1 }));
    let tool = machine.tool(&["auth-test", "--name", ALEX]).spawn().unwrap();
    wait_for("two refused nonces", || cloud.requests("token.prt").len() > 1);
    cloud.set(&json!({}));
    let output = tool.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(machine.domain()["identity"]["verified_at"].is_string());
    assert_eq!(cloud.requests("nonce").len(), cloud.requests("token.prt").len());
    assert_eq!(cloud.devices().len(), 1);
}

#[test]
fn a_disabled_device_is_suspended_with_its_keys_until_it_is_enabled_and_somebody_signs_in() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let before = machine.domain()["identity"].clone();
    let device = before["device_id"].as_str().unwrap();
    cloud.admin(&["device", device, "disable"]);
    let refused = machine.sign_in_with_password(ALEX, PASSWORD);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    assert!(text(&refused).contains("AADSTS135011"), "{}", text(&refused));
    assert_eq!(code(&machine.run(&["status"])), 6);
    let suspended = machine.domain();
    assert_eq!(
        (&suspended["phase"], &suspended["waits_for"]),
        (&json!("suspended"), &json!("administrator"))
    );
    assert_eq!(suspended["identity"]["suspended"], "disabled");
    assert_eq!(suspended["identity"]["keys"], before["keys"], "the keys are kept");

    let still = machine.sign_in(ALEX);
    assert_eq!(code(&still), 6, "{}", text(&still));
    assert_eq!(machine.domain()["identity"]["suspended"], "disabled");

    cloud.admin(&["device", device, "enable"]);
    let lifted = machine.sign_in(ALEX);
    assert_eq!(code(&lifted), 0, "{}", text(&lifted));
    let after = machine.domain();
    assert_eq!((&after["phase"], &after["identity"]["suspended"]), (&json!("registered"), &Value::Null));
    assert_eq!(after["identity"]["thumbprint"], before["thumbprint"]);
    assert_eq!(cloud.requests("join").len(), 1);
}

#[test]
fn a_deleted_device_is_suspended_and_no_sign_in_erases_its_keys_or_registers_anew() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let before = machine.domain()["identity"].clone();
    cloud.admin(&["device", before["device_id"].as_str().unwrap(), "delete"]);
    cloud.set(&json!({ "deleted_device_code": 700_003 }));
    let refused = machine.sign_in_with_password(ALEX, PASSWORD);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
    let again = machine.sign_in(ALEX);
    assert_eq!(code(&again), 6, "{}", text(&again));
    let identity = machine.domain()["identity"].clone();
    assert_eq!((&identity["suspended"], &identity["keys"]), (&json!("deleted"), &before["keys"]));
    assert_eq!(cloud.requests("join").len(), 1);
}

#[test]
fn a_sign_in_whose_tokens_are_blocked_leaves_a_registration_that_needs_another_one() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    cloud.set(&json!({ "refuse": [{ "grant": "prt_refresh_token", "code": 530_036 }] }));
    let blocked = machine.sign_in(ALEX);
    assert_eq!(code(&blocked), 0, "{}", text(&blocked));
    assert!(
        text(&blocked).contains("Registered, not yet verified: needs one sign-in."),
        "{}",
        text(&blocked)
    );
    assert!(text(&blocked).contains("AADSTS530036"), "{}", text(&blocked));
    let domain = machine.domain();
    assert_eq!((&domain["phase"], &domain["waits_for"]), (&json!("registered"), &json!("sign_in_to_verify")));
    assert_eq!(cloud.requests("token.prt").len(), 1, "a rule is not asked again");
    let device = machine.device_id("contoso.com");
    cloud.set(&json!({}));
    assert_eq!(code(&machine.sign_in(ALEX)), 0);
    assert!(machine.domain()["identity"]["verified_at"].is_string());
    assert!(device.is_some() && device == machine.device_id("contoso.com"));
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}
