//! Programs of others that checks and packages need, built once into a directory of ours.

use crate::run::{cargo, find, run, target};
use std::path::PathBuf;

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
    let program = built(name);
    if !program.exists() {
        println!("{name}: building version {version}, once");
        let to = target().join("tools");
        let mut install =
            cargo(&["install", "--quiet", "--locked", "--debug", "--version", version, name, "--root"]);
        run(install.arg(&to).env("CARGO_TARGET_DIR", to.join("build")))?;
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
