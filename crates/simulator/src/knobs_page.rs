//! The tables of docs/simulator.md are what the knobs say of themselves.

use crate::knobs::Spelled;
use serde_json::Value;
use tenant::Knobs;
use tenant_intune::IntuneKnobs;

#[test]
fn the_simulator_page_names_every_knob_with_its_default() {
    let of_tenant = serde_json::to_value(Knobs::default()).unwrap();
    let of_intune = serde_json::to_value(IntuneKnobs::default()).unwrap();
    let of_wire = serde_json::to_value(Spelled::default()).unwrap();
    for (part, source, name, defaults) in [
        ("knobs", include_str!("../../tenant/src/knobs.rs"), "pub struct Knobs {", of_tenant),
        ("intune knobs", include_str!("../../tenant-intune/src/knobs.rs"), "struct IntuneKnobs {", of_intune),
        ("wire knobs", include_str!("knobs.rs"), "struct Spelled {", of_wire),
    ] {
        let rows = rows(source, name, &defaults);
        assert_eq!(rows.len(), 1 + defaults.as_object().unwrap().len(), "{part}");
        manual::check_table("simulator.md", part, &rows).unwrap();
    }
}

/// A row for each field of a struct: its name, its default, and what its documentation says.
fn rows(source: &str, name: &str, defaults: &Value) -> Vec<Vec<String>> {
    let (_, body) = source.split_once(name).unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let mut rows = vec![["Knob", "Default", "What it does"].map(str::to_owned).to_vec()];
    let mut text: Vec<&str> = Vec::new();
    for line in body.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            text.extend(Some(words.trim()).filter(|words| !words.is_empty()));
        } else if let Some((field, _)) = line.trim_start_matches("pub ").split_once(": ") {
            rows.push(vec![format!("`{field}`"), format!("`{}`", defaults[field]), text.join(" ")]);
            text.clear();
        }
    }
    rows
}
