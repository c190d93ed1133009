//! What things cost, as figures and ratios of one run.

mod programs;

use crate::run::{cargo, run as run_command, target};
use clap::{Args, ValueEnum};
use std::process::Command;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The programs and what a registration costs, if nothing else is named.
    what: Option<What>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Polls and joins that one core of the simulator serves, and the memory of a device; fails below what is wanted.
    Simulator,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    match options.what {
        None => programs::run(),
        Some(What::Simulator) => simulator(),
    }
}

/// The optimised simulator under the load of its example `load`, which says what is counted and how.
fn simulator() -> Result<(), String> {
    let built = target().join("release");
    let build = ["build", "--quiet", "--release", "--package=simulator", "--bins", "--example=load"];
    println!("bench | building the simulator with optimisation");
    run_command(&mut cargo(&build))?;
    run_command(Command::new(built.join("examples/load")).arg(built.join("entra-simulator")))
}
