use crate::harness::{
    ALEX, BASE, DEVICE, Harness, IW, OTHER_DEVICE, POLICY, details, device, devices, encryption, enroll,
    retire, status,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const ITEM: &str = "linux_deviceencryption_required";
const SYNC: &str = "Sync your device with Intune";

/// The state and the titles of the rules that fail.
fn verdict(harness: &mut Harness, id: &str) -> (String, Vec<String>) {
    let body = harness.send(&device(id)).body;
    let titles = body["NoncompliantRules"].as_array().unwrap().iter();
    let titles = titles.map(|rule| rule["Title"].as_str().unwrap().to_owned()).collect();
    (body["ComplianceState"].as_str().unwrap().to_owned(), titles)
}

#[test]
fn the_view_has_the_fields_of_the_page() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    harness.send(&details(&id));
    let body = harness.send(&device(&id)).body;
    let place = format!("{BASE}{IW}/Devices(guid'{id}')");
    for (field, value) in [
        ("Key", json!(id)),
        ("AadId", json!(DEVICE)),
        ("OfficialName", json!("lx-adele")),
        ("Nickname", Value::Null),
        ("Manufacturer", json!("LENOVO")),
        ("OperatingSystem", json!("Linux (ubuntu)")),
        ("OSVersion", json!("24.04")),
        ("OwnerType", json!(1)),
        ("EnrollmentType", json!(0)),
        ("IsManagedInGraph", json!(true)),
        ("CreatedDate", json!("2026-11-22T10:00:00Z")),
        ("odata.id", json!(place)),
        ("#CommonContainer.Retire", json!({ "target": format!("{place}/Retire"), "title": "Retire" })),
    ] {
        assert_eq!(body[field], value, "{field}");
    }
    let (actions, fields): (Vec<&str>, Vec<&str>) =
        body.as_object().unwrap().keys().map(String::as_str).partition(|name| name.starts_with('#'));
    let expected: BTreeSet<&str> = FIELDS.split_whitespace().collect();
    assert_eq!((actions.len(), fields.into_iter().collect::<BTreeSet<_>>()), (9, expected));
}

#[test]
fn the_verdict_comes_after_its_delay_and_the_directory_is_told_once() {
    let mut harness = Harness::with(encryption());
    let id = harness.enrolled();
    assert_eq!(verdict(&mut harness, &id), ("Noncompliant".into(), vec![SYNC.into()]));
    harness.send(&status(&id, &[(5, ITEM, "True", "Compliant")]));
    harness.now += 1_999;
    assert_eq!(verdict(&mut harness, &id), ("Noncompliant".into(), vec![SYNC.into()]));
    assert!(harness.changes.is_empty());
    harness.now += 1;
    let told = harness.intune.settle(harness.now);
    assert_eq!((told.len(), told[0].managed, told[0].compliant), (1, true, true));
    assert!(harness.intune.settle(harness.now).is_empty());
    assert_eq!(verdict(&mut harness, &id), ("Compliant".into(), vec![]));
    assert_eq!(harness.send(&device(&id)).body["IsCompliantInGraph"], true);
    assert!(harness.changes.is_empty());
}

#[test]
fn a_worse_status_takes_compliance_away_again() {
    let mut harness = Harness::with(encryption());
    let id = harness.enrolled();
    for (state, compliant) in [("Compliant", true), ("NonCompliant", false)] {
        harness.send(&status(&id, &[(5, ITEM, "x", state)]));
        harness.now += 2_000;
        let change = harness.intune.settle(harness.now).remove(0);
        assert_eq!((change.device.as_str(), change.managed, change.compliant), (DEVICE, true, compliant));
    }
}

#[test]
fn the_verdict_follows_the_worst_rule() {
    for (details, state, titles) in [
        (&[(5, ITEM, "True", "Compliant")][..], "Compliant", &[][..]),
        (&[(5, ITEM, "False", "NonCompliant")], "Noncompliant", &["Encrypt your drives"]),
        (&[(5, ITEM, "", "Unknown")], "Error", &["Encrypt your drives"]),
        (&[(5, ITEM, "", "Error")], "Error", &["Encrypt your drives"]),
        // A rule without an answer.
        (&[], "Noncompliant", &[SYNC]),
        (&[(6, ITEM, "True", "Compliant")], "Noncompliant", &[SYNC]),
    ] {
        let mut harness = Harness::with(encryption());
        let id = harness.enrolled();
        harness.send(&status(&id, details));
        harness.now += 2_000;
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        assert_eq!(verdict(&mut harness, &id), (state.to_owned(), titles), "{details:?}");
    }
}

