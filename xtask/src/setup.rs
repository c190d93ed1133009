//! What build and tests need beyond Rust, installed or named.

use crate::run::run;
use std::path::Path;
use std::process::{Command, Stdio};

/// A program that must be there, and the Debian package that has it.
const NEEDED: &[(&str, &str)] =
    &[("cc", "gcc"), ("make", "make"), ("openssl", "openssl"), ("python3", "python3")];

pub(crate) fn run_quietly() -> Result<(), String> {
    let missing: Vec<&str> =
        NEEDED.iter().filter(|(program, _)| !has(program)).map(|(_, package)| *package).collect();
    let mut missing = missing;
    if !has_python_cryptography() {
        missing.push("python3-cryptography");
    }
    if missing.is_empty() {
        return Ok(());
    }
    println!("setup: missing {}", missing.join(", "));
    install(&missing)
}

pub(crate) fn run_task() -> Result<(), String> {
    run_quietly()?;
    println!("setup: everything that build and tests need is here");
    Ok(())
}

fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

/// One test lets Python's cryptography read what we sign.
fn has_python_cryptography() -> bool {
    ["python3", "/usr/bin/python3"].iter().any(|python| {
        let mut probe = Command::new(python);
        probe.args(["-c", "import cryptography"]).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    })
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
