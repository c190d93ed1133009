//! Messages and the document as text, against committed files; `UPDATE_EXPECT=1` writes them anew.

use crate::lines::COLUMNS;
use crate::{Detail, Screen, departure, keys, message, prompt, status};
use expect_test::{ExpectFile, expect_file};
use ipc::{FailureReport, Message, STATUS_SCHEMA, StatusDocument};
use messages::Language;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const FULL: &str = include_str!("../../aad-tool/tests/golden/full.json");
const BARE: &str = include_str!("../../aad-tool/tests/golden/bare.json");

fn full() -> StatusDocument {
    serde_json::from_str(FULL).unwrap()
}

fn check(golden: &str, detail: Detail, as_text: ExpectFile) {
    let document: StatusDocument = serde_json::from_str(golden).unwrap();
    assert_eq!(document.schema, STATUS_SCHEMA);
    as_text.assert_eq(&status(&document, detail));
}

#[test]
fn a_full_document_is_shown_as_written_down() {
    check(FULL, Detail::Short, expect_file!["../tests/full.txt"]);
    check(FULL, Detail::Everything, expect_file!["../tests/full-verbose.txt"]);
}

#[test]
fn a_machine_that_knows_nothing_yet_shows_only_what_applies() {
    check(BARE, Detail::Short, expect_file!["../tests/bare.txt"]);
    check(BARE, Detail::Everything, expect_file!["../tests/bare-verbose.txt"]);
}

