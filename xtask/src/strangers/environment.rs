//! The private virtual environment of the clients: pinned, with the hash of every package.

use crate::run::{root, run, target};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where the clients and what they leave behind are kept.
pub(super) fn folder() -> PathBuf {
    target().join("clients")
}

/// The interpreter that sees the clients.
pub(super) fn python() -> PathBuf {
    folder().join("venv/bin/python")
}

/// Installs the clients unless they are there as they are pinned.
pub(crate) fn provide() -> Result<(), String> {
    let pinned = root().join("tests/clients/requirements.txt");
    let wanted = fs::read_to_string(&pinned).map_err(|error| format!("{}: {error}", pinned.display()))?;
    // The stamp is the list itself, written last: what it stands beside is complete.
    let stamp = folder().join("venv/installed.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) && works() {
        return Ok(());
    }
    println!("setup: installing the clients that judge the simulator");
    let venv = folder().join("venv");
    let failed = |error: std::io::Error| format!("{}: {error}", venv.display());
    if venv.exists() {
        fs::remove_dir_all(&venv).map_err(failed)?;
    }
    let maker = INTERPRETERS.iter().find(|it| has_module(it, "ensurepip"));
    let maker = maker.ok_or("no Python can make a virtual environment; install python3-venv")?;
    run(Command::new(maker).args(["-m", "venv"]).arg(&venv))?;
    let mut pip = Command::new(python());
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // Nothing that is not in the list is fetched, and nothing is built.
    pip.args(["--require-hashes", "--no-deps", "--only-binary=:all:", "-r"]).arg(&pinned);
    run(&mut pip)?;
    if !works() {
        return Err(format!("{} misses something that the clients import", pinned.display()));
    }
    fs::write(&stamp, wanted).map_err(failed)
}

/// Installs the clients on Node unless they are there as their lock file has them; where they are.
pub(super) fn provide_node() -> Result<PathBuf, String> {
    let (source, place) = (root().join("tests/clients/node"), folder().join("node"));
    let wanted = fs::read_to_string(source.join("package-lock.json"));
    let wanted = wanted.map_err(|error| format!("{}: {error}", source.display()))?;
    let stamp = place.join("installed.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(place);
    }
    let version = Command::new("node").arg("--version").output().map(|it| it.stdout).unwrap_or_default();
    if major(&String::from_utf8_lossy(&version)).is_none_or(|major| major < OLDEST_NODE) {
        return Err(format!("the clients on Node need Node {OLDEST_NODE} or newer, with npm"));
    }
    println!("setup: installing the clients on Node that judge the simulator");
    let failed = |error: std::io::Error| format!("{}: {error}", place.display());
    fs::create_dir_all(&place).map_err(failed)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), place.join(file)).map_err(failed)?;
    }
    // Only what the lock file has, each with its hash, and nothing of it runs now.
    let mut npm = Command::new("npm");
    run(npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&place))?;
    fs::write(&stamp, wanted).map_err(failed)?;
    Ok(place)
}

/// The first number of `v20.1.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Whether every client can be loaded.
fn works() -> bool {
    MODULES.iter().all(|module| has_module(&python().to_string_lossy(), module))
}

/// Whether this Python can import a module.
pub(crate) fn has_module(python: &str, module: &str) -> bool {
    let mut probe = Command::new(python);
    probe.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}

/// The one of the user first; the packages of the distribution serve the other.
pub(crate) const INTERPRETERS: [&str; 2] = ["python3", "/usr/bin/python3"];
const MODULES: [&str; 3] = ["authlib", "msal", "roadtools.roadtx.main"];
const OLDEST_NODE: u32 = 18;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read() {
        for (text, wanted) in [("v18.0.0\n", Some(18)), ("v9.1.2", Some(9)), ("", None), ("18", None)] {
            assert_eq!(major(text), wanted, "{text:?}");
        }
    }
}
