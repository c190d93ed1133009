//! Programs of others that checks and packages need, built once into a directory of ours.

use crate::run::{cargo, find, run, target};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// Whoever builds one; whoever needs it meanwhile waits.
static BUILDING: Mutex<()> = Mutex::new(());

/// Builds all of them in what time others leave; one that cannot be built is tried again where it is needed.
pub(crate) fn build_behind() {
    std::thread::spawn(|| {
        for (name, version) in [("cargo-deb", DEB), ("cargo-deny", DENY)] {
            if let Err(why) = build(name, version, &["nice", "-n", "19"]) {
                eprintln!("{name}: {why}");
            }
        }
    });
}

/// cargo-deny of this machine, else one of ours.
pub(crate) fn cargo_deny() -> Result<PathBuf, String> {
    match find("cargo-deny") {
        Some(found) if !built("cargo-deny").exists() => Ok(found),
        _ => own("cargo-deny", DENY),
    }
}

/// cargo-deb, always ours: packages are to be the same wherever they are made.
pub(crate) fn cargo_deb() -> Result<PathBuf, String> {
    own("cargo-deb", DEB)
}

fn own(name: &str, version: &str) -> Result<PathBuf, String> {
    build(name, version, &["env"])
}

/// Builds a program unless it is there, by a command that runs another one.
fn build(name: &str, version: &str, by: &[&str]) -> Result<PathBuf, String> {
    let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let program = built(name);
    if !program.exists() {
        println!("{name}: building version {version}, once");
        let to = target().join("tools");
        let install = cargo(&["install", "--quiet", "--locked", "--debug", "--version", version, name]);
        let mut command = Command::new(by.first().copied().unwrap_or("env"));
        command.args(by.iter().skip(1)).arg(install.get_program()).args(install.get_args());
        command.arg("--root").arg(&to).env("CARGO_TARGET_DIR", to.join("build"));
        // Nobody looks for a fault in it, and what a debugger needs takes a third of the time.
        run(command.env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
    }
    Ok(program)
}

fn built(name: &str) -> PathBuf {
    target().join("tools/bin").join(name)
}

/// The newest that the toolchains we support can build.
const DENY: &str = "0.18.9";
/// From 3.0 on packages of one commit are equal.
const DEB: &str = "3.8.0";
