//! docs/states.md, drawn by walking the machines.

use crate::run::root;
use states::{Chart, charts};
use std::collections::BTreeMap;
use std::fs;

/// Writes the page, or with `check` fails when it is not what the machines say.
pub(crate) fn run(check: bool) -> Result<(), String> {
    let path = root().join("docs/states.md");
    let page = page(&charts());
    if !check {
        return fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()));
    }
    match fs::read_to_string(&path) {
        Ok(found) if found == page => Ok(()),
        _ => Err("docs/states.md is not what the machines say: run cargo xtask states".to_owned()),
    }
}

fn page(charts: &[Chart]) -> String {
    let head = "# The states of the machines\n\n\
                This page is made by `cargo xtask states`, which walks each machine from its first state with one \
                sample of every event.\n\
                A state that an event does not leave has no arrow for it.\n";
    charts.iter().fold(head.to_owned(), |page, chart| page + &section(chart))
}

fn section(chart: &Chart) -> String {
    let mut joined = BTreeMap::<(&str, &str), Vec<&str>>::new();
    for arrow in &chart.arrows {
        joined.entry((arrow.from, arrow.to)).or_default().push(arrow.event);
    }
    let Chart { title, begins, .. } = chart;
    let mut text = format!("\n## {title}\n\n```mermaid\nstateDiagram-v2\n    [*] --> {begins}\n");
    for (from, to) in joined.keys() {
        text.push_str(&format!("    {from} --> {to}\n"));
    }
    text.push_str("```\n\n| From | Event | To |\n|---|---|---|\n");
    for ((from, to), events) in &joined {
        text.push_str(&format!("| {from} | {} | {to} |\n", events.join("; ")));
    }
    text
}
