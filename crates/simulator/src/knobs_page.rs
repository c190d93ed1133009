//! The table of docs/simulator.md is what the knobs say of themselves.

use serde_json::json;
use tenant_model::reading::{read, words};

use crate::faults::{Action, Fault};
use crate::knobs::Spelled;

#[test]
fn the_simulator_page_names_every_knob_with_its_default() {
    let defaults = serde_json::to_value(Spelled::default()).unwrap();
    manual::check_fields("wire knobs", include_str!("knobs.rs"), "struct Spelled {", &defaults).unwrap();
}

#[test]
fn the_simulator_page_explains_every_fault_with_its_parameters() {
    let source = include_str!("faults.rs");
    let variants = manual::documented(source, "enum Action {");
    let kinds = words::<Action>();
    assert_eq!(variants.len(), kinds.len());
    let mut rows = vec![["Action", "Parameters", "What happens"].map(str::to_owned).to_vec()];
    for ((variant, text), kind) in variants.iter().zip(kinds) {
        // Those that must be there are found out by leaving them out.
        let mut spelled = json!({ "request": "*", "action": { "kind": kind } });
        let mut needed = Vec::new();
        while let Err(wrong) = read::<Fault>(&spelled) {
            let said = wrong.to_string();
            let name = said
                .strip_prefix("`action.")
                .and_then(|it| it.strip_suffix("` is missing"))
                .unwrap()
                .to_owned();
            spelled["action"][&name] = if name == "location" { json!("x") } else { json!(200) };
            needed.push(name);
        }
        let whole = json!(read::<Fault>(&spelled).unwrap())["action"].clone();
        let fields = manual::documented(source, &format!("    {variant} {{"));
        let told = |(name, text): &(String, String)| match needed.contains(name) {
            true => format!("`{name}` (needed): {text}"),
            false => format!("`{name}` (`{}`): {text}", whole[name]),
        };
        let told: Vec<String> = fields.iter().map(told).collect();
        assert_eq!(fields.len() + 1, whole.as_object().unwrap().len(), "{kind}");
        rows.push(vec![format!("`{kind}`"), told.join(" "), text.clone()]);
    }
    manual::check_table("simulator.md", "faults", &rows).unwrap();
}
