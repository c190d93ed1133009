//! What the cloud refuses, and what an operator gets wrong: each ends in a sentence that names the cause,
//! who can fix it and what to do, and the daemon goes on serving.

use crate::disk::edit_record;
use crate::harness::{Cloud, Machine, binary, code, text};
use serde_json::{Value, json};
use std::process::Command;

/// Knobs, the exit code of a sign-in, and what it has to say.
fn check(knobs: Value, exit: i32, says: &[&str]) {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    cloud.set(&knobs);
    let output = machine.sign_in("alex@contoso.com");
    let told = text(&output);
    assert_eq!(code(&output), exit, "{knobs}: {told}");
    for words in says {
        assert!(told.contains(words), "{knobs}: no '{words}' in {told}");
    }
    cloud.set(&json!({}));
    let again = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&again), 0, "{knobs}: once it is mended: {}", text(&again));
    assert_eq!(cloud.devices().len(), 1);
}

#[test]
fn what_the_registration_service_refuses_is_explained() {
    check(
        json!({ "quota": 0 }),
        5,
        &["error_directory_quota_exceeded", "device-list", "Request id", "Who can fix it"],
    );
    check(json!({ "join_allowed": false }), 5, &["join_type = register", "administrator"]);
    check(json!({ "registration_allowed": false }), 5, &["error_fail"]);
    for shape in ["A", "C"] {
        check(json!({ "quota": 0, "drs_error_shape": shape }), 5, &["device-list"]);
    }
}

#[test]
fn what_the_sign_in_service_refuses_is_explained() {
    let refused = |number: u32| json!({ "user_refusals": { "alex@contoso.com": number } });
    for (number, exit, says) in [
        (50_057, 5, "disabled"),
        (50_053, 5, "locked"),
        (53_000, 5, "Exclude Device Registration Service"),
        (53_003, 5, "sign-in log"),
        (50_158, 4, "terms of use"),
        (53_011, 5, "risk"),
        (50_105, 5, "assigned"),
        (90_038, 5, "cloud"),
    ] {
        let says = if number == 53_000 { "exclude Device Registration Service" } else { says };
        check(refused(number), exit, &[&format!("AADSTS{number}"), says, "Correlation id", "Time"]);
    }
    check(
        refused(999_999),
        4,
        &["AADSTS999999", "does not accept the sign-in", "Sign in again", "Correlation id"],
    );
}

#[test]
fn a_second_factor_is_asked_for_once_more_and_then_it_works() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    cloud.set(&json!({ "mfa_required_registration": true }));
    let output = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(text(&output).matches("Code: ").count(), 2);
    assert_eq!(cloud.requests("devicecode").last().unwrap()["facts"]["claims"], "true");
}

#[test]
fn a_scope_that_is_refused_leads_over_the_portal() {
    let registration = "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9";
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    let line = json!({ "resource": registration, "grant": "device_code", "code": 65002 });
    cloud.set(&json!({ "refuse": [line] }));
    let output = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(cloud.requests("token.refresh").len(), 1);
}

/// A sign-in on a fresh machine ends well under each of these.
fn ends_well(rows: &[Value]) {
    for knobs in rows {
        let cloud = Cloud::start();
        let machine = Machine::start(&cloud, "contoso.com");
        cloud.set(knobs);
        let output = machine.sign_in("alex@contoso.com");
        assert_eq!(code(&output), 0, "{knobs}: {}", text(&output));
    }
}

#[test]
fn discover_with_a_token_and_without_discover_at_all() {
    ends_well(&[
        json!({ "discover_needs_token": true }),
        json!({ "faults": [{ "request": "discover", "times": 0, "action": "html" }] }),
    ]);
}

#[test]
fn a_wrong_clock_is_named_before_anything_else() {
    check(json!({ "clock_offset_s": 3600 }), 4, &["ClockSkew", "60 minutes behind", "timedatectl"]);
    check(json!({ "clock_offset_s": -3600 }), 4, &["ClockSkew", "ahead of"]);
}

#[test]
fn a_captive_portal_is_named() {
    check(
        json!({ "faults": [{ "request": "metadata", "times": 0, "action": "html" }] }),
        1,
        &["NotJson", "captive portal"],
    );
}

#[test]
fn a_busy_service_is_waited_for() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    cloud.set(
        &json!({ "throttle": { "token.device_code": { "times": 1, "status": 429, "retry_after": "1" } } }),
    );
    let output = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&output), 0, "{}", text(&output));
}

#[test]
fn a_busy_registration_service_is_waited_for_and_joined_once() {
    for (status, told) in [(429, "is busy"), (503, "is busy")] {
        let cloud = Cloud::start();
        let machine = Machine::start(&cloud, "contoso.com");
        let throttle = json!({ "times": 2, "status": status, "retry_after": "1" });
        cloud.set(&json!({ "throttle": { "join": throttle } }));
        let output = machine.sign_in("alex@contoso.com");
        assert_eq!(code(&output), 0, "{status}: {}", text(&output));
        assert!(text(&output).contains("Tried again at"), "{told}: {}", text(&output));
        assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (3, 1), "{status}");
        assert_eq!(machine.status()["domains"][0]["ledger"], json!([]), "nothing is in doubt");
    }
}

#[test]
fn device_code_that_is_blocked_is_explained_in_each_of_its_three_ways() {
    check(
        json!({ "device_code_blocked": "browser_only", "device_code_lives_s": 2 }),
        4,
        &["AADSTS70019", "blocks device-code sign-in", "Device Registration Service"],
    );
    check(
        json!({ "device_code_blocked": "token_endpoint" }),
        5,
        &["AADSTS53003", "sign-in log", "Request id", "Correlation id", "Time"],
    );
    let line = json!({ "resource": "01cb2876-7ebd-4aa4-9cc9-d28bd4d359a9", "code": 530_036 });
    check(json!({ "refuse": [line] }), 4, &["AADSTS530036", "exclude Device Registration Service"]);
}