/// Every text of the document is long, and every list has two entries.
fn long(value: &Value) -> Value {
    let sentence = "the service did not let this machine do what it asked for because of a rule ".repeat(6);
    match value {
        Value::String(text) if text.contains(' ') => Value::String(sentence),
        Value::String(text) if text.contains('.') => {
            Value::String(format!("{}.example", "long-label".repeat(24)))
        }
        Value::String(text) if text.len() > 20 => Value::String(text.repeat(4)),
        Value::Array(values) => values.iter().chain(values).map(long).collect(),
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), long(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn nothing_of_a_status_is_wider_than_80_columns() {
    let long: StatusDocument = serde_json::from_value(long(&serde_json::from_str(FULL).unwrap())).unwrap();
    for document in [full(), serde_json::from_str(BARE).unwrap(), long] {
        for text in [status(&document, Detail::Short), status(&document, Detail::Everything), keys(&document)]
        {
            for line in text.lines() {
                assert!(line.chars().count() <= COLUMNS, "{}: {line}", line.chars().count());
                assert_eq!(line.trim_end(), line, "nothing stands at the end of a line");
            }
        }
    }
}

#[test]
fn each_domain_has_a_line_before_all_details() {
    let mut document = full();
    let mut second = document.domains[0].clone();
    (second.domain, second.summary) = ("fabrikam.com".to_owned(), "Not registered.".to_owned());
    document.domains.push(second);
    let text = status(&document, Detail::Short);
    let at = |needle: &str| text.find(needle).unwrap();
    assert!(at("fabrikam.com: Not registered.") < at("Device id"), "{text}");
    assert_eq!(text.matches("fabrikam.com: Not registered.").count(), 2, "and above its details");
}

#[test]
fn a_leave_names_what_it_will_do() {
    let mut document = full();
    let words = |told: Option<String>| told.unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    let told = words(departure(&document, None, false));
    let identity = document.domains[0].identity.clone().unwrap();
    for says in [
        "the tenant 11112222-3333-4444-5555-666677778888 of contoso.com:",
        &format!("the device object {}", identity.device_id),
        "the device 99998888-7777-4666-8555-444433332222 in Intune",
        "and 2 sessions",
    ] {
        assert!(told.contains(says), "{told}");
    }
    assert!(
        !told.contains("Left behind") && departure(&document, None, true).unwrap().contains("Left behind")
    );
    let mut other = document.domains[0].clone();
    other.domain = "adatum.com".to_owned();
    document.domains.push(other.clone());
    assert!(words(departure(&document, None, false)).contains("contoso.com, adatum.com"));
    other.tenant = Some("another".to_owned());
    document.domains[1] = other;
    assert_eq!(departure(&document, None, false), None, "which of the two is for the daemon to ask");
    assert!(departure(&document, Some("Adatum.com"), false).unwrap().contains("another"));
    assert_eq!(departure(&document, Some("elsewhere.com"), false), None);
    document.domains[1].tenant = None;
    (document.domains[0].identity, document.domains[0].intune) = (None, None);
    let told = departure(&document, None, false).unwrap();
    assert!(told.contains("there is no registration") && !told.contains("adatum"), "{told}");
}

#[test]
fn a_document_of_tomorrow_says_so() {
    let document = StatusDocument { schema: STATUS_SCHEMA + 1, ..full() };
    assert!(status(&document, Detail::Short).contains("newer than this aad-tool"));
}

#[test]
fn each_key_has_its_place_and_its_test() {
    let text = keys(&full());
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for says in [
        "device RSA-2048 in tpm: made in the TPM, which never gives it out; works (tested 2026-03-10T06:00:03Z)",
        "does not work: the key cannot be opened",
        "not tested yet",
    ] {
        assert!(words.contains(says), "{text}");
    }
}

#[test]
fn text_of_a_server_cannot_steer_the_terminal() {
    let notice = |text: &str| {
        message(&Message::Notice { text: text.to_owned() }, Screen::Lines, Language::English).unwrap()
    };
    assert_eq!(notice("a\u{1b}[31mb\u{9b}c"), "Note: a[31mbc\n");
    let turned = "moc.live\u{202e}\u{2066}//\u{200f}\u{200b}:sptth\nDone.";
    assert_eq!(notice(turned), "Note: moc.live//:sptth\nDone.\n");
    let mut document = full();
    document.domains[0].summary = "a\u{1b}[31mb".to_owned();
    let report = FailureReport { message: "a\u{1b}[31mb".to_owned(), ..FailureReport::default() };
    for text in [
        status(&document, Detail::Short),
        status(&document, Detail::Everything),
        crate::failure(&report, Language::English),
    ] {
        assert!(text.contains("a[31mb") && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn who_is_asked_for_a_password_and_why_comes_before_the_question() {
    let ask = |reason| {
        let ask = Message::AskPassword { name: "alex@contoso.com".into(), reason, only_questions: false };
        message(&ask, Screen::Lines, Language::English).unwrap()
    };
    let plain = "Sign in as alex@contoso.com. The password is not shown while you type it;\n\
                 press Enter alone to sign in with a code instead.\n";
    assert_eq!(ask(None), plain);
    assert_eq!(ask(Some("The password was wrong.".into())), format!("The password was wrong.\n{plain}"));
}

#[test]
fn the_code_stands_on_a_line_of_its_own() {
    let page = ("ABCD1234", "https://microsoft.com/devicelogin", "2026-01-01T00:00:00Z");
    let shown = prompt(page, None, Screen::Lines, Language::English);
    assert!(shown.lines().any(|line| line == "Code: ABCD1234"));
    assert!(shown.contains("Microsoft Authentication Broker"));
    assert!(prompt(page, None, Screen::Pictures, Language::English).len() > shown.len());
}

#[test]
fn a_person_reads_their_language_and_an_administrator_finds_the_ids() {
    let page = ("ABCD1234", "https://microsoft.com/devicelogin", "2026-01-01T00:00:00Z");
    let german = prompt(page, Some("Noch einmal."), Screen::Lines, Language::German);
    assert!(german.starts_with("Noch einmal.\nDie Seite zeigt die App"), "{german}");
    assert!(german.contains("\nÖffnen Sie: https://microsoft.com/devicelogin\nCode: ABCD1234\n"), "{german}");
    let report = FailureReport {
        code: "AADSTS50126".to_owned(),
        message: "Das Kennwort ist falsch".to_owned(),
        correlation_id: Some("c1".to_owned()),
        ..FailureReport::default()
    };
    let shown = crate::failure(&report, Language::German);
    assert!(
        shown.starts_with("Problem: Das Kennwort ist falsch [AADSTS50126]\nWer helfen kann: "),
        "{shown}"
    );
    assert!(shown.contains("\nCorrelation id: c1\n"), "{shown}");
}

#[test]
fn the_days_of_a_certificate_in_words() {
    for (left, words) in [(-1, "expired"), (0, "0 days left"), (1, "1 day left"), (2, "2 days left")] {
        assert_eq!(crate::status::days(left), words);
    }
}

/// The words of compliance are the service's own, and stand nowhere else.
#[test]
fn without_a_verdict_nothing_is_said_of_compliance() {
    let mut document = full();
    for intune in document.domains.iter_mut().filter_map(|domain| domain.intune.as_mut()) {
        intune.compliance = None;
    }
    let text = status(&document, Detail::Everything).to_ascii_lowercase();
    assert!(!text.contains("complian") && !text.contains("verdict"), "{text}");
}

/// docs/status.md has one table for each struct and one row for each member, and no other.
#[test]
fn the_reference_tells_every_member() {
    let mut seen = BTreeMap::new();
    members("StatusDocument", &serde_json::from_str(FULL).unwrap(), &mut seen);
    assert_eq!(seen.len(), 15, "the full document shows every struct: {:?}", seen.keys());
    assert_eq!(tables(include_str!("../../../docs/status.md")), seen);
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
        "last_sign_in" => "SignInReport",
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

#[test]
fn accounts_are_lines_and_one_is_values_below_each_other() {
    let alex = ipc::AccountEntry {
        name: "alex".to_owned(),
        upn: "alex@contoso.com".to_owned(),
        uid: 1_285_143_078,
        gid: 1_285_143_078,
        home: "/home/alex@contoso.com".to_owned(),
        shell: "/bin/bash".to_owned(),
        standing: "allowed".to_owned(),
        ..ipc::AccountEntry::default()
    };
    let adele = ipc::AccountEntry {
        name: "adele@contoso.com".to_owned(),
        upn: "adele@contoso.com".to_owned(),
        uid: 70_001,
        standing: "denied".to_owned(),
        code: Some("AADSTS50057".to_owned()),
        last_online: "2027-01-15T08:00:00Z".to_owned(),
        ..ipc::AccountEntry::default()
    };
    assert_eq!(
        crate::accounts(&[adele.clone(), alex.clone()]),
        "     70001  adele@contoso.com  refused by the directory\n1285143078  alex  alex@contoso.com\n"
    );
    assert!(crate::accounts(&[]).contains("Nobody"));
    let shown = crate::account(&adele);
    assert!(
        shown.contains("Number       70001, group 0") && shown.contains("Code         AADSTS50057"),
        "{shown}"
    );
    let reserved = ipc::AccountEntry {
        name: "sam".to_owned(),
        upn: "sam@contoso.com".to_owned(),
        uid: 70_002,
        standing: "reserved".to_owned(),
        sub_ids: Some((3_330_635_008, 3_330_700_543)),
        reserved_at: Some("2027-01-15T08:00:00Z".to_owned()),
        ..ipc::AccountEntry::default()
    };
    let line = "     70002  sam  sam@contoso.com  reserved, not signed in yet\n";
    assert_eq!(crate::accounts(std::slice::from_ref(&reserved)), line);
    let shown = crate::account(&reserved);
    assert!(shown.contains("3330635008-3330700543, kept free") && shown.contains("2027-01-15"), "{shown}");
    assert!(
        !shown.contains("Tenant") && !shown.contains("First seen") && !shown.contains("Shell"),
        "{shown}"
    );
    assert!(!crate::account(&alex).contains("Code") && !crate::account(&alex).contains("Offline"));
    let busy = crate::account(&ipc::AccountEntry { sessions: 2, ..alex.clone() });
    assert!(busy.contains("Sessions  2 open"), "{busy}");
    let kept = ipc::AccountEntry { offline_until: Some("2026-01-01T00:00:00Z".to_owned()), ..alex.clone() };
    let kept = crate::account(&kept);
    assert!(kept.contains("Offline  without the network until 2026-01-01T00:00:00Z"), "{kept}");
    let odd = ipc::AccountEntry { name: "a\u{1b}[31m".to_owned(), ..alex };
    assert!(!crate::account(&odd).contains('\u{1b}') && !crate::accounts(&[odd]).contains('\u{1b}'));
}
