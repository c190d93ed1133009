//! Sizes, first lines, words that finished work does not have, and rules written twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const TOP: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "crates",
    "xtask",
    "tests",
    "docs",
    "deny.toml",
    "README.md",
    "LICENSE",
    "target",
];
const LONGEST_FILE: usize = 500;
const LARGEST_CRATE: usize = 1_500;
const LARGEST_STAND_IN: usize = 3_000;
const STAND_INS: [&str; 6] =
    ["tenant-wire", "tenant-model", "tenant-graph", "tenant", "tenant-intune", "simulator"];
const DIALECTS: [&str; 6] = ["discovery", "oauth", "prt", "drs", "intune", "x509"];
/// Lines in a row that the stand-in and a dialect may not share.
const WINDOW: usize = 8;
/// The crates whose C functions another program calls.
const SPEAK_C: [&str; 2] = ["nss", "pam"];

/// Every fault of manners below the top of the workspace.
pub(super) fn check(root: &Path) -> Vec<String> {
    let mut faults = top_level(root);
    for folder in folders(&root.join("crates")).into_iter().chain([root.join("xtask")]) {
        faults.extend(crate_faults(&folder));
    }
    faults.extend(shared_windows(root));
    faults
}

fn top_level(root: &Path) -> Vec<String> {
    let strange = |name: &String| !name.starts_with('.') && !TOP.contains(&name.as_str());
    names(root)
        .into_iter()
        .filter(strange)
        .map(|name| format!("{name} does not belong at the top level"))
        .collect()
}

fn crate_faults(folder: &Path) -> Vec<String> {
    let name = file_name(folder);
    let mut faults = Vec::new();
    let manifest = read(&folder.join("Cargo.toml"));
    // Nothing is weaker than `forbid`, so that a crate that speaks C lists its lints itself.
    let own = ["unsafe_code = \"deny\"", "undocumented_unsafe_blocks = \"deny\""];
    let speaks_c = SPEAK_C.contains(&name.as_str()) && own.iter().all(|lint| manifest.contains(lint));
    if !manifest.contains("[lints]\nworkspace = true") && !speaks_c {
        faults.push(format!("{name}: Cargo.toml does not take the workspace's lints"));
    }
    if manifest.lines().any(|line| line.contains("version = \"")) {
        faults.push(format!("{name}: a version stands outside the workspace manifest"));
    }
    let mut total = 0;
    for file in files(&folder.join("src"), ".rs") {
        let text = read(&file);
        faults.extend(file_faults(&file, &text));
        if !file.components().any(|part| part.as_os_str() == "tests") {
            total += code_lines(text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default());
        }
    }
    let largest = if STAND_INS.contains(&name.as_str()) { LARGEST_STAND_IN } else { LARGEST_CRATE };
    if total > largest {
        faults.push(format!("{name} has {total} lines, more than {largest}"));
    }
    faults
}

/// Lines that are neither blank nor a comment.
fn code_lines(text: &str) -> usize {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn file_faults(file: &Path, text: &str) -> Vec<String> {
    let place = file.display();
    let mut faults = Vec::new();
    let lines = text.lines().count();
    if lines > LONGEST_FILE {
        faults.push(format!("{place} has {lines} lines, more than {LONGEST_FILE}"));
    }
    let is_first = file.ends_with("src/lib.rs") || file.ends_with("src/main.rs");
    if is_first && !text.starts_with("//! ") {
        faults.push(format!("{place} does not begin with the crate's promise"));
    }
    let unfinished = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("#[", "ignore"),
    ];
    let words = unfinished.iter().chain([&concat!("#![", "allow")]);
    faults.extend(words.filter(|word| text.contains(**word)).map(|word| format!("{place} contains {word}")));
    faults
}

/// Lines in a row that stand both in the stand-in and in a dialect: a shared mistake would hide itself.
fn shared_windows(root: &Path) -> Vec<String> {
    let windows_of = |name: &&str| windows(&root.join("crates").join(name).join("src"));
    let theirs: BTreeMap<String, String> = STAND_INS.iter().flat_map(windows_of).collect();
    let ours = DIALECTS.iter().flat_map(windows_of);
    let shared: BTreeSet<String> = ours
        .filter_map(|(window, place)| {
            Some(format!("{place} shares {WINDOW} lines with {}", theirs.get(&window)?))
        })
        .collect();
    shared.into_iter().collect()
}

fn windows(folder: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for file in files(folder, ".rs") {
        let text = read(&file);
        let meaningful = |line: &&str| line.len() > 3 && !line.starts_with("//") && !line.starts_with("use ");
        let lines: Vec<&str> = text.lines().map(str::trim).filter(meaningful).collect();
        all.extend(lines.windows(WINDOW).map(|window| (window.join("\n"), file.display().to_string())));
    }
    all
}

/// The files below a folder whose names end so.
pub(super) fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let below = names(folder).into_iter().flat_map(|name| match folder.join(&name) {
        path if path.is_dir() => files(&path, ending),
        path => Vec::from_iter(name.ends_with(ending).then_some(path)),
    });
    below.collect()
}

/// The text of a file; nothing where there is none.
pub(super) fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn folders(path: &Path) -> Vec<PathBuf> {
    names(path).into_iter().map(|name| path.join(name)).filter(|path| path.is_dir()).collect()
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_or_unfinished_file_is_found() {
        let long = "//! x\n".repeat(LONGEST_FILE + 1);
        assert_eq!(file_faults(Path::new("a.rs"), &long).len(), 1);
        assert_eq!(file_faults(Path::new("src/lib.rs"), "mod a;").len(), 1);
        let unfinished = concat!("fn f() { to", "do!() }");
        assert_eq!(file_faults(Path::new("a.rs"), unfinished).len(), 1);
        assert!(file_faults(Path::new("src/lib.rs"), "//! Does it.\n").is_empty());
    }
}
