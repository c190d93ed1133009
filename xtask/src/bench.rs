//! What things cost, as figures and ratios of one run.

mod programs;
mod simulator;

use clap::{Args, Subcommand};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// How many polls and joins one core of the simulator serves, and what a device costs in memory; fails below
    /// what is wanted.
    Simulator,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    match options.what {
        None => programs::run(),
        Some(What::Simulator) => simulator::run(),
    }
}
