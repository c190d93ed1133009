//! The codes of failures that are made on this machine, found in the text of the crates.

use crate::{check_words, words};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn codes_of_failures_are_frozen() {
    let mut codes = BTreeSet::new();
    for file in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates")) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        if code.contains("Failure") {
            codes.extend(literals(code).filter(|word| is_code(word)).map(str::to_owned));
        }
    }
    assert!(codes.len() > 60, "{codes:?}");
    check_words("codes of failures made here", &words("code", codes.iter().map(String::as_str))).unwrap();
}

/// The sources of the product that are neither tests nor samples for them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let skipped = NOT_OURS.iter().any(|start| name.starts_with(start));
        match path.is_dir() {
            true if !skipped => found.extend(files(&path)),
            false if !skipped && name.ends_with(".rs") => found.push(path),
            _ => {}
        }
    }
    found
}

fn literals(code: &str) -> impl Iterator<Item = &str> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.split('"').skip(1).step_by(2))
}

/// A word in camel case, as all codes of ours are; those of the service have numbers or underscores.
fn is_code(word: &str) -> bool {
    let of_letters = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    let camel =
        word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains(|c: char| c.is_lowercase());
    of_letters && camel && !NO_CODES.contains(&word)
}

/// The stand-in, tests, what walks the machine with failures of its own, and what lays a page out.
const NOT_OURS: [&str; 9] =
    ["tenant", "simulator", "tests", "samples", "explore", "examples", "build", "show", "display"];
/// Words in files of failures that are none: members of the service's replies, and what `Debug` says.
const NO_CODES: [&str; 9] = [
    "AuthorizationError",
    "Bearer",
    "DeviceNotFound",
    "ErrorCode",
    "ErrorSubCode",
    "ErrorType",
    "RecoveryCode",
    "Request",
    "TraceId",
];
