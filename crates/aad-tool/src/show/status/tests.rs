//! The document as text and as JSON, against committed files; `UPDATE_EXPECT=1` writes them anew.

use crate::show::{json, message};
use expect_test::{ExpectFile, expect_file};
use ipc::{Message, STATUS_SCHEMA, StatusDocument};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const FULL: &str = include_str!("../../../tests/golden/full.json");
const BARE: &str = include_str!("../../../tests/golden/bare.json");

fn check(golden: &str, as_json: ExpectFile, as_text: ExpectFile) {
    let document: StatusDocument = serde_json::from_str(golden).unwrap();
    assert_eq!(document.schema, STATUS_SCHEMA);
    as_json.assert_eq(&json(&document));
    as_text.assert_eq(&message(&Message::Status { document: Box::new(document) }).unwrap());
}

#[test]
fn a_full_document_is_shown_as_written_down() {
    let as_json = expect_file!["../../../tests/golden/full.json"];
    check(FULL, as_json, expect_file!["../../../tests/golden/full.txt"]);
}

#[test]
fn a_machine_that_knows_nothing_yet_shows_only_what_applies() {
    let as_json = expect_file!["../../../tests/golden/bare.json"];
    check(BARE, as_json, expect_file!["../../../tests/golden/bare.txt"]);
}

#[test]
fn the_days_of_a_certificate_in_words() {
    for (left, words) in [(-1, "expired"), (0, "0 days left"), (1, "1 day left"), (2, "2 days left")] {
        assert_eq!(super::days(left), words);
    }
}

/// The words of compliance are the service's own, and stand nowhere else.
#[test]
fn without_a_verdict_nothing_is_said_of_compliance() {
    let mut document: StatusDocument = serde_json::from_str(FULL).unwrap();
    for intune in document.domains.iter_mut().filter_map(|domain| domain.intune.as_mut()) {
        intune.compliance = None;
    }
    let text = super::text(&document).to_ascii_lowercase();
    assert!(!text.contains("complian") && !text.contains("verdict"), "{text}");
}

/// docs/status.md has one table for each struct and one row for each member, and no other.
#[test]
fn the_reference_tells_every_member() {
    let mut seen = BTreeMap::new();
    members("StatusDocument", &serde_json::from_str(FULL).unwrap(), &mut seen);
    assert_eq!(seen.len(), 14, "the full document shows every struct: {:?}", seen.keys());
    assert_eq!(tables(include_str!("../../../../../docs/status.md")), seen);
}

type Members = BTreeMap<String, BTreeSet<String>>;

fn members(name: &str, value: &Value, seen: &mut Members) {
    match value {
        Value::Object(object) => {
            let known = seen.entry(name.to_owned()).or_default();
            known.extend(object.keys().cloned());
            object.iter().for_each(|(member, value)| members(type_of(member), value, seen));
        }
        Value::Array(items) => items.iter().for_each(|item| members(name, item, seen)),
        _ => {}
    }
}

fn type_of(member: &str) -> &str {
    match member {
        "domains" => "DomainStatus",
        "identity" => "IdentityReport",
        "endpoints" => "EndpointsReport",
        "keys" => "KeyReport",
        "sessions" => "SessionReport",
        "others" => "OtherIdentityReport",
        "intune" => "IntuneReport",
        "compliance" => "ComplianceReport",
        "rules" => "RuleReport",
        "attempts" => "AttemptReport",
        "ledger" => "LedgerReport",
        "left" => "LeftReport",
        "failure" => "FailureReport",
        other => other,
    }
}

fn tables(page: &str) -> Members {
    let mut tables = Members::new();
    let mut heading = "";
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            heading = name;
        }
        if let Some(member) = line.strip_prefix("| `").and_then(|rest| rest.split('`').next()) {
            tables.entry(heading.to_owned()).or_default().insert(member.to_owned());
        }
    }
    tables
}
