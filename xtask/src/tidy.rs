//! The layers, sizes, manners, purity, re-exports, circles and citations of the workspace.

mod circles;
mod citations;
mod doors;
mod layers;
mod manners;
mod pure;
mod reexports;

use crate::run::{cargo, root};
use serde_json::Value;

/// Checks everything and names every fault.
pub(crate) fn run() -> Result<(), String> {
    let mut metadata = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    let output = metadata.output().map_err(|error| format!("cargo metadata: {error}"))?;
    let metadata: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))?;
    let mut faults = layers::check(&metadata);
    faults.extend(layers::unused(&metadata));
    faults.extend(manners::check(&root()));
    faults.extend(doors::check(&root()));
    faults.extend(pure::check(&root()));
    faults.extend(reexports::check(&root()));
    faults.extend(circles::check(&root()));
    faults.extend(citations::check(&root()));
    if faults.is_empty() {
        println!("tidy: everything is in its room");
        return Ok(());
    }
    Err(format!("{} faults\n  {}", faults.len(), faults.join("\n  ")))
}
