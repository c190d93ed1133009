//! What becomes of a verdict as time goes by: delay, grace, validity, and errors that leave a state standing
//! (compliance.md 7, 12.2).

use crate::harness::{Call, Harness, UNKNOWN, details, device, encryption, enroll, policies, status};
use http::Method;
use serde_json::{Value, json};

const ITEM: &str = "linux_deviceencryption_required";
const SYNC: &str = "Sync your device with Intune";
const DRIVES: &str = "Encrypt your drives";
const DAY: i64 = 86_400_000;
const NEVER: &str = "0001-01-01T00:00:00";
/// Ten days after the clock of the harness begins.
const GRACE: &str = "2026-12-02T10:00:00Z";

fn knobs(more: Value) -> Value {
    let mut knobs = encryption();
    for (name, value) in more.as_object().unwrap() {
        knobs[name] = value.clone();
    }
    knobs
}

fn says(harness: &mut Harness, id: &str, state: &str) {
    let reply = harness.send(&status(id, &[(5, ITEM, "", state)]));
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// State, titles, end of grace, basis, and what the directory knows.
fn seen(harness: &mut Harness, id: &str) -> (String, Vec<String>, String, String, bool) {
    let reply = harness.send(&device(id));
    let text = |name: &str| reply.body[name].as_str().unwrap().to_owned();
    let titles = reply.body["NoncompliantRules"].as_array().unwrap().iter();
    let titles = titles.map(|rule| rule["Title"].as_str().unwrap().to_owned()).collect();
    let compliant = reply.body["IsCompliantInGraph"].as_bool().unwrap();
    let (state, grace) = (text("ComplianceState"), text("InGracePeriodUntilDateTimeUtc"));
    (state, titles, grace, reply.entry.facts["basis"].clone(), compliant)
}

/// When (milliseconds after enrolment), what is said if anything, and what is seen right after.
type Step =
    (i64, Option<&'static str>, &'static str, &'static [&'static str], &'static str, &'static str, bool);

fn follow(name: &str, knobs: Value, steps: &[Step]) {
    let mut harness = Harness::with(knobs);
    let id = harness.enrolled();
    let begin = harness.now;
    for (at, said, state, titles, grace, basis, compliant) in steps {
        harness.now = begin + at;
        if let Some(said) = said {
            says(&mut harness, &id, said);
        }
        let titles = titles.iter().map(|title| (*title).to_owned()).collect();
        let expected = ((*state).to_owned(), titles, (*grace).to_owned(), (*basis).to_owned(), *compliant);
        assert_eq!(seen(&mut harness, &id), expected, "{name} after {at} ms");
    }
}

