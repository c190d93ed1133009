//! docs/states.md, drawn by walking the machine.

use crate::run::root;
use lifecycle::explore::{Arrow, arrows};
use std::collections::BTreeMap;
use std::fs;

/// Writes the page, or with `check` fails when it is not what the machine says.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let path = root().join("docs/states.md");
    let page = page(&arrows());
    if !check {
        return fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()));
    }
    match fs::read_to_string(&path) {
        Ok(found) if found == page => Ok(()),
        _ => Err("docs/states.md is not what the machine says: run cargo xtask states".to_owned()),
    }
}

fn page(arrows: &[Arrow]) -> String {
    let mut joined = BTreeMap::<(&str, &str), Vec<&str>>::new();
    for arrow in arrows {
        joined.entry((arrow.from, arrow.to)).or_default().push(arrow.event);
    }
    let mut text = String::from(
        "# The states of one tenant's device identity\n\n\
         This page is made by `cargo xtask states`, which walks the machine from `booting` with one sample of every event.\n\
         A state that an event does not leave has no arrow for it.\n\n\
         ```mermaid\nstateDiagram-v2\n    [*] --> booting\n",
    );
    for (from, to) in joined.keys() {
        text.push_str(&format!("    {from} --> {to}\n"));
    }
    text.push_str("```\n\n| From | Event | To |\n|---|---|---|\n");
    for ((from, to), events) in &joined {
        text.push_str(&format!("| {from} | {} | {to} |\n", events.join("; ")));
    }
    text
}
