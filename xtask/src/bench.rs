//! What things cost, as figures and ratios of one run.

use crate::demo::build;
use crate::run::{cargo, run as run_command, target};
use crate::{dist, setup, strangers};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
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
    /// Keys in software, in a token of SoftHSM2 and in swtpm: the time of a pair, uses a second, and how much
    /// sooner a machine is registered whose keys were made ahead of time.
    Keys,
    /// What a decision costs until it is durable, with one and with twenty tenants busy.
    Commits,
    /// What a daemon costs in a minute in which nothing happens: wake-ups, processor time, memory; and the memory of
    /// the process that holds keys. Fails where our threads are woken more often than wanted.
    Idle,
    /// What a person waits for at a sign-in where each answer of the directory takes 0 and 50 ms, beside roadlib; fails
    /// where more answers come one after the other than wanted.
    Login,
    /// What a question over the daemon's socket costs: the times of one caller, and the rate of fifty.
    Status,
    /// How large the packages' programs are, each with its limit: the same as `cargo xtask dist`.
    Size,
    /// Logins of a registered machine beside a local user's, twenty at once, and names beside those of `files`.
    Logins,
    /// What many cost beside what is wanted: a hundred tenants, a thousand people, sign-ins at once, hundreds of
    /// domains; fails where what is counted is above.
    Scale,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    match options.what {
        None => ::demo::measure(::demo::Stage::ready(build()?)?),
        Some(What::Simulator) => simulator(),
        Some(What::Keys) => keys(),
        Some(What::Idle) => idle(),
        Some(What::Login) => login(),
        Some(What::Size) => dist::run(&dist::Options::default()),
        Some(what) => of_it(what),
    }
}

/// A measurement of the integration tests that needs nothing besides, and has the name of its option.
fn of_it(what: What) -> Result<(), String> {
    let name = what.to_possible_value().map(|it| format!("--bench={}", it.get_name())).unwrap_or_default();
    run_command(&mut cargo(&["bench", "--quiet", "--package=it", &name]))
}

/// The measurement `login` of the integration tests, beside roadlib where that can be timed here.
fn login() -> Result<(), String> {
    let simulator = optimised_simulator(&[])?;
    let mut bench = cargo(&["bench", "--quiet", "--package=it", "--bench=login"]);
    match strangers::time_roadlib(&simulator) {
        Ok(times) => drop(bench.env("FIRMAMENT_PEER", times)),
        Err(why) => println!("bench | roadlib was not timed: {why}"),
    }
    run_command(&mut bench)
}

/// The measurement `idle` of the integration tests; with the process that holds keys where there is a place for them.
fn idle() -> Result<(), String> {
    let missing = setup::missing_for_keys();
    if missing.is_empty() {
        let bench = ["bench", "--quiet", "--package=it", "--features=it/tpm", "--bench=idle"];
        return run_command(&mut cargo(&bench));
    }
    println!("bench | without firmament-keys, for want of {}", missing.join(", "));
    of_it(What::Idle)
}

/// The optimised simulator under the load of its example `load`, which says what is counted and how.
fn simulator() -> Result<(), String> {
    let simulator = optimised_simulator(&["--example=load"])?;
    run_command(Command::new(simulator.with_file_name("examples/load")).arg(simulator))
}

/// Builds it, and these parts of its package.
fn optimised_simulator(also: &[&str]) -> Result<PathBuf, String> {
    println!("bench | building the simulator with optimisation");
    let build = ["build", "--quiet", "--release", "--package=simulator", "--bins"];
    run_command(&mut cargo(&[&build, also].concat()))?;
    Ok(target().join("release/entra-simulator"))
}

/// The measurement `keys` of the integration tests, which needs every place where keys can be.
fn keys() -> Result<(), String> {
    let missing = setup::missing_for_keys();
    if !missing.is_empty() {
        return Err(format!(
            "missing: {}; `cargo xtask setup` installs them where it can",
            missing.join(", ")
        ));
    }
    println!("bench | building the measurement with optimisation");
    run_command(&mut cargo(&["bench", "--quiet", "--package=it", "--features=it/tpm", "--bench=keys"]))
}
