//! Each tenant has its own knobs, or those of everybody.

use crate::harness::{
    Call, Harness, TENANT, details, device, encryption, endpoints, enroll, policies, status,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

const FABRIKAM: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";

/// A house where one tenant has knobs of its own.
fn harness(general: Value, tenant: &str, own: Value) -> Harness {
    let mut harness = Harness::with(general);
    set(&mut harness, tenant, own);
    harness
}

fn set(harness: &mut Harness, tenant: &str, own: Value) {
    let id: Uuid = tenant.parse().unwrap();
    harness.intune.set_tenant_knobs(BTreeMap::from([(id, serde_json::from_value(own).unwrap())]));
}

fn of_fabrikam(mut call: Call) -> Call {
    call.claim("tid", FABRIKAM);
    call.claim("deviceid", "eeeeeeee-0000-4000-8000-000000000002");
    call
}

/// The machine of each tenant.
fn both(harness: &mut Harness) -> (String, String) {
    let theirs = harness.send(&of_fabrikam(enroll())).body["deviceId"].as_str().unwrap().to_owned();
    (harness.enrolled(), theirs)
}

#[test]
fn every_rule_goes_by_the_knobs_of_the_callers_tenant() {
    let old = |mut call: Call| {
        call.change_target("1.2609.5", "1.2405.17");
        call
    };
    let rows: [(Value, Call, u16, u16); 9] = [
        (json!({ "clients": [] }), enroll(), 200, 400),
        (json!({ "version_floor": "1.2405.0" }), old(enroll()), 400, 200),
        (json!({ "faults": { "*": { "server_error": 1.0 } } }), enroll(), 200, 500),
        (json!({ "throttle": { "*": { "times": 9, "status": 429 } } }), enroll(), 200, 429),
        (json!({ "enrolment_limit": 0 }), enroll(), 200, 403),
        (json!({ "user_agent_pattern": true }), bare(enroll()), 200, 400),
        (json!({ "unknown_device_status": 401 }), details(crate::harness::UNKNOWN), 400, 401),
        (json!({ "missing_claim_status": 401 }), without_oid(enroll()), 400, 401),
        (json!({ "faults": { "intune.endpoints": { "not_found": 1.0 } } }), endpoints(), 200, 404),
    ];
    for (own, call, ours, theirs) in rows {
        let mut harness = harness(json!({}), FABRIKAM, own.clone());
        assert_eq!(harness.send(&call).status, ours, "{own}");
        assert_eq!(harness.send(&of_fabrikam(call)).status, theirs, "{own}");
    }
}

fn bare(mut call: Call) -> Call {
    call.headers.clear();
    call
}

fn without_oid(mut call: Call) -> Call {
    call.drop_claim("oid");
    call
}

#[test]
fn policies_and_verdicts_are_the_tenants_own() {
    let mut harness = harness(json!({}), FABRIKAM, encryption());
    let (ours, theirs) = both(&mut harness);
    let count = |reply: Value| reply["policies"].as_array().unwrap().len();
    assert_eq!(count(harness.send(&policies(&ours)).body), 0);
    assert_eq!(count(harness.send(&of_fabrikam(policies(&theirs))).body), 1);
    harness.send(&status(&ours, &[]));
    harness.send(&of_fabrikam(status(&theirs, &[])));
    harness.now += 2_000;
    let told: Vec<_> =
        harness.intune.settle(harness.now).into_iter().map(|it| (it.device, it.compliant)).collect();
    assert_eq!(told, [(crate::harness::DEVICE.to_owned(), true)]);
    let mut seen: Vec<_> =
        harness.intune.devices(harness.now).into_iter().map(|it| (it.tenant, it.compliance)).collect();
    seen.sort();
    assert_eq!(seen, [(TENANT.into(), "Compliant".into()), (FABRIKAM.into(), "Noncompliant".to_owned())]);
    assert_eq!(harness.send(&of_fabrikam(device(&theirs))).body["ComplianceState"], "Noncompliant");
}

#[test]
fn a_set_replaces_all_sets_and_is_a_whole_one() {
    let mut harness = harness(json!({ "version_floor": "1.2610.0" }), TENANT, json!({ "renew_period": 7 }));
    // Its own set does not inherit the general floor.
    assert_eq!(harness.send(&enroll()).body["certificate"]["renewPeriod"], 7);
    assert_eq!(harness.intune.tenant_knobs().len(), 1);
    set(&mut harness, FABRIKAM, json!({}));
    assert_eq!(harness.send(&enroll()).entry.rule.as_deref(), Some("client-version"));
    assert_eq!(harness.send(&of_fabrikam(enroll())).status, 200);
    assert_eq!(harness.intune.knobs().version_floor, "1.2610.0");
}

#[test]
fn new_knobs_lead_to_new_verdicts() {
    let mut harness = Harness::new();
    let (ours, theirs) = both(&mut harness);
    harness.send(&status(&ours, &[]));
    harness.send(&of_fabrikam(status(&theirs, &[])));
    harness.now += 2_000;
    assert_eq!(harness.intune.settle(harness.now).len(), 2);
    set(&mut harness, TENANT, encryption());
    let told: Vec<_> =
        harness.intune.settle(harness.now).into_iter().map(|it| (it.device, it.compliant)).collect();
    assert_eq!(told, [(crate::harness::DEVICE.to_owned(), false)]);
    harness.intune.set_tenant_knobs(BTreeMap::new());
    assert_eq!(harness.intune.settle(harness.now).len(), 1);
    assert!(harness.intune.settle(harness.now).is_empty());
    harness.intune.set_knobs(serde_json::from_value(encryption()).unwrap());
    assert_eq!(harness.intune.settle(harness.now).len(), 2);
}

#[test]
fn a_request_without_claims_meets_the_general_knobs() {
    let faulty = json!({ "faults": { "*": { "not_found": 1.0 } } });
    let mut call = enroll();
    call.claims = None;
    assert_eq!(harness(json!({}), TENANT, faulty.clone()).send(&call).status, 401);
    assert_eq!(harness(faulty, TENANT, json!({})).send(&call).status, 404);
}
