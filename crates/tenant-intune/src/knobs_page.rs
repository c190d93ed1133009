//! The table of docs/simulator.md is what the knobs say of themselves.

use crate::records::knobs::IntuneKnobs;

#[test]
fn the_simulator_page_names_every_knob_with_its_default() {
    let defaults = serde_json::to_value(IntuneKnobs::default()).unwrap();
    manual::check_fields("intune knobs", include_str!("records/knobs.rs"), "struct IntuneKnobs {", &defaults)
        .unwrap();
}
