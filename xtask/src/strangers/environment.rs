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
const MODULES: [&str; 2] = ["msal", "roadtools.roadtx.main"];
