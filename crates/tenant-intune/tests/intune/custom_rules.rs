//! Custom compliance: who evaluates the rules, in whose words, and which files of rules are taken
//! (intune.md 3.5, compliance.md 2.3, 6.4).

use crate::harness::{Harness, POLICY, device, policies, status};
use serde_json::{Value, json};
use tenant_intune::IntuneKnobs;

const SCRIPT: &str = "linux_customcompliance_discoveryscript";

/// The state and the titles of the rules that fail.
fn verdict(harness: &mut Harness, id: &str) -> (String, Vec<String>) {
    let body = harness.send(&device(id)).body;
    let titles = body["NoncompliantRules"].as_array().unwrap().iter();
    let titles = titles.map(|rule| rule["Title"].as_str().unwrap().to_owned()).collect();
    (body["ComplianceState"].as_str().unwrap().to_owned(), titles)
}

/// The knobs with one policy of a script and these rules.
fn with_rules(rules: &Value) -> Value {
    json!({ "policies": [{
        "policyId": POLICY, "customRules": { "Rules": rules }, "policySettings": [{
            "settingDefinitionItemId": SCRIPT, "value": "", "ruleId": "d1000000-0000-4000-8000-000000000007",
        }],
    }] })
}

#[test]
fn custom_rules_are_evaluated_by_the_service_and_speak_with_the_admins_words() {
    let rules = json!({ "Rules": [{
        "SettingName": "SecureBootEnabled", "Operator": "IsEquals", "DataType": "String", "Operand": "true",
        "MoreInfoUrl": "https://help.contoso.com/secureboot", "RemediationStrings": [
            { "Language": "de_DE", "Title": "Aus", "Description": "Einschalten." },
            { "Language": "en_US", "Title": "Secure Boot is off", "Description": "Turn on Secure Boot." },
        ],
    }] });
    let knobs = |deliver: bool| {
        json!({ "deliver_rules": deliver, "policies": [{
            "policyId": POLICY, "customRules": rules, "policySettings": [{
                "settingDefinitionItemId": SCRIPT, "value": "IyEvYmluL3NoCg==",
                "ruleId": "d1000000-0000-4000-8000-000000000007",
            }],
        }] })
    };
    for (output, claimed, state, titles, errors) in [
        (r#"{"SecureBootEnabled":"true"}"#, "Unknown", "Compliant", &[][..], None),
        (r#"{"SecureBootEnabled":"false"}"#, "Unknown", "Noncompliant", &["Secure Boot is off"], None),
        (r#"{"secureBootEnabled":"true"}"#, "Compliant", "Error", &[], Some("65008 SecureBootEnabled")),
        (r#"{"SecureBootEnabled":true}"#, "Unknown", "Error", &[], Some("65010 SecureBootEnabled")),
        (r#"{"SecureBootEnabled":null}"#, "Unknown", "Error", &[], Some("65010 SecureBootEnabled")),
        ("timed out", "Error", "Error", &[SCRIPT], Some("65007 linux_customcompliance_discoveryscript")),
        ("no JSON", "Unknown", "Error", &[], Some("65009 linux_customcompliance_discoveryscript")),
    ] {
        let mut harness = Harness::with(knobs(false));
        let id = harness.enrolled();
        let wire = harness.send(&policies(&id)).body;
        assert_eq!(wire["policies"][0]["policySettings"].as_array().unwrap().len(), 1);
        let facts = harness.send(&status(&id, &[(7, SCRIPT, output, claimed)])).entry.facts;
        assert_eq!(facts.get("errors").map(String::as_str), errors, "{output}");
        harness.now += 2_000;
        let titles: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
        assert_eq!(verdict(&mut harness, &id), (state.to_owned(), titles), "{output}");
    }
    let mut harness = Harness::with(knobs(true));
    let id = harness.enrolled();
    let wire = harness.send(&policies(&id)).body;
    let delivered = &wire["policies"][0]["policySettings"][1];
    assert_eq!(delivered["settingDefinitionItemId"], "linux_customcompliance_rules");
}

#[test]
fn a_rule_that_is_broken_counts_more_than_one_that_cannot_be_evaluated() {
    let rule = |name: &str| json!({ "SettingName": name, "Operator": "IsEquals", "DataType": "Int64", "Operand": 1 });
    let knobs = json!({ "policies": [{
        "policyId": POLICY, "customRules": { "Rules": [rule("A"), rule("B"), rule("C")] },
        "policySettings": [{
            "settingDefinitionItemId": SCRIPT, "value": "", "ruleId": "d1000000-0000-4000-8000-000000000007",
        }],
    }] });
    for (output, state, titles, errors) in [
        (r#"{"A":1,"B":1,"C":1}"#, "Compliant", vec![], None),
        (r#"{"A":"x","C":1}"#, "Error", vec![], Some("65010 A; 65008 B")),
        (r#"{"A":"x","C":2}"#, "Noncompliant", vec!["C".to_owned()], Some("65010 A; 65008 B")),
    ] {
        let mut harness = Harness::with(knobs.clone());
        let id = harness.enrolled();
        let facts = harness.send(&status(&id, &[(7, SCRIPT, output, "Unknown")])).entry.facts;
        assert_eq!(facts.get("errors").map(String::as_str), errors, "{output}");
        harness.now += 2_000;
        assert_eq!(verdict(&mut harness, &id), (state.to_owned(), titles), "{output}");
    }
}

#[test]
fn custom_rules_speak_the_first_language_that_they_have() {
    let text = |language: &str| json!({ "Language": language, "Title": language, "Description": "x" });
    let texts = json!([text("de_DE"), text("en_US"), text("fr_FR")]);
    for (languages, title) in [
        (json!([]), "en_US"),
        (json!(["fr_FR", "de_DE"]), "fr_FR"),
        (json!(["pl_PL", "de_DE"]), "de_DE"),
        (json!(["pl_PL"]), "en_US"),
    ] {
        let rule = json!({
            "SettingName": "A", "Operator": "IsEquals", "DataType": "Int64", "Operand": 1,
            "RemediationStrings": texts,
        });
        let mut harness = Harness::with(json!({ "languages": languages, "policies": [{
            "policyId": POLICY, "customRules": { "Rules": [rule] }, "policySettings": [{
                "settingDefinitionItemId": SCRIPT, "value": "", "ruleId": "d1000000-0000-4000-8000-000000000007",
            }],
        }] }));
        let id = harness.enrolled();
        harness.send(&status(&id, &[(7, SCRIPT, r#"{"A":2}"#, "Unknown")]));
        harness.now += 2_000;
        assert_eq!(verdict(&mut harness, &id).1, [title], "{languages}");
    }
}

#[test]
fn a_title_names_what_was_found() {
    for (data_type, operand, output, title) in [
        ("String", json!("on"), r#"{"A":"off"}"#, "A is off, not off"),
        ("Int64", json!(1), r#"{"A":-7}"#, "A is -7, not -7"),
        ("Boolean", json!(true), r#"{"A":false}"#, "A is false, not false"),
        ("String", json!("on"), r#"{"A":"{ActualValue}"}"#, "A is {ActualValue}, not {ActualValue}"),
    ] {
        let rule = json!({
            "SettingName": "A", "Operator": "IsEquals", "DataType": data_type, "Operand": operand,
            "RemediationStrings": [{
                "Language": "en_US", "Title": "A is {ActualValue}, not {ActualValue}",
                "Description": "See {ActualValue}",
            }],
        });
        let mut harness = Harness::with(with_rules(&json!([rule])));
        let id = harness.enrolled();
        harness.send(&status(&id, &[(7, SCRIPT, output, "Unknown")]));
        harness.now += 2_000;
        let rule = harness.send(&device(&id)).body["NoncompliantRules"][0].clone();
        assert_eq!((&rule["Title"], &rule["Description"]), (&json!(title), &json!("See {ActualValue}")));
    }
}

#[test]
fn the_link_has_two_spellings() {
    for spelling in ["MoreInfoUrl", "MoreInfoURL"] {
        let rule = json!({
            "SettingName": "A", "Operator": "IsEquals", "DataType": "Int64", "Operand": 1,
            spelling: "https://help.contoso.com/a",
        });
        let mut harness = Harness::with(with_rules(&json!([rule])));
        let id = harness.enrolled();
        harness.send(&status(&id, &[(7, SCRIPT, r#"{"A":2}"#, "Unknown")]));
        harness.now += 2_000;
        let rule = harness.send(&device(&id)).body["NoncompliantRules"][0].clone();
        assert_eq!(rule["MoreInfoUri"], "https://help.contoso.com/a", "{spelling}");
    }
}

#[test]
fn a_file_of_rules_that_the_service_refuses_is_refused_with_its_place() {
    let rule = |texts: Value| {
        json!({
            "SettingName": "A", "Operator": "IsEquals", "DataType": "Int64", "Operand": 1,
            "RemediationStrings": texts,
        })
    };
    let text = |language: &str, length: usize| json!({ "Language": language, "Title": "t", "Description": "d".repeat(length) });
    // What a file of one rule is long without its description.
    let empty = json!({ "Rules": [{
        "SettingName": "A", "Operator": "IsEquals", "DataType": "Int64", "Operand": 1, "MoreInfoUrl": null,
        "RemediationStrings": [text("en_US", 0)],
    }] });
    let rest = 102_400 - empty.to_string().len();
    let of_one = |texts: Value| json!([rule(texts)]);
    for (name, rules, says) in [
        ("100 rules", json!(vec![rule(json!([])); 100]), None),
        (
            "101 rules",
            json!(vec![rule(json!([])); 101]),
            Some("`policies[0].customRules.Rules`: expected at most 100 rules"),
        ),
        ("100 KB", of_one(json!([text("en_US", rest)])), None),
        (
            "one byte more",
            of_one(json!([text("en_US", rest + 1)])),
            Some("`policies[0].customRules`: expected at most 102400 bytes"),
        ),
        (
            "no English",
            json!([rule(json!([])), rule(json!([text("de_DE", 1)]))]),
            Some(
                "`policies[0].customRules.Rules[1].RemediationStrings`: expected a text in en_US among them",
            ),
        ),
        (
            "no such language",
            of_one(json!([text("en_US", 1), text("en_GB", 1)])),
            Some("`policies[0].customRules.Rules[0].RemediationStrings[1].Language`: there is no `en_GB`"),
        ),
    ] {
        let knobs: IntuneKnobs = serde_json::from_value(with_rules(&rules)).unwrap();
        let found = knobs.check().err().map(|wrong| wrong.to_string());
        match says {
            Some(says) => assert!(found.as_ref().is_some_and(|it| it.starts_with(says)), "{name}: {found:?}"),
            None => assert_eq!(found, None, "{name}"),
        }
    }
}
