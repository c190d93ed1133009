//! What build and tests need beyond Rust, installed or named.

use crate::run::{find, run};
use crate::strangers::{self, has_module};
use crate::tpm;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program, and the Debian package that has it.
type Needed = (&'static str, &'static str);

const SOFTHSM: Needed = ("softhsm2-util", "softhsm2");
const BY_TESTS: &[Needed] = &[
    ("cc", "gcc"),
    ("make", "make"),
    ("openssl", "openssl"),
    ("python3", "python3"),
    SOFTHSM,
    ("chromium", "chromium"),
    // State directories of earlier versions, on the machine, in the network and at the time that they know.
    ("tar", "tar"),
    ("xz", "xz-utils"),
    ("unshare", "util-linux"),
    ("mount", "mount"),
    ("ip", "iproute2"),
    ("faketime", "faketime"),
];
/// What CI checks besides: the units and the manual pages.
const BY_CI: &[Needed] = &[("systemd-analyze", "systemd"), ("man", "man-db")];

/// What the tests need; nothing is said when it is there.
pub(crate) fn run_quietly() -> Result<(), String> {
    offer_tpm();
    provide(missing_for_tests())
}

pub(crate) fn run_task() -> Result<(), String> {
    offer_tpm();
    let for_clients = missing_module("ensurepip", "python3-venv");
    provide([missing_for_tests(), missing(BY_CI), for_clients].concat())?;
    strangers::provide()?;
    println!("setup: everything that build, tests and CI need is here");
    Ok(())
}

/// Without the TPM's library and simulator the rest can be built and tested, so this is no failure.
fn offer_tpm() {
    provide(tpm::missing()).unwrap_or_else(|why| println!("setup: for the TPM adapter, {why}"));
}

/// What stands in for a token and for a TPM, and the library of the latter.
pub(crate) fn missing_for_keys() -> Vec<&'static str> {
    [tpm::missing(), missing(&[SOFTHSM])].concat()
}

fn missing_for_tests() -> Vec<&'static str> {
    // One test lets Python's cryptography read what we sign.
    [missing(BY_TESTS), missing_module("cryptography", "python3-cryptography")].concat()
}

fn missing_module(module: &str, package: &'static str) -> Vec<&'static str> {
    let there = strangers::INTERPRETERS.iter().any(|python| has_module(python, module));
    if there { Vec::new() } else { vec![package] }
}

fn missing(needed: &[Needed]) -> Vec<&'static str> {
    needed.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect()
}

fn provide(packages: Vec<&str>) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    println!("setup: missing {}", packages.join(", "));
    install(&packages)
}

fn install(packages: &[&str]) -> Result<(), String> {
    let named = format!("install these packages and try again: {}", packages.join(" "));
    let root = Command::new("id").arg("-u").stderr(Stdio::null()).output();
    let is_root = root.is_ok_and(|output| output.stdout.starts_with(b"0\n"));
    if !is_root || !Path::new("/usr/bin/apt-get").exists() {
        return Err(named);
    }
    run(Command::new("apt-get").args(["-qq", "update"]))?;
    run(Command::new("apt-get").args(["-qq", "install", "-y", "--no-install-recommends"]).args(packages))
}
