//! What keys cost in software, in a PKCS#11 token (SoftHSM2) and in a TPM (swtpm), and how much sooner a
//! machine is registered whose keys were made ahead of time: `cargo xtask bench keys`.
//!
//! Nothing is judged: the figures are printed, and ratios of them, all from one run.

#![expect(clippy::unwrap_used, reason = "a measurement says where it failed by panicking")]

mod figures;
mod places;
mod rates;
mod registration;

use std::path::Path;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    match std::env::var_os(PLACE) {
        Some(dir) => measure(Path::new(&dir)),
        None => again(),
    }
}

fn measure(dir: &Path) -> ExitCode {
    say(&figures::load());
    rates::measure(&mut places::all(dir));
    registration::measure();
    ExitCode::SUCCESS
}

fn say(line: &str) {
    println!("bench | {line}");
}

/// This program once more: SoftHSM learns from the environment where its tokens are.
fn again() -> ExitCode {
    let dir = tempfile::tempdir().unwrap();
    it::softhsm::make_token(dir.path());
    let mut program = Command::new(std::env::current_exe().unwrap());
    program.env(PLACE, dir.path()).env("SOFTHSM2_CONF", dir.path().join("softhsm2.conf"));
    let ended = program.status().unwrap();
    if ended.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const PLACE: &str = "FIRMAMENT_BENCH_DIR";
