//! What build and tests need beyond Rust, installed or named.

use crate::run::{find, is_root, run};
use crate::strangers::{self, has_module};
use crate::tpm;
use std::path::Path;
use std::process::Command;

/// A program, and the Debian package that has it.
type Needed = (&'static str, &'static str);

const SOFTHSM: Needed = ("softhsm2-util", "softhsm2");
const BY_TESTS: &[Needed] = &[
    ("cc", "gcc"),
    ("make", "make"),
    ("curl", "curl"),
    ("openssl", "openssl"),
    ("python3", "python3"),
    SOFTHSM,
    // State directories of earlier versions, on the machine that they know.
    ("tar", "tar"),
    ("xz", "xz-utils"),
    ("unshare", "util-linux"),
    ("mount", "mount"),
];
/// What single tests need, which are skipped without it, and what they are about.
const BY_SINGLE_TESTS: &[(Needed, &str)] = &[
    (("chromium", "chromium"), "the stand-in's page in a browser"),
    (("ip", "iproute2"), "state directories of earlier versions"),
    (("pamtester", "pamtester"), "the PAM module as libpam loads it"),
    (("sshd", "openssh-server"), "logins by sshd, and what it makes of its configuration"),
    (("sqlite3", "sqlite3"), "tables of numbers that an earlier product kept"),
    (("strace", "strace"), "what the PAM module asks of the system"),
    (("faketime", "faketime"), "their certificates at the time that they know"),
];
/// What CI checks besides: the units, the manual pages, hostile inputs (libFuzzer is C++).
const BY_CI: &[Needed] = &[("systemd-analyze", "systemd"), ("man", "man-db"), ("g++", "g++")];

/// What the tests need; nothing is said when it is there.
pub(crate) fn run_quietly() -> Result<(), String> {
    provide(&missing_for_tests())
}

pub(crate) fn run_task() -> Result<(), String> {
    let for_clients = missing_module("ensurepip", "python3-venv");
    provide(&[missing_for_tests(), missing(BY_CI), for_clients].concat())?;
    strangers::provide()?;
    println!("setup: everything that build, tests and CI need is here");
    Ok(())
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

/// The packages without which something is left out, and what that is.
fn missing_options() -> Vec<(&'static str, &'static str)> {
    let single = BY_SINGLE_TESTS.iter().filter(|((program, _), _)| find(program).is_none());
    let single = single.map(|((_, package), what)| (*package, *what));
    single.chain(tpm::missing().into_iter().map(|package| (package, "keys in a TPM"))).collect()
}

/// Root installs what is missing; anybody else is told the command that does.
fn provide(needed: &[&str]) -> Result<(), String> {
    let options = missing_options();
    if is_root() && Path::new("/usr/bin/apt-get").exists() {
        let packages: Vec<&str> = options.iter().map(|(package, _)| *package).collect();
        install(&packages).unwrap_or_else(|why| println!("setup: optional packages are not here: {why}"));
        return install(needed);
    }
    for line in told(needed, &options) {
        println!("setup: {line}");
    }
    if needed.is_empty() { Ok(()) } else { Err("packages are missing, as said above".to_owned()) }
}

/// What somebody who cannot install packages is told.
fn told(needed: &[&str], options: &[(&str, &str)]) -> Vec<String> {
    let mut lines = Vec::new();
    for (package, what) in options {
        lines.push(format!("without {package} there are no tests of {what}"));
    }
    let packages: Vec<&str> = options.iter().map(|(package, _)| *package).collect();
    if !options.is_empty() {
        lines.push(format!("optional: {INSTALL} {}", packages.join(" ")));
    }
    if !needed.is_empty() {
        lines.push(format!("install what is needed, and try again: {INSTALL} {}", needed.join(" ")));
    }
    lines
}

fn install(packages: &[&str]) -> Result<(), String> {
    if packages.is_empty() {
        return Ok(());
    }
    println!("setup: installing {}", packages.join(", "));
    run(Command::new("apt-get").args(["-qq", "update"]))?;
    run(Command::new("apt-get").args(["-qq", "install", "-y", "--no-install-recommends"]).args(packages))
}

const INSTALL: &str = "sudo apt-get install";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_installs_what_is_needed_and_another_what_is_not() {
        assert_eq!(told(&[], &[]), [""; 0]);
        let options = [("chromium", "the page"), ("swtpm", "keys in a TPM")];
        assert_eq!(
            told(&["gcc", "softhsm2"], &options),
            [
                "without chromium there are no tests of the page",
                "without swtpm there are no tests of keys in a TPM",
                "optional: sudo apt-get install chromium swtpm",
                "install what is needed, and try again: sudo apt-get install gcc softhsm2",
            ]
        );
        assert_eq!(told(&[], &options).len(), 3, "nothing is needed");
    }
}
