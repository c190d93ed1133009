use crate::harness::{Harness, details, device, encryption, enroll, policies, renewal, status};
use serde_json::{Value, json};
use tenant_intune::IntuneKnobs;

#[test]
fn knobs_survive_their_own_spelling_and_unknown_ones_are_refused() {
    let knobs: IntuneKnobs = serde_json::from_value(encryption()).unwrap();
    assert_eq!(serde_json::from_value::<IntuneKnobs>(json!(knobs)).unwrap(), knobs);
    for wrong in [
        json!({ "no_such_knob": 1 }),
        json!({ "casing": { "intune.status": "shouting" } }),
        json!({ "faults": { "*": { "gone": 1 } } }),
        json!({ "policies": [{ "policyId": "x" }] }),
        json!({ "policies": [{ "policyId": "x", "policySettings": [], "rules": [] }] }),
    ] {
        assert!(serde_json::from_value::<IntuneKnobs>(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn a_knob_that_is_no_date_or_language_is_named() {
    for (knobs, says) in [
        (json!({ "grace_until": "2026-12-01T00:00:00Z" }), None),
        (
            json!({ "grace_until": "tomorrow" }),
            Some("`grace_until`: expected a date, `2026-12-01T00:00:00Z`"),
        ),
        (json!({ "languages": ["de_DE", "zh_TW"] }), None),
        (json!({ "languages": ["de-DE"] }), Some("`languages`: there is no `de-DE`; did you mean `de_DE`?")),
    ] {
        let read: IntuneKnobs = serde_json::from_value(knobs.clone()).unwrap();
        let found = read.check().err().map(|wrong| wrong.to_string());
        let right = match (&found, says) {
            (Some(found), Some(says)) => found.starts_with(says),
            (found, says) => found.is_none() && says.is_none(),
        };
        assert!(right, "{knobs}: {found:?}");
    }
}

#[test]
fn faults_befall_their_request_at_their_rate_and_change_nothing() {
    let mut harness = Harness::with(json!({ "faults": {
        "intune.enroll": { "not_found": 1.0 }, "intune.token": { "server_error": 1.0 },
    } }));
    assert_eq!(harness.send(&enroll()).status, 404);
    assert!(harness.intune.devices(harness.now).is_empty() && harness.changes.is_empty());
    assert_eq!(harness.send(&renewal()).status, 500);
    let mut harness =
        Harness::with(json!({ "faults": { "*": { "not_found": 0.25, "server_error": 0.25 } } }));
    let met: Vec<u16> = (0..400).map(|_| harness.send(&renewal()).status).collect();
    for (status, expected) in [(404, 100), (500, 100), (200, 200)] {
        let found = met.iter().filter(|it| **it == status).count();
        assert!(found.abs_diff(expected) < 40, "{status}: {found}");
    }
}

#[test]
fn the_same_seed_gives_the_same_service() {
    let story = || {
        let mut harness = Harness::new();
        let id = harness.enrolled();
        (id.clone(), harness.send(&device(&id)).body, harness.send(&renewal()).body)
    };
    assert_eq!(story(), story());
}

#[test]
fn the_case_of_replies_is_a_knob_for_each_request() {
    let mut harness = Harness::with(json!({ "casing": {
        "intune.enroll": "pascal", "intune.policies": "pascal", "intune.status": "pascal",
        "intune.details": "pascal", "intune.device": "camel",
    } }));
    let reply = harness.send(&enroll()).body;
    let id = reply["DeviceId"].as_str().unwrap().to_owned();
    assert!(reply["Certificate"]["CertBlob"].is_array());
    assert!(harness.send(&policies(&id)).body["Policies"].is_array());
    let statuses = harness.send(&status(&id, &[(5, "x", "", "Compliant")])).body;
    assert_eq!(statuses["PolicyStatuses"][0]["Details"][0]["NewComplianceState"], "Compliant");
    assert_eq!(harness.send(&details(&id)).body["DeviceFriendlyName"], "lx-adele");
    let view = harness.send(&device(&id)).body;
    assert!(view["complianceState"].is_string() && view["#CommonContainer.Retire"].is_object());
    let refusal = harness.send(&policies("x")).body;
    assert_eq!(refusal["detail"], "Device validation failed");
}

#[test]
fn single_knobs_do_what_they_say() {
    let first = |knobs: Value, call: fn(&str) -> crate::harness::Call| {
        let mut harness = Harness::with(knobs);
        let id = harness.enrolled();
        let reply = harness.send(&call(&id));
        (reply.status, reply.entry.rule, reply.body)
    };
    let omitted = first(json!({ "omit_policy_statuses": true }), |id| status(id, &[]));
    assert_eq!(omitted, (200, None, json!({})));
    let eight = first(json!({ "device_query": "eight" }), |id| {
        let mut call = device(id);
        call.change_target("&arch=X64", "");
        call
    });
    assert_eq!((eight.0, eight.1.as_deref()), (500, Some("query")));
    let bare = first(json!({ "no_retire_action": true }), device);
    assert!(bare.2.get("#CommonContainer.Retire").is_none() && bare.2["#CommonContainer.SetRD"].is_object());
    let pending = first(json!({ "pending_state": "Unknown" }), device);
    assert_eq!(pending.2["ComplianceState"], "Unknown");
    let late = first(json!({ "verdict_delay_ms": 0 }), |id| status(id, &[]));
    assert_eq!(late.0, 200);
    let unknown = first(json!({ "unknown_device_status": 401 }), |_| details(crate::harness::UNKNOWN));
    assert_eq!((unknown.0, unknown.1.as_deref()), (401, Some("unknown device")));
    let other = first(json!({ "other_device_status": 404, "second_user_status": 409 }), |id| {
        let mut call = details(id);
        call.claim("deviceid", crate::harness::OTHER_DEVICE);
        call
    });
    assert_eq!(other.0, 404);
    let listed = first(json!({ "renew_period": 90 }), |_| enroll());
    assert_eq!(listed.2["certificate"]["renewPeriod"], 90);
}

#[test]
fn headers_matter_only_under_their_knobs() {
    for (knob, header, rule) in [
        ("user_agent_pattern", "user-agent", "user-agent"),
        ("client_request_id_needed", "client-request-id", "client-request-id"),
    ] {
        for (on, status) in [(false, 200), (true, 400)] {
            let mut harness = Harness::with(json!({ knob: on }));
            let id = harness.enrolled();
            let mut call = policies(&id);
            assert_eq!(harness.send(&call).status, 200);
            call.headers.retain(|(name, _)| *name != header);
            let reply = harness.send(&call);
            assert_eq!((reply.status, reply.entry.rule.as_deref()), (status, on.then_some(rule)), "{knob}");
        }
    }
}

#[test]
fn the_list_of_clients_and_the_floor_can_be_moved() {
    let mut harness = Harness::with(json!({ "clients": [], "version_floor": "1.2610.0" }));
    assert_eq!(harness.send(&enroll()).entry.rule.as_deref(), Some("client"));
    let mut harness = Harness::with(json!({ "version_floor": "1.2610.0" }));
    assert_eq!(harness.send(&enroll()).entry.rule.as_deref(), Some("client-version"));
}
