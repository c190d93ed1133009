//! The load on the simulator: an optimised build of it and of its example `load`, which says more.

use crate::run::{cargo, run as run_command, target};
use std::process::Command;

pub(crate) fn run() -> Result<(), String> {
    println!("bench | building the simulator with optimisation");
    run_command(&mut cargo(&[
        "build",
        "--quiet",
        "--release",
        "--package",
        "simulator",
        "--bins",
        "--example",
        "load",
    ]))?;
    let built = target().join("release");
    run_command(Command::new(built.join("examples/load")).arg(built.join("entra-simulator")))
}
