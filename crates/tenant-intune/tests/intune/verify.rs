//! Values of a status that cannot be what they are called (intune.md 8.2, `verify`).

use crate::harness::{Harness, POLICY, device, status};
use serde_json::{Value, json};

/// The rules of the example of intune.md 9.5, with the end of each item's id and its value.
const RULES: [(u32, &str, &str); 8] = [
    (1, "distribution_alloweddistros_item_$type", "ubuntu"),
    (2, "distribution_alloweddistros_item_minimumversion", "22.04"),
    (3, "distribution_alloweddistros_item_maximumversion", "24.10"),
    (4, "distribution_alloweddistros_item_$type", "rhel"),
    (5, "distribution_alloweddistros_item_minimumversion", "9.0"),
    (6, "distribution_alloweddistros_item_maximumversion", ""),
    (7, "deviceencryption_required", "True"),
    (8, "passwordpolicy_minimumlength", "12"),
];
/// What an Ubuntu machine says to them.
const HONEST: [&str; 8] = ["Ubuntu", "24.04", "24.04", "", "", "", "true", "12"];

fn knobs(verify: &str) -> Value {
    let settings = RULES.map(|(rule, item, value)| {
        json!({
            "settingDefinitionItemId": format!("linux_{item}"), "value": value,
            "ruleId": format!("d1000000-0000-4000-8000-{rule:012}"),
        })
    });
    json!({ "verify": verify, "policies": [{ "policyId": POLICY, "policySettings": settings }] })
}

/// The numbers of the rules that are doubted, and the verdict.
fn judged(verify: &str, values: [&str; 8]) -> (Option<String>, Value, Vec<Value>) {
    let mut harness = Harness::with(knobs(verify));
    let id = harness.enrolled();
    let items = RULES.map(|(_, item, _)| format!("linux_{item}"));
    let details: Vec<(u32, &str, &str, &str)> = RULES
        .iter()
        .zip(&items)
        .zip(values)
        .map(|(((rule, _, _), item), value)| (*rule, item.as_str(), value, "Compliant"))
        .collect();
    let reply = harness.send(&status(&id, &details));
    assert_eq!(reply.status, 200, "{reply:?}");
    harness.now += 2_000;
    let body = harness.send(&device(&id)).body;
    let rules = body["NoncompliantRules"].as_array().unwrap();
    let failing = rules.iter().map(|rule| rule["SettingID"].clone()).collect();
    (reply.entry.facts.get("doubted").cloned(), body["ComplianceState"].clone(), failing)
}

#[test]
fn a_value_that_the_policy_forbids_is_doubted() {
    let kind = "distribution_alloweddistros_item_$type";
    let (least, most) = (
        "distribution_alloweddistros_item_minimumversion",
        "distribution_alloweddistros_item_maximumversion",
    );
    let rows: [(&str, usize, &str, &[&str]); 12] = [
        ("honest", 0, "ubuntu", &[]),
        ("a longer password", 7, "14", &[]),
        ("a newer release of the same version", 1, "22.4.1", &[]),
        ("not encrypted", 6, "False", &["deviceencryption_required"]),
        ("no answer about encryption", 6, "", &["deviceencryption_required"]),
        ("a shorter password", 7, "8", &["passwordpolicy_minimumlength"]),
        ("no number", 7, "long", &["passwordpolicy_minimumlength"]),
        ("too old", 1, "20.04", &[least]),
        ("too new", 2, "26.04", &[most]),
        ("no version for the entry that applies", 1, "", &[least]),
        ("two distributions at once", 3, "rhel", &[kind, least, kind]),
        ("another distribution", 0, "arch", &[kind, kind, least]),
    ];
    for (name, at, value, doubted) in rows {
        let mut values = HONEST;
        values[at] = value;
        let mut expected: Vec<String> = doubted.iter().map(|item| format!("linux_{item}")).collect();
        let (facts, state, _) = judged("distrust", values);
        let mut found: Vec<String> = facts.iter().flat_map(|it| it.split(' ').map(str::to_owned)).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{name}");
        assert_eq!(state, if doubted.is_empty() { "Compliant" } else { "Noncompliant" }, "{name}");
    }
}

#[test]
fn what_is_made_of_doubt_is_the_knobs_choice() {
    let mut values = HONEST;
    values[6] = "False";
    let item = "linux_deviceencryption_required";
    for (verify, fact, state, failing) in [
        ("trust", None, "Compliant", vec![]),
        ("flag", Some(item), "Compliant", vec![]),
        ("distrust", Some(item), "Noncompliant", vec![json!(item)]),
    ] {
        let expected = (fact.map(str::to_owned), json!(state), failing);
        assert_eq!(judged(verify, values), expected, "{verify}");
    }
}