#[test]
fn rules_that_spare_us_do_not_stand_in_the_way() {
    ends_well(&[
        json!({ "device_code_blocked": "protocol_tracking" }),
        json!({ "unknown_platform_blocked": true }),
    ]);
}

#[test]
fn what_a_person_has_to_finish_in_a_browser_is_told_and_asked_once() {
    check(
        json!({ "user_refusals": { "alex@contoso.com": 50_158 } }),
        4,
        &["AADSTS50158", "terms of use", "in a browser"],
    );
    check(json!({ "mfa_required_join": true }), 4, &["second factor", "Who can fix it"]);
}

/// Another domain's people are served while one tenant's record is of a newer version.
#[test]
fn a_record_of_a_newer_version_blocks_its_tenant_alone_and_stays_as_it_is() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com,fabrikam.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    machine.kill();
    let newer = edit_record(&machine, "device/", |record| record["schema"] = json!(99));
    machine.up();
    let status = machine.run(&["status", "--domain", "contoso.com"]);
    assert!(text(&status).contains("StateNewer") && text(&status).contains("99"), "{}", text(&status));
    let again = machine.sign_in("alex@contoso.com");
    assert_ne!(code(&again), 0, "{}", text(&again));
    cloud.set(&json!({ "auto_approve_as": "sam@fabrikam.com" }));
    let other = machine.sign_in("sam@fabrikam.com");
    assert_eq!(code(&other), 0, "{}", text(&other));
    machine.kill();
    assert_eq!(edit_record(&machine, "device/", |_| {}), newer, "nothing was changed");
}

#[test]
fn a_certificate_that_is_not_ours_changes_nothing_and_is_remembered() {
    for (twist, says) in [
        ("another_key", "another key"),
        ("another_tenant", "is for tenant"),
        ("no_device_id", "names no device id"),
        ("expired", "which is not now"),
    ] {
        let cloud = Cloud::start();
        let machine = Machine::start(&cloud, "contoso.com");
        cloud.set(&json!({ "certificate_twist": twist }));
        let output = machine.sign_in("alex@contoso.com");
        // The registration is under way and waits for a sign-in.
        assert_eq!(code(&output), 4, "{twist}: {}", text(&output));
        assert!(text(&output).contains(says), "{twist}: {}", text(&output));
        assert_eq!(machine.status()["domains"][0]["ledger"][0]["kind"], "unusable_reply");
        cloud.set(&json!({}));
        assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    }
}

#[test]
fn names_and_domains_that_are_none_are_refused() {
    let cloud = Cloud::start();
    let machine = Machine::start(&cloud, "contoso.com");
    for (name, says) in
        [("alex", "not a user name"), ("alex@nowhere.example", "nowhere.example is not a domain")]
    {
        let output = machine.sign_in(name);
        assert_ne!(code(&output), 0);
        assert!(text(&output).contains(says), "{}", text(&output));
    }
}

#[test]
fn a_domain_that_leads_to_another_tenant_than_configured_registers_nothing() {
    let cloud = Cloud::start();
    let other = "[contoso.com]\ntenant_id = 99999999-2222-3333-4444-555555555555";
    let machine = Machine::configured(&cloud, "contoso.com", other);
    let output = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&output), 5);
    assert!(
        text(&output).contains("TenantChanged") && text(&output).contains("tenant_id"),
        "{}",
        text(&output)
    );
    assert!(cloud.devices().is_empty() && cloud.requests("devicecode").is_empty());
}

#[test]
fn a_bad_configuration_names_file_line_option_and_what_is_allowed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("himmelblau.conf");
    for (config, says) in [
        (
            "[global]\ndomain = contoso.com\napply_policy = maybe\n",
            ":3: apply_policy = maybe is not allowed; allowed: true, false, 1, 0",
        ),
        ("[global]\nnonsense\n", ":2: 'nonsense' is neither"),
        ("[global]\nhsm_type = pkcs11\n", ":2: [global] a PKCS#11 token needs pkcs11_module too"),
        ("[global]\ndomain = a b\n", "allowed: domain names"),
        ("[contoso.com]\ncloud = custom\n", "needs authority_host"),
        ("[global]\nrequest_timeout = 0\n", "from 1 to 300"),
    ] {
        std::fs::write(&file, config).unwrap();
        let output = Command::new(binary("firmamentd"))
            .arg("--config")
            .arg(&file)
            .arg("--state-dir")
            .arg(dir.path().join("state"))
            .arg("--socket")
            .arg(dir.path().join("socket"))
            .output()
            .unwrap();
        assert!(!output.status.success() && text(&output).contains(says), "{config}: {}", text(&output));
    }
    assert!(!dir.path().join("socket").exists());
}

#[test]
fn a_lost_auth_value_is_named_and_nothing_is_made_anew() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    machine.kill();
    let pin = std::fs::read(machine.path("hsm-pin")).unwrap();
    std::fs::remove_file(machine.path("hsm-pin")).unwrap();
    let output = Command::new(binary("firmamentd"))
        .arg("--config")
        .arg(machine.path("himmelblau.conf"))
        .arg("--state-dir")
        .arg(machine.path("state"))
        .arg("--socket")
        .arg(machine.path("socket"))
        .output()
        .unwrap();
    assert!(!output.status.success(), "{}", text(&output));
    std::fs::write(machine.path("hsm-pin"), pin).unwrap();
    machine.up();
    assert!(machine.device_id("contoso.com").is_some());
}
