//! What things cost, as figures and ratios of one run.

use crate::demo::build;
use crate::run::{cargo, run as run_command, target};
use crate::setup;
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
    /// Keys in software, in a token of SoftHSM2 and in swtpm: the time of a pair, uses a second, and how much
    /// sooner a machine is registered whose keys were made ahead of time.
    Keys,
    /// What a decision costs until it is durable, with one and with twenty tenants busy.
    Commits,
    /// What a daemon costs in a minute in which nothing happens: wake-ups, processor time, memory.
    Idle,
    /// What a person waits for at a sign-in where each answer of the directory takes 0 and 50 ms, and how many answers
    /// come one after the other.
    Login,
    /// What a question over the daemon's socket costs: the times of one caller, and the rate of fifty.
    Status,
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
        Some(What::Commits) => of_it("commits"),
        Some(What::Idle) => of_it("idle"),
        Some(What::Login) => of_it("login"),
        Some(What::Status) => of_it("status"),
        Some(What::Logins) => of_it("logins"),
        Some(What::Scale) => of_it("scale"),
    }
}

/// A measurement of the integration tests that needs nothing besides.
fn of_it(name: &str) -> Result<(), String> {
    run_command(&mut cargo(&["bench", "--quiet", "--package=it", &format!("--bench={name}")]))
}

/// The optimised simulator under the load of its example `load`, which says what is counted and how.
fn simulator() -> Result<(), String> {
    let built = target().join("release");
    let build = ["build", "--quiet", "--release", "--package=simulator", "--bins", "--example=load"];
    println!("bench | building the simulator with optimisation");
    run_command(&mut cargo(&build))?;
    run_command(Command::new(built.join("examples/load")).arg(built.join("entra-simulator")))
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
