use crate::harness::{Harness, POLICY, details, encryption, policies, status};
use serde_json::{Value, json};

const ITEM: &str = "linux_deviceencryption_required";

#[test]
fn details_answer_with_the_name_and_are_remembered() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    assert_eq!(harness.send(&details(&id)).body, json!({ "deviceFriendlyName": "lx-adele" }));
    let device = harness.intune.devices(harness.now).remove(0);
    assert_eq!((device.os.as_str(), device.name.as_str()), ("ubuntu 24.04", "lx-adele"));
    // What a machine without DMI says.
    let mut call = details(&id);
    call.body["Manufacturer"] = json!("");
    assert_eq!(harness.send(&call).status, 200);
}

#[test]
fn policies_are_none_at_first_and_then_those_of_the_knob() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    assert_eq!(harness.send(&policies(&id)).body, json!({ "policies": [] }));
    harness.intune.set_knobs(serde_json::from_value(encryption()).unwrap());
    let body = harness.send(&policies(&id)).body;
    let policy = &body["policies"][0];
    assert_eq!((&policy["policyId"], &policy["version"]), (&json!(POLICY), &json!(4)));
    assert_eq!(policy["policyType"], "Compliance");
    let setting = &policy["policySettings"][0];
    assert_eq!((&setting["value"], &setting["ruleName"]), (&json!("True"), &Value::Null));
    assert_eq!(setting["cspPath"], "com.microsoft.manage.LinuxMdm/DeviceEncryption/Required");
    assert_eq!(harness.send(&policies(&id.to_uppercase())).status, 200);
}

#[test]
fn the_policy_of_the_page_is_a_knob_as_it_stands() {
    let page = json!({ "policies": [{
        "accountId": "acc00000-0000-4000-8000-000000000001", "policyId": POLICY,
        "description": "Contoso Linux baseline", "version": 4, "policyType": "Compliance", "policySettings": [{
            "settingDefinitionReportingId": "c1000000-0000-4000-8000-000000000001",
            "settingDefinitionItemId": "linux_distribution_alloweddistros_item_$type",
            "cspPath": "com.microsoft.manage.LinuxMdm/Distribution/AllowedDistros/0/$type",
            "cspPathId": "c2000000-0000-4000-8000-000000000001",
            "ruleId": "d1000000-0000-4000-8000-000000000001", "ruleName": null, "value": "ubuntu",
        }],
    }] });
    let mut harness = Harness::with(page.clone());
    let id = harness.enrolled();
    assert_eq!(harness.send(&policies(&id)).body, page);
}

#[test]
fn status_is_echoed_in_camel_case_with_numbers_filled_in() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let mut call = status(&id, &[(5, ITEM, "True", "Compliant")]);
    let detail = call.body["PolicyStatuses"][0]["Details"][0].as_object_mut().unwrap();
    detail.remove("ErrorCode");
    detail.remove("ErrorType");
    let body = harness.send(&call).body;
    assert!(body.get("deviceId").is_none());
    let echoed = &body["policyStatuses"][0];
    assert_eq!(echoed["policyId"], POLICY);
    assert_eq!(echoed["lastStatusDateTime"], "2026-11-22T10:00:00+00:00");
    let detail = &echoed["details"][0];
    assert_eq!((&detail["errorCode"], &detail["errorType"]), (&json!(0), &json!(0)));
    assert_eq!(detail["newComplianceState"], "Compliant");
    assert_eq!(detail["settingDefinitionItemId"], ITEM);
}

#[test]
fn a_status_without_policies_is_legal() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let mut call = status(&id, &[]);
    call.body["PolicyStatuses"] = json!([]);
    assert_eq!(harness.send(&call).body, json!({ "policyStatuses": [] }));
}

#[test]
fn a_date_may_have_any_offset() {
    let mut harness = Harness::new();
    let id = harness.enrolled();
    let mut call = status(&id, &[]);
    first(&mut call).insert("LastStatusDateTime".into(), json!("2026-11-22T02:00:00.123456-08:00"));
    assert_eq!(harness.send(&call).status, 200);
}

fn first(call: &mut crate::harness::Call) -> &mut serde_json::Map<String, Value> {
    call.body["PolicyStatuses"][0].as_object_mut().unwrap()
}
