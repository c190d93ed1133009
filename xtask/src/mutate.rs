//! One-line faults in `lifecycle`, each of which a named test has to catch.

mod faults;

use crate::run::{cargo, root, run as run_command, target};
use clap::Args;
use faults::Fault;
use std::fs;
use std::path::{Path, PathBuf};

/// Which faults.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One fault alone, by its number.
    #[arg(long, value_name = "N")]
    only: Option<usize>,
}

/// Applies every fault to a copy of the crate and runs the test that must fail.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let copy = target().join("mutants");
    prepare(&copy)?;
    let mut survivors = Vec::new();
    let wanted = |number: &usize| options.only.is_none_or(|only| only == *number);
    let faults = faults::all()?;
    for (number, fault) in (1..).zip(&faults).filter(|(number, _)| wanted(number)) {
        let caught = is_caught(&copy, fault)?;
        let verdict = if caught { "caught  " } else { "SURVIVED" };
        println!("{number:>3}  {verdict}  {} -> {}", fault.what, fault.caught_by);
        if !caught {
            survivors.push(fault.what.as_str());
        }
    }
    match survivors.as_slice() {
        [] => {
            println!("mutate: every fault was caught, of {} there are", faults.len());
            Ok(())
        }
        some => Err(format!("{} faults survived: {}", some.len(), some.join("; "))),
    }
}

/// A workspace of its own around a copy of the crate.
fn prepare(copy: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", copy.display());
    let manifest = fs::read_to_string(root().join("Cargo.toml")).map_err(failed)?;
    let members = manifest.lines().find(|line| line.starts_with("members = "));
    let members = members.ok_or("the workspace has no line of members")?;
    let quoted = COPIED.map(|path| format!("\"{path}\"")).join(", ");
    fs::create_dir_all(copy).map_err(failed)?;
    // What the default leaves out is not copied either.
    let own: String =
        manifest.split_inclusive('\n').filter(|line| !line.starts_with("default-members = ")).collect();
    fs::write(copy.join("Cargo.toml"), own.replace(members, &format!("members = [{quoted}]")))
        .map_err(failed)?;
    fs::copy(root().join("Cargo.lock"), copy.join("Cargo.lock")).map_err(failed)?;
    for path in COPIED {
        copy_tree(&root().join(path), &copy.join(path)).map_err(failed)?;
    }
    let mut sound = cargo(&["test", "--quiet", "--package", "lifecycle"]);
    run_command(
        sound.current_dir(copy).env("CARGO_TARGET_DIR", copy.join("target")).env("PROPTEST_CASES", CASES),
    )
}

/// Whether the named test fails with the fault in place; the file is put back in any case.
fn is_caught(copy: &Path, fault: &Fault) -> Result<bool, String> {
    let path = copy.join("crates/lifecycle/src").join(&fault.file);
    let sound = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if sound.matches(&fault.find).count() != 1 {
        return Err(format!("{}: '{}' does not stand in it exactly once", fault.file, fault.find));
    }
    let write = |text: &str| fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()));
    write(&sound.replace(&fault.find, &fault.replace))?;
    let result = test(copy, &fault.caught_by);
    write(&sound)?;
    result
}

fn test(copy: &Path, name: &str) -> Result<bool, String> {
    let mut command = cargo(&["test", "--quiet", "--package", "lifecycle", "--lib", "--", name]);
    command.current_dir(copy).env("CARGO_TARGET_DIR", copy.join("target")).env("PROPTEST_CASES", CASES);
    let output = command.env("RUST_BACKTRACE", "0").output().map_err(|error| error.to_string())?;
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    if text.contains("could not compile") {
        return Err(format!("a fault does not compile:\n{text}"));
    }
    match (text.contains("test result: FAILED"), text.contains("1 passed")) {
        (true, _) => Ok(true),
        (false, true) => Ok(false),
        (false, false) => Err(format!("'{name}' was not run:\n{text}")),
    }
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path: PathBuf = entry?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() { copy_tree(&path, &target)? } else { fs::copy(&path, &target).map(drop)? }
    }
    Ok(())
}

/// The machine, and what it and its words need.
const COPIED: [&str; 5] =
    ["crates/lifecycle", "crates/model", "crates/backoff", "crates/machine", "tests/manual"];
const CASES: &str = "300";
