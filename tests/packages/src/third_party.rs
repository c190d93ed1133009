//! The names, licences and notices of what others wrote and our programs contain.

use crate::{Workshop, at, said_by};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// One text: a line for each library, then each notice once, below the names of those that have it.
pub(crate) fn notices(shop: &Workshop) -> Result<String, String> {
    let used = used(shop)?;
    let mut metadata = Command::new(&shop.cargo);
    let said = said_by(metadata.args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: Value = serde_json::from_str(&said).map_err(|error| format!("cargo metadata: {error}"))?;
    let (mut list, mut texts) = (String::from(HEAD), BTreeMap::<String, Vec<String>>::new());
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let text = |member: &str| package[member].as_str().unwrap_or_default();
        let name = format!("{} {}", text("name"), text("version"));
        if package["source"].is_null() || !used.contains(&name) {
            continue;
        }
        list.push_str(&format!("{name}: {} {}\n", text("license"), text("repository")));
        for notice in of(Path::new(text("manifest_path")))? {
            texts.entry(notice).or_default().push(name.clone());
        }
    }
    let mut texts: Vec<_> = texts.into_iter().collect();
    texts.sort_by(|one, other| one.1.cmp(&other.1).then_with(|| one.0.cmp(&other.0)));
    let texts =
        texts.into_iter().map(|(text, of)| format!("\n== {}\n\n{}\n", of.join(", "), text.trim_end()));
    Ok(list + &texts.collect::<String>())
}

/// Name and version of what is in the programs.
fn used(shop: &Workshop) -> Result<BTreeSet<String>, String> {
    let mut tree = Command::new(&shop.cargo);
    tree.args(["tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]);
    tree.args(["--features", "firmament-keys/tpm"]);
    tree.args(crate::build::CRATES.iter().flat_map(|name| ["-p", name]));
    let said = said_by(&mut tree)?;
    let name = |line: &str| {
        let (name, rest) = line.split_once(" v")?;
        Some(format!("{name} {}", rest.split(' ').next()?))
    };
    Ok(said.lines().filter_map(name).collect())
}

/// The licences and notices beside a manifest.
fn of(manifest: &Path) -> Result<Vec<String>, String> {
    let Some(folder) = manifest.parent() else { return Ok(Vec::new()) };
    let failed = |error: std::io::Error| at(folder, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        if path.is_file() && KINDS.iter().any(|kind| name.starts_with(kind)) {
            paths.push(path);
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read(path).map(|text| String::from_utf8_lossy(&text).into_owned()).map_err(failed))
        .collect()
}

const KINDS: [&str; 4] = ["LICENSE", "LICENCE", "COPYING", "NOTICE"];
const HEAD: &str = "Firmament's programs contain these libraries; their licences and notices follow.\n\n";