#[test]
fn a_status_is_awaited_until_it_is_evaluated_and_the_directory_keeps_what_it_knows() {
    follow(
        "delay",
        knobs(json!({})),
        &[
            (0, None, "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (1_000, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (2_999, None, "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (3_000, None, "Compliant", &[], NEVER, "evaluated", true),
            (DAY, Some("NonCompliant"), "Noncompliant", &[SYNC], NEVER, "awaited", true),
            (DAY + 2_000, None, "Noncompliant", &[DRIVES], NEVER, "evaluated", false),
        ],
    );
}

#[test]
fn a_device_that_does_not_report_is_not_compliant_after_the_validity_period() {
    follow(
        "30 days",
        knobs(json!({})),
        &[
            (0, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (30 * DAY - 1, None, "Compliant", &[], NEVER, "evaluated", true),
            (30 * DAY, None, "Noncompliant", &[SYNC], NEVER, "not_reporting", false),
            (31 * DAY, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (31 * DAY + 2_000, None, "Compliant", &[], NEVER, "evaluated", true),
        ],
    );
    follow(
        "a day, in grace",
        knobs(json!({ "validity_ms": DAY, "grace_until": GRACE })),
        &[
            (0, Some("NonCompliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (2_000, None, "Noncompliant", &[DRIVES], GRACE, "evaluated", true),
            (DAY, None, "Noncompliant", &[SYNC], NEVER, "not_reporting", false),
        ],
    );
}

#[test]
fn grace_passes_for_compliant_until_its_end() {
    let grace = json!({ "grace_until": GRACE });
    follow(
        "noncompliant",
        knobs(grace),
        &[
            (0, Some("NonCompliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (2_000, None, "Noncompliant", &[DRIVES], GRACE, "evaluated", true),
            (10 * DAY - 1, None, "Noncompliant", &[DRIVES], GRACE, "evaluated", true),
            (10 * DAY, None, "Noncompliant", &[DRIVES], NEVER, "evaluated", false),
        ],
    );
    follow(
        "said to be compliant",
        knobs(json!({ "grace_until": GRACE, "grace_state": "Compliant" })),
        &[
            (0, Some("NonCompliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (2_000, None, "Compliant", &[DRIVES], GRACE, "evaluated", true),
            (DAY, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", true),
            (DAY + 2_000, None, "Compliant", &[], NEVER, "evaluated", true),
            (11 * DAY, Some("NonCompliant"), "Noncompliant", &[SYNC], NEVER, "awaited", true),
            (11 * DAY + 2_000, None, "Noncompliant", &[DRIVES], NEVER, "evaluated", false),
        ],
    );
}

#[test]
fn an_error_leaves_the_state_before_it_standing_for_seven_days() {
    follow(
        "compliant before",
        knobs(json!({})),
        &[
            (0, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (DAY, Some("Error"), "Noncompliant", &[SYNC], NEVER, "awaited", true),
            (DAY + 2_000, None, "Compliant", &[], NEVER, "held", true),
            // Another error does not begin the seven days anew.
            (6 * DAY, Some("Error"), "Noncompliant", &[SYNC], NEVER, "awaited", true),
            (8 * DAY - 1, None, "Compliant", &[], NEVER, "held", true),
            (8 * DAY, None, "Noncompliant", &[DRIVES], NEVER, "held_too_long", false),
            (9 * DAY, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (9 * DAY + 2_000, None, "Compliant", &[], NEVER, "evaluated", true),
            // An answer in between does.
            (10 * DAY, Some("Error"), "Noncompliant", &[SYNC], NEVER, "awaited", true),
            (16 * DAY, None, "Compliant", &[], NEVER, "held", true),
        ],
    );
    follow(
        "not compliant before",
        knobs(json!({})),
        &[
            (0, Some("NonCompliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (DAY, Some("Error"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (DAY + 2_000, None, "Noncompliant", &[DRIVES], NEVER, "held", false),
        ],
    );
    follow(
        "nothing before",
        knobs(json!({ "error_hold_ms": DAY })),
        &[
            (0, Some("Error"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (2_000, None, "Error", &[DRIVES], NEVER, "evaluated", false),
            (DAY, None, "Noncompliant", &[DRIVES], NEVER, "held_too_long", false),
        ],
    );
    follow(
        "in grace after",
        knobs(json!({ "grace_until": GRACE })),
        &[
            (0, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (DAY, Some("Error"), "Noncompliant", &[SYNC], NEVER, "awaited", true),
            (8 * DAY, None, "Noncompliant", &[DRIVES], GRACE, "held_too_long", true),
            (10 * DAY, None, "Noncompliant", &[DRIVES], NEVER, "held_too_long", false),
        ],
    );
    follow(
        "not reporting before",
        knobs(json!({ "validity_ms": 2 * DAY })),
        &[
            (0, Some("Compliant"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (2 * DAY, None, "Noncompliant", &[SYNC], NEVER, "not_reporting", false),
            (3 * DAY, Some("Error"), "Noncompliant", &[SYNC], NEVER, "awaited", false),
            (3 * DAY + 2_000, None, "Noncompliant", &[DRIVES], NEVER, "held", false),
        ],
    );
}

#[test]
fn the_directory_hears_of_time_without_any_request() {
    for (more, said, times) in [
        (json!({}), "Compliant", vec![(2_000, true), (30 * DAY, false)]),
        (json!({ "grace_until": GRACE }), "NonCompliant", vec![(2_000, true), (10 * DAY, false)]),
        (json!({ "grace_until": GRACE }), "Error", vec![(7 * DAY, true), (10 * DAY, false)]),
        (json!({}), "NonCompliant", vec![]),
    ] {
        let mut harness = Harness::with(knobs(more));
        let id = harness.enrolled();
        let begin = harness.now;
        says(&mut harness, &id, said);
        let hours = (0..40 * 24).map(|hour| hour * 3_600_000);
        let looks = hours.flat_map(|at| [at - 1, at, at + 2_000]);
        let changes = looks.flat_map(|at| {
            let changes = harness.intune.settle(begin + at);
            changes.into_iter().map(move |it| (at, it.compliant))
        });
        assert_eq!(changes.collect::<Vec<_>>(), times, "{said}");
    }
}

#[test]
fn what_unknown_and_a_missing_answer_count_as_is_a_knob() {
    let unknown: &[(u32, &str, &str, &str)] = &[(5, ITEM, "", "Unknown")];
    for (knob, word, said, fresh, after_compliant) in [
        ("unknown_counts_as", "error", unknown, ("Error", vec![DRIVES]), ("Compliant", vec![])),
        ("unknown_counts_as", "unknown", unknown, ("Unknown", vec![]), ("Unknown", vec![])),
        (
            "unknown_counts_as",
            "noncompliant",
            unknown,
            ("Noncompliant", vec![DRIVES]),
            ("Noncompliant", vec![DRIVES]),
        ),
        ("partial_status", "not_reported", &[], ("Noncompliant", vec![SYNC]), ("Noncompliant", vec![SYNC])),
        ("partial_status", "error", &[], ("Error", vec![DRIVES]), ("Compliant", vec![])),
        ("partial_status", "ignored", &[], ("Compliant", vec![]), ("Compliant", vec![])),
    ] {
        for (before, (state, titles)) in [(None, fresh), (Some("Compliant"), after_compliant)] {
            let mut harness = Harness::with(knobs(json!({ knob: word })));
            let id = harness.enrolled();
            if let Some(before) = before {
                says(&mut harness, &id, before);
                harness.now += 2_000;
            }
            harness.send(&status(&id, said));
            harness.now += 2_000;
            let found = seen(&mut harness, &id);
            assert_eq!(
                (found.0.as_str(), found.1),
                (state, titles.iter().map(|it| (*it).to_owned()).collect()),
                "{word} {before:?}"
            );
        }
    }
}

#[test]
fn check_compliance_evaluates_the_last_status_at_once() {
    let check = |id: &str| {
        let mut call: Call = device(id);
        call.method = Method::POST;
        call.with_target("')?", "')/CheckCompliance?")
    };
    let mut harness = Harness::with(knobs(json!({ "verdict_delay_ms": 20 * 60_000 })));
    let id = harness.enrolled();
    // Nothing to evaluate yet.
    assert_eq!(harness.send(&check(&id)).status, 204);
    assert_eq!(seen(&mut harness, &id).3, "awaited");
    says(&mut harness, &id, "Compliant");
    assert_eq!(seen(&mut harness, &id).3, "awaited");
    let reply = harness.send(&check(&id));
    assert_eq!((reply.status, reply.text.as_str(), reply.entry.rule), (204, "", None));
    assert!(harness.changes.iter().map(|it| it.compliant).eq([true]));
    let evaluated = ("Compliant".to_owned(), vec![], NEVER.to_owned(), "evaluated".to_owned(), true);
    assert_eq!(seen(&mut harness, &id), evaluated);
    // The next status is waited for again.
    says(&mut harness, &id, "NonCompliant");
    assert_eq!(seen(&mut harness, &id).3, "awaited");
    assert_eq!(harness.send(&check(UNKNOWN)).status, 404);
}

#[test]
fn last_contact_is_that_of_the_last_request_that_was_taken() {
    let mut harness = Harness::with(encryption());
    let id = harness.enrolled();
    let contact = |harness: &mut Harness| harness.send(&device(&id)).body["LastContact"].clone();
    harness.now += 60_000;
    assert_eq!(contact(&mut harness), "2026-11-22T10:00:00Z");
    says(&mut harness, &id, "Compliant");
    assert_eq!(contact(&mut harness), "2026-11-22T10:01:00Z");
    harness.now += 60_000;
    let mut refused = status(&id, &[]);
    refused.body["PolicyStatuses"] = json!("none");
    assert_eq!(harness.send(&refused).status, 400);
    assert_eq!(contact(&mut harness), "2026-11-22T10:01:00Z");
    for call in [details(&id), policies(&id)] {
        harness.now += 60_000;
        harness.send(&call);
    }
    assert_eq!(contact(&mut harness), "2026-11-22T10:04:00Z");
}

#[test]
fn the_list_of_policies_can_run_empty() {
    let mut harness = Harness::with(knobs(json!({ "policies_empty_after": 2 })));
    let id = harness.enrolled();
    let count = |harness: &mut Harness, id: &str| {
        let reply = harness.send(&policies(id));
        reply.body["policies"].as_array().unwrap().len()
    };
    assert_eq!([(); 4].map(|()| count(&mut harness, &id)), [1, 1, 0, 0]);
    // The service still wants an answer to them.
    harness.send(&status(&id, &[]));
    harness.now += 2_000;
    assert_eq!(seen(&mut harness, &id).1, [SYNC]);
    // It is counted for each device.
    let mut other = enroll();
    other.claim("deviceid", crate::harness::OTHER_DEVICE);
    let other = harness.send(&other).body["deviceId"].as_str().unwrap().to_owned();
    let mut call = policies(&other);
    call.claim("deviceid", crate::harness::OTHER_DEVICE);
    assert_eq!(harness.send(&call).body["policies"].as_array().unwrap().len(), 1);
}

#[test]
fn a_verdict_under_other_knobs_is_another_one_at_once() {
    let mut harness = Harness::with(knobs(json!({})));
    let id = harness.enrolled();
    says(&mut harness, &id, "NonCompliant");
    harness.now += 2_000;
    assert!(!seen(&mut harness, &id).4);
    harness.intune.set_knobs(serde_json::from_value(knobs(json!({ "grace_until": GRACE }))).unwrap());
    assert!(seen(&mut harness, &id).4);
    harness.intune.set_knobs(serde_json::from_value(encryption()).unwrap());
    assert!(!seen(&mut harness, &id).4);
}
