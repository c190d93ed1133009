//! The table of docs/simulator.md is what the knobs say of themselves.

use crate::knobs::Spelled;

#[test]
fn the_simulator_page_names_every_knob_with_its_default() {
    let defaults = serde_json::to_value(Spelled::default()).unwrap();
    manual::check_fields("wire knobs", include_str!("knobs.rs"), "struct Spelled {", &defaults).unwrap();
}
