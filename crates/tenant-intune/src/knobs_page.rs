//! The table of docs/simulator.md is what the knobs say of themselves.

use crate::records::knobs::{
    Casing, Chance, DeviceQuery, GraceState, IntuneKnobs, MdmCasing, PROVIDERS, PartialStatus, PendingState,
    SecondUser, UnknownCountsAs, Verify,
};
use crate::records::policy::{Policy, Setting};
use crate::routes::REQUESTS;
use tenant_model::reading::{members, words};

#[test]
fn the_simulator_page_names_every_knob_with_its_default() {
    let defaults = serde_json::to_value(IntuneKnobs::default()).unwrap();
    manual::check_fields("intune knobs", include_str!("records/knobs.rs"), "struct IntuneKnobs {", &defaults)
        .unwrap();
}

/// A knob, and the enumeration of its words.
type Words = (&'static str, &'static str, Vec<&'static str>);

#[test]
fn the_simulator_page_explains_every_word_of_an_enumeration() {
    let source = include_str!("records/knobs.rs");
    let all: [Words; 9] = [
        ("mdm_casing", "enum MdmCasing {", words::<MdmCasing>()),
        ("casing", "enum Casing {", words::<Casing>()),
        ("pending_state", "enum PendingState {", words::<PendingState>()),
        ("grace_state", "enum GraceState {", words::<GraceState>()),
        ("unknown_counts_as", "enum UnknownCountsAs {", words::<UnknownCountsAs>()),
        ("partial_status", "enum PartialStatus {", words::<PartialStatus>()),
        ("verify", "enum Verify {", words::<Verify>()),
        ("second_user", "enum SecondUser {", words::<SecondUser>()),
        ("device_query", "enum DeviceQuery {", words::<DeviceQuery>()),
    ];
    let mut rows = vec![["Knob", "Word", "What it means"].map(str::to_owned).to_vec()];
    for (knob, head, words) in all {
        let variants = manual::documented(source, head);
        assert_eq!(variants.len(), words.len(), "{head}");
        let row = |((_, text), word): (&(String, String), &&str)| {
            vec![format!("`{knob}`"), format!("`{word}`"), text.clone()]
        };
        rows.extend(variants.iter().zip(&words).map(row));
    }
    let names: Vec<String> = PROVIDERS.iter().map(|word| format!("`{word}`")).collect();
    rows.push(vec!["`endpoints_missing`".to_owned(), names.join(", "), "any of these".to_owned()]);
    manual::check_table("simulator.md", "words of intune knobs", &rows).unwrap();
}

#[test]
fn the_simulator_page_explains_every_member_of_a_knob_that_is_an_object() {
    let mut rows = vec![["Knob", "Member", "What it is"].map(str::to_owned).to_vec()];
    let policy = include_str!("records/policy.rs");
    let structs = [
        ("faults", include_str!("records/knobs.rs"), "struct Chance {", members::<Chance>()),
        ("policies", policy, "struct Policy {", members::<Policy>()),
        ("policies, policySettings", policy, "struct Setting {", members::<Setting>()),
    ];
    for (knob, source, head, names) in structs {
        let fields = manual::documented(source, head);
        assert_eq!(fields.len(), names.len(), "{head}");
        let row = |((_, text), name): (&(String, String), &&str)| {
            vec![format!("`{knob}`"), format!("`{name}`"), text.clone()]
        };
        rows.extend(fields.iter().zip(&names).map(row));
    }
    manual::check_table("simulator.md", "members of intune knobs", &rows).unwrap();
}

#[test]
fn the_simulator_page_names_every_request() {
    let row = |(name, what): &(&str, &str)| vec![format!("`{name}`"), (*what).to_owned()];
    let head = ["Request", "What it is"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(REQUESTS.iter().map(row)).collect();
    manual::check_table("simulator.md", "intune requests", &rows).unwrap();
}
