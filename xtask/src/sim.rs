//! Random lives in the deterministic world, by seed.

use crate::run::{cargo, run as run_command};
use clap::Args;

/// Which lives.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One seed alone, as a failure names it.
    #[arg(long, conflicts_with = "from")]
    seed: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many lives, each with the next seed.
    #[arg(long, default_value_t = 100, conflicts_with = "seed")]
    lives: u64,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut command = cargo(&["test", "--quiet", "--package", "world", "--lib", "--", "every_life_ends"]);
    match options.seed {
        Some(seed) => command.env("FIRMAMENT_SEED", seed.to_string()),
        None => command
            .env("FIRMAMENT_FIRST_SEED", options.from.to_string())
            .env("FIRMAMENT_LIVES", options.lives.to_string()),
    };
    run_command(&mut command)
}