#[test]
fn each_policy_has_a_status_of_its_own() {
    let policy = |id: &str| {
        json!({ "policyId": id, "policySettings": [
            { "settingDefinitionItemId": ITEM, "value": "True", "ruleId": format!("rule of {id}") },
        ] })
    };
    for (first, second, state) in
        [("a", "b", "Compliant"), ("B", "A", "Compliant"), ("a", "c", "Noncompliant")]
    {
        let mut harness = Harness::with(json!({ "policies": [policy("a"), policy("b")] }));
        let id = harness.enrolled();
        let mut call = status(&id, &[(5, ITEM, "True", "Compliant")]);
        let told = |id: &str| {
            let mut told = call.body["PolicyStatuses"][0].clone();
            told["PolicyId"] = json!(id);
            told["Details"][0]["RuleId"] = json!(format!("Rule of {id}"));
            told
        };
        call.body["PolicyStatuses"] = json!([told(first), told(second)]);
        harness.send(&call);
        harness.now += 2_000;
        assert_eq!(verdict(&mut harness, &id).0, state, "{first} {second}");
    }
}

#[test]
fn a_failing_rule_says_what_was_expected_and_where_it_comes_from() {
    let mut harness = Harness::with(encryption());
    let id = harness.enrolled();
    harness.send(&status(&id, &[(5, ITEM, "False", "NonCompliant")]));
    harness.now += 2_000;
    let rule = harness.send(&device(&id)).body["NoncompliantRules"][0].clone();
    assert_eq!((&rule["SettingID"], &rule["ExpectedValue"]), (&json!(ITEM), &json!("True")));
    assert_eq!((&rule["ComplianceSource"], &rule["RemediationOwner"]), (&json!("LinuxMDM"), &json!(0)));
}

#[test]
fn configuration_does_not_count_and_no_policy_is_the_tenants_choice() {
    let script = json!({ "policies": [{ "policyId": POLICY, "policyType": "Configuration", "policySettings": [
        { "settingDefinitionItemId": "linux_customconfig_script", "value": "" },
    ] }] });
    let mut strict = script.clone();
    strict["compliant_without_policy"] = json!(false);
    for (knobs, state) in [(json!({}), "Compliant"), (script, "Compliant"), (strict, "Noncompliant")] {
        let mut harness = Harness::with(knobs);
        let id = harness.enrolled();
        harness.send(&status(&id, &[]));
        harness.now += 2_000;
        assert_eq!(verdict(&mut harness, &id).0, state);
    }
}

#[test]
fn the_list_holds_the_users_devices_and_nobody_elses() {
    let mut harness = Harness::new();
    let first = harness.enrolled();
    let mut second = enroll();
    second.claim("deviceid", OTHER_DEVICE);
    second.claim("oid", ALEX);
    harness.send(&second);
    let body = harness.send(&devices()).body;
    let keys: Vec<_> = body["value"].as_array().unwrap().iter().map(|it| it["Key"].clone()).collect();
    assert_eq!(keys, [json!(first)]);
}

#[test]
fn retirement_drops_the_object_and_the_directory_hears_of_it() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let reply = harness.send(&retire(&id));
    assert_eq!((reply.status, reply.body, reply.kind.as_str()), (204, Value::Null, ""));
    let change = harness.changes.remove(0);
    assert_eq!((change.device.as_str(), change.managed, change.compliant), (DEVICE, false, false));
    assert_eq!(harness.send(&device(&id)).status, 404);
    assert_eq!(harness.send(&details(&id)).entry.rule.as_deref(), Some("unknown device"));
}

/// The names of intune.md 9.7, without the nine actions.
const FIELDS: &str = "odata.metadata odata.id Key AadId OfficialName Nickname Manufacturer Model ChassisType Architecture \
    OperatingSystem OperatingSystemId OSSubtype OSVersion ManagementAgent ManagementType EnrollmentType \
    OwnerType CoManagementFeatures SupervisedStatus UdaStatus UserApprovedEnrollment AppWrapperCertSN \
    CategoryId CategorySetByEndUser DeviceHWId DeviceActions EasId ExchangeActivationItemEasId \
    ExchangeActivationItems IsExchangeActivated IsPartnerManaged IsReadOnly IsSharedDevice \
    IsSspConfirmed IsManagedInGraph IsCompliantInGraph PartnerName PartnerRemediationUrl \
    PartnerSelfServicePortalUrl PartnerLocalizedSelfServicePortalName RemotableProperties \
    RemoteSessionUri CreatedDate LastContact LastContactNotification InGracePeriodUntilDateTimeUtc \
    ComplianceState NoncompliantRules";