#[test]
fn what_is_not_called_compliant_is_not_doubted() {
    for state in ["NonCompliant", "Error"] {
        let mut harness = Harness::with(knobs("flag"));
        let id = harness.enrolled();
        let reply = harness.send(&status(&id, &[(7, "linux_deviceencryption_required", "False", state)]));
        assert_eq!((reply.status, reply.entry.facts.get("doubted")), (200, None), "{state}");
    }
}

#[test]
fn what_a_client_can_know_it_may_not_call_unknown() {
    let encryption = "linux_deviceencryption_required";
    let script = "linux_customcompliance_discoveryscript";
    let other = "linux_antivirus_required";
    for (verify, item, may, fact, state) in [
        ("trust", encryption, json!([]), None, "Error"),
        ("flag", encryption, json!([]), Some(encryption), "Error"),
        ("distrust", encryption, json!([]), Some(encryption), "Noncompliant"),
        ("distrust", encryption, json!([encryption]), None, "Error"),
        ("distrust", encryption, json!([other]), Some(encryption), "Noncompliant"),
        ("distrust", script, json!([]), None, "Error"),
        ("distrust", other, json!([]), None, "Error"),
    ] {
        let mut harness = Harness::with(json!({ "verify": verify, "may_be_unknown": may, "policies": [{
            "policyId": POLICY, "policySettings": [{
                "settingDefinitionItemId": item, "value": "True",
                "ruleId": "d1000000-0000-4000-8000-000000000007",
            }],
        }] }));
        let id = harness.enrolled();
        let reply = harness.send(&status(&id, &[(7, item, "", "Unknown")]));
        assert_eq!(reply.entry.facts.get("doubted").map(String::as_str), fact, "{verify} {item} {may}");
        harness.now += 2_000;
        assert_eq!(harness.send(&device(&id)).body["ComplianceState"], state, "{verify} {item} {may}");
    }
}

#[test]
fn ids_that_a_device_has_no_cause_to_send_are_seen() {
    let odd = ["unknown_policies", "unknown_rules", "repeated_policies", "repeated_rules"];
    let rule = |number: u32| format!("d1000000-0000-4000-8000-{number:012}");
    let foreign = "b0000000-0000-4000-8000-000000000009";
    let of = |policy: &str, rules: &[u32]| {
        let details: Vec<_> = rules.iter().map(|rule| (*rule, "x", "", "Compliant")).collect();
        let mut told = status("", &details).body["PolicyStatuses"][0].clone();
        told["PolicyId"] = json!(policy);
        told
    };
    let long = "X".repeat(100);
    let strangers: Vec<Value> = (0..9).map(|number| of(&format!("p{number}"), &[])).collect();
    for (name, statuses, expected) in [
        ("as it should be", json!([of(POLICY, &[1, 2])]), [None, None, None, None]),
        ("none", json!([]), [None, None, None, None]),
        ("another policy", json!([of(foreign, &[1])]), [Some(foreign.to_owned()), None, None, None]),
        ("another rule", json!([of(POLICY, &[1, 9])]), [None, Some(rule(9)), None, None]),
        (
            "a policy twice",
            json!([of(POLICY, &[1]), of(&POLICY.to_uppercase(), &[1])]),
            [None, None, Some(POLICY.to_owned()), None],
        ),
        ("a rule twice", json!([of(POLICY, &[1, 2, 1])]), [None, None, None, Some(rule(1))]),
        ("long", json!([of(&long, &[])]), [Some("x".repeat(36)), None, None, None]),
        ("many", json!(strangers), [Some("p0 p1 p2 p3 p4 p5 p6 p7 and 1 more".to_owned()), None, None, None]),
    ] {
        let mut harness = Harness::with(knobs("trust"));
        let id = harness.enrolled();
        let mut call = status(&id, &[]);
        call.body["PolicyStatuses"] = statuses;
        let reply = harness.send(&call);
        assert_eq!(reply.status, 200, "{name}");
        assert_eq!(odd.map(|fact| reply.entry.facts.get(fact).cloned()), expected, "{name}");
    }
}

#[test]
fn made_up_paths_keep_the_entries_of_a_list_apart() {
    let mut harness = Harness::with(knobs("trust"));
    let id = harness.enrolled();
    let body = harness.send(&crate::harness::policies(&id)).body;
    let paths = body["policies"][0]["policySettings"].as_array().unwrap().iter();
    let paths: Vec<_> = paths.map(|it| it["cspPath"].as_str().unwrap().split('/').nth(3)).collect();
    let (first, second) = (Some("0"), Some("1"));
    assert_eq!(paths[..6], [first, first, first, second, second, second]);
}
