//! Rules 6 and 9 to 13 of intune.md 8.1, one by one: what is served, under which knob.
//!
//! The common name of rule 6 is in `enrolment.rs`, the custom rules of rule 10 are in `custom_rules.rs`; a slow
//! service (rule 12) is made by the wire of whoever serves this.

use crate::harness::{
    BASE, Call, DEVICE, Harness, details, device, devices, encryption, endpoints, enroll, policies, renewal,
    retire, status,
};
use serde_json::{Value, json};
use tenant_intune::DeviceAction;

/// A request about this Intune id.
type Ask = fn(&str) -> Call;

/// Name, knobs, what is looked at once the machine is enrolled, and what it is.
type Row = (&'static str, Value, fn(&mut Harness, &str) -> Value, Value);

#[test]
fn what_is_issued() {
    check([
        (
            "8.1/6 certBlob is an array of integers",
            json!({}),
            |harness, _| blob_is_bytes(harness),
            json!(true),
        ),
        (
            "8.1/6 renewPeriod 181",
            json!({}),
            |harness, _| certificate(harness)["renewPeriod"].clone(),
            json!(181),
        ),
        ("8.1/6 renewPeriod of the knob", json!({ "renew_period": 90 }), renew_period, json!(90)),
        (
            "8.1/6 thumbprint is 40 upper-case digits",
            json!({}),
            |harness, _| form(harness),
            json!([40, true]),
        ),
    ]);
}

#[test]
fn the_case_of_a_status_reply() {
    let pascal = json!({ "casing": { "intune.status": "pascal" } });
    check([
        ("8.1/9 camel", json!({}), names_of_status, json!(["policyStatuses", "policyId"])),
        ("8.1/9 pascal", pascal, names_of_status, json!(["PolicyStatuses", "PolicyId"])),
        (
            "8.1/9 omit-policy-statuses",
            json!({ "omit_policy_statuses": true }),
            |harness, id| harness.send(&status(id, &[])).body,
            json!({}),
        ),
    ]);
}

#[test]
fn the_verdict_of_iw_service() {
    check([
        ("8.1/10 before a status", encryption(), verdict, json!(["Noncompliant", [SYNC]])),
        (
            "8.1/10 within two seconds",
            encryption(),
            |it, id| after(it, id, 1_999),
            json!(["Noncompliant", [SYNC]]),
        ),
        (
            "8.1/10 after two seconds",
            encryption(),
            |it, id| after(it, id, 2_000),
            json!(["Noncompliant", [DRIVES]]),
        ),
        (
            "8.1/10 delay of the knob",
            with_encryption("verdict_delay_ms", json!(5_000)),
            |it, id| after(it, id, 4_999),
            json!(["Noncompliant", [SYNC]]),
        ),
        (
            "8.1/11 rules JSON stays here",
            script(),
            |harness, id| items(&harness.send(&policies(id)).body),
            json!(["linux_customcompliance_discoveryscript"]),
        ),
    ]);
}

#[test]
fn faults_of_each_endpoint() {
    let calls: [(&str, Ask); 9] = [
        ("intune.endpoints", |_| endpoints()),
        ("intune.enroll", |_| enroll()),
        ("intune.details", details),
        ("intune.policies", policies),
        ("intune.status", |id| status(id, &[])),
        ("intune.device", device),
        ("intune.devices", |_| devices()),
        ("intune.retire", retire),
        ("intune.token", |_| renewal()),
    ];
    for (name, call) in calls {
        for (kind, status, code) in
            [("not_found", 404, "NotFound"), ("server_error", 500, "InternalServerError")]
        {
            let mut harness = Harness::new();
            let id = harness.enrolled();
            let faulty = json!({ "faults": { name: { kind: 1.0 } } });
            harness.intune.set_knobs(serde_json::from_value(faulty).unwrap());
            let reply = harness.send(&call(&id));
            let found = (reply.status, reply.entry.rule.as_deref(), reply.body["ErrorCode"].as_str());
            assert_eq!(found, (status, Some("fault"), Some(code)), "8.1/12 {name} {kind}");
            assert_eq!(harness.intune.devices(harness.now)[0].id, id, "8.1/12 {name}: nothing is changed");
        }
    }
}

#[test]
fn devices_that_are_gone_and_lists_that_differ() {
    let slashed = json!({ "trailing_slash": true });
    let mdm = json!({ "mdm_casing": "LinuxMdm" });
    let missing = json!({ "endpoints_missing": ["LinuxDeviceCheckinService"] });
    let place = format!("{BASE}/TrafficGateway/TrafficRoutingService");
    let check_in =
        |middle: &str, end: &str| json!(format!("{place}/{middle}/LinuxDeviceCheckinService{end}"));
    let bad = json!([400, "Device validation failed"]);
    check([
        (
            "8.1/12 deleted: details",
            json!({}),
            |it, id| gone(it, id, DeviceAction::Delete, details),
            bad.clone(),
        ),
        (
            "8.1/12 deleted: policies",
            json!({}),
            |it, id| gone(it, id, DeviceAction::Delete, policies),
            bad.clone(),
        ),
        (
            "8.1/12 deleted: status",
            json!({}),
            |it, id| gone(it, id, DeviceAction::Delete, |id| status(id, &[])),
            bad.clone(),
        ),
        (
            "8.1/12 retired: details",
            json!({}),
            |it, id| gone(it, id, DeviceAction::Retire, details),
            json!([200, null]),
        ),
        ("8.1/12 retired: no name", json!({}), no_name, json!({})),
        ("8.1/12 endpoint missing", missing, |harness, _| uri(harness), Value::Null),
        ("8.1/12 LinuxMDM", json!({}), |harness, _| uri(harness), check_in("LinuxMDM", "")),
        ("8.1/12 LinuxMdm", mdm, |harness, _| uri(harness), check_in("LinuxMdm", "")),
        ("8.1/12 trailing slash", slashed, |harness, _| uri(harness), check_in("LinuxMDM", "/")),
    ]);
}

#[test]
fn what_the_directory_is_told() {
    check([
        (
            "8.1/13 enrolled",
            encryption(),
            |harness, _| {
                harness.send(&enroll());
                changes_so_far(harness)
            },
            json!([[DEVICE, true, false]]),
        ),
        (
            "8.1/13 compliant",
            encryption(),
            |it, id| reported(it, id, "Compliant"),
            json!([[DEVICE, true, true]]),
        ),
        (
            "8.1/13 not compliant from the start",
            encryption(),
            |it, id| reported(it, id, "NonCompliant"),
            json!([]),
        ),
        (
            "8.1/13 not compliant any more",
            encryption(),
            |harness, id| {
                reported(harness, id, "Compliant");
                reported(harness, id, "NonCompliant")
            },
            json!([[DEVICE, true, false]]),
        ),
        (
            "8.1/13 retired by its user",
            encryption(),
            |harness, id| {
                harness.send(&retire(id));
                changes_so_far(harness)
            },
            json!([[DEVICE, false, false]]),
        ),
    ]);
}

fn check<const N: usize>(rows: [Row; N]) {
    for (name, knobs, look, expected) in rows {
        let mut harness = Harness::with(knobs);
        let id = harness.enrolled();
        assert_eq!(look(&mut harness, &id), expected, "{name}");
    }
}

fn certificate(harness: &mut Harness) -> Value {
    harness.send(&enroll()).body["certificate"].clone()
}

fn renew_period(harness: &mut Harness, _: &str) -> Value {
    certificate(harness)["renewPeriod"].clone()
}

fn blob_is_bytes(harness: &mut Harness) -> Value {
    let blob = certificate(harness)["certBlob"].clone();
    json!(blob.as_array().unwrap().iter().all(|byte| byte.as_u64().is_some_and(|byte| byte < 256)))
}

fn form(harness: &mut Harness) -> Value {
    let thumbprint = certificate(harness)["thumbprint"].as_str().unwrap().to_owned();
    let upper = |letter: char| letter.is_ascii_digit() || ('A'..='F').contains(&letter);
    json!([thumbprint.len(), thumbprint.chars().all(upper)])
}

/// The names of the first two levels.
fn names_of_status(harness: &mut Harness, id: &str) -> Value {
    let body = harness.send(&status(id, &[])).body;
    let (outer, list) = body.as_object().unwrap().iter().next().unwrap();
    let inner =
        list[0].as_object().unwrap().keys().find(|name| name.eq_ignore_ascii_case("policyid")).unwrap();
    json!([outer, inner])
}

/// State and titles of IWService.
fn verdict(harness: &mut Harness, id: &str) -> Value {
    let body = harness.send(&device(id)).body;
    let titles = body["NoncompliantRules"].as_array().unwrap().iter();
    json!([body["ComplianceState"], titles.map(|rule| rule["Title"].clone()).collect::<Vec<_>>()])
}

fn after(harness: &mut Harness, id: &str, milliseconds: i64) -> Value {
    harness.send(&status(id, &[(5, ITEM, "False", "NonCompliant")]));
    harness.now += milliseconds;
    verdict(harness, id)
}

fn with_encryption(name: &str, value: Value) -> Value {
    let mut knobs = encryption();
    knobs[name] = value;
    knobs
}

fn script() -> Value {
    json!({ "policies": [{
        "policyId": "x", "customRules": { "Rules": [] },
        "policySettings": [{ "settingDefinitionItemId": "linux_customcompliance_discoveryscript", "value": "" }],
    }] })
}

fn items(policies: &Value) -> Value {
    let settings = policies["policies"][0]["policySettings"].as_array().unwrap().iter();
    settings.map(|setting| setting["settingDefinitionItemId"].clone()).collect()
}

/// Status and detail of a call once the device is gone.
fn gone(harness: &mut Harness, id: &str, how: DeviceAction, call: Ask) -> Value {
    harness.intune.administer(id, how).unwrap();
    let reply = harness.send(&call(id));
    json!([reply.status, reply.body["detail"]])
}

fn no_name(harness: &mut Harness, id: &str) -> Value {
    harness.intune.administer(id, DeviceAction::Retire).unwrap();
    harness.send(&details(id)).body
}

fn uri(harness: &mut Harness) -> Value {
    let list = harness.send(&endpoints()).body["value"].as_array().unwrap().clone();
    let found = list.iter().find(|entry| entry["providerName"] == "LinuxDeviceCheckinService");
    found.map_or(Value::Null, |entry| entry["uri"].clone())
}

/// Device, `isManaged` and `isCompliant` of each change so far.
fn changes_so_far(harness: &mut Harness) -> Value {
    let changes = std::mem::take(&mut harness.changes);
    changes.iter().map(|it| json!([it.device, it.managed, it.compliant])).collect()
}

fn reported(harness: &mut Harness, id: &str, state: &str) -> Value {
    harness.send(&status(id, &[(5, ITEM, "x", state)]));
    harness.now += 2_000;
    let due = harness.intune.settle(harness.now);
    harness.changes = due;
    changes_so_far(harness)
}

const ITEM: &str = "linux_deviceencryption_required";
const SYNC: &str = "Sync your device with Intune";
const DRIVES: &str = "Encrypt your drives";
