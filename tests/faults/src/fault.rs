//! The faults, as data: what is wrong, where, the lines that are replaced, and the test that catches it.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A fault in one place, and the test that catches it.
#[derive(Debug)]
pub struct Fault {
    /// The crate and its number there: `executor/7`.
    pub name: String,
    /// What is wrong then, in words.
    pub what: String,
    /// Below the workspace.
    pub file: PathBuf,
    /// The sound lines, which stand there exactly once.
    pub find: String,
    /// The faulty lines.
    pub replace: String,
    /// The test as the list names it: `package::path::of::the_test`, or a test of the crate itself.
    pub caught_by: String,
    /// The package of the test: the first part of `caught_by`, else the crate itself.
    pub package: String,
    /// The test's name without its package.
    pub test: String,
}

impl Fault {
    /// The crate that it is in.
    pub fn of(&self) -> String {
        self.name.split('/').next().unwrap_or_default().to_owned()
    }
}

/// Every fault, crate by crate, of the files `faults/CRATE.json`.
pub fn all(root: &Path) -> Result<Vec<Fault>, String> {
    let folder = root.join("xtask/src/mutate/faults");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    let mut faults = Vec::new();
    for file in files {
        let failed = |why: String| format!("{}: {why}", file.display());
        let of = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).map_err(|error| failed(error.to_string()))?;
        let list: Vec<Value> = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
        for (number, entry) in (1..).zip(&list) {
            let fault = fault(root, &of, number, entry);
            faults.push(fault.ok_or_else(|| failed(format!("number {number} is no fault: {entry}")))?);
        }
    }
    Ok(faults)
}

fn fault(root: &Path, of: &str, number: usize, entry: &Value) -> Option<Fault> {
    let text = |name: &str| Some(entry[name].as_str()?.to_owned());
    let lines = |name: &str| {
        let lines: Option<Vec<&str>> = entry[name].as_array()?.iter().map(Value::as_str).collect();
        Some(lines?.join("\n"))
    };
    let caught_by = text("caught_by")?;
    let is_package =
        |name: &str| ["crates", "tests"].iter().any(|folder| root.join(folder).join(name).is_dir());
    let (package, test) = match caught_by.split_once("::") {
        Some((package, test)) if is_package(package) => (package.to_owned(), test.to_owned()),
        _ => (of.to_owned(), caught_by.clone()),
    };
    Some(Fault {
        name: format!("{of}/{number}"),
        what: text("what")?,
        file: Path::new("crates").join(of).join("src").join(text("file")?),
        find: lines("find")?,
        replace: lines("replace")?,
        caught_by,
        package,
        test,
    })
}

/// Whether each fault has exactly one place; names all that do not.
pub fn apply(root: &Path, faults: &[&Fault]) -> Result<(), String> {
    let applies = |fault: &Fault| {
        let text = fs::read_to_string(root.join(&fault.file)).unwrap_or_default();
        text.matches(&fault.find).count() == 1 && fault.find != fault.replace
    };
    let wrong = faults.iter().filter(|fault| !applies(fault));
    let wrong: Vec<String> = wrong.map(|fault| format!("{} ({})", fault.what, fault.name)).collect();
    if wrong.is_empty() { Ok(()) } else { Err(format!("not exactly one place for: {}", wrong.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn every_fault_has_its_place_once() {
        let faults = all(&root()).unwrap();
        assert!(faults.len() >= 100);
        apply(&root(), &faults.iter().collect::<Vec<_>>()).unwrap();
    }

    /// Every line of Rust below a folder.
    fn sources(folder: &Path, into: &mut String) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, into);
            } else if path.extension().is_some_and(|it| it == "rs") {
                into.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn every_fault_names_a_test_that_there_is() {
        for fault in all(&root()).unwrap() {
            let mut text = String::new();
            for folder in ["crates", "tests"] {
                sources(&root().join(folder).join(&fault.package), &mut text);
            }
            let test = fault.test.rsplit("::").next().unwrap();
            assert!(text.contains(test), "{}: no test is named {test}", fault.name);
        }
    }

    #[test]
    fn a_test_is_of_the_package_that_it_names_else_of_the_crate() {
        for (caught_by, package, test) in [
            ("world::tests::a_leave", "world", "tests::a_leave"),
            ("executor::tests::leave::x", "executor", "tests::leave::x"),
            ("tests::leave::x", "snapshot", "tests::leave::x"),
            ("x", "snapshot", "x"),
        ] {
            let entry = serde_json::json!({ "what": "", "file": "", "find": [], "replace": [], "caught_by": caught_by });
            let fault = fault(&root(), "snapshot", 1, &entry).unwrap();
            assert_eq!((fault.package.as_str(), fault.test.as_str()), (package, test));
        }
    }
}
