//! The developers' tasks: `cargo xtask TASK`. One file a task; this one only dispatches.

mod bench;
mod ci;
mod demo;
mod dist;
mod mutate;
mod nightly;
mod run;
mod setup;
mod sim;
mod states;
mod strangers;
mod test;
mod tidy;
mod tools;
mod tpm;
mod user;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Tasks for people who work on Firmament.
#[derive(Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what build and tests need (Debian packages, as root), or name the command that does, and the clients.
    Setup,
    /// Show a registration from the first sign-in to leaving, with the real programs and a stand-in cloud.
    Demo(demo::Options),
    /// Let clients that nobody here wrote judge the simulator, in a network namespace of their own.
    Clients(strangers::Options),
    /// Run every test; the last line is `N passed, N failed`.
    Test,
    /// Show the demonstration and run the tests of the real programs (tests/it) as an ordinary user.
    User(user::Options),
    /// Build the Debian packages into target/debian, or try packages of the programs of tests in an overlay.
    Dist(dist::Options),
    /// Everything that CI checks, in one order.
    Ci,
    /// What things cost, as figures and ratios of one run: a registration, the simulator, keys.
    Bench(bench::Options),
    /// Check the layers, sizes, manners and citations of the workspace.
    Tidy,
    /// Plant one-line faults in a copy of the workspace; every one must be caught by a named test.
    Mutate(mutate::Options),
    /// Run what takes longer than CI may, in steps; a run goes on where the last one of the commit ended.
    Nightly(nightly::Options),
    /// Try hostile inputs on the modules that other programs load, with libFuzzer.
    Fuzz {
        /// Only `pam_conversation` or `names_file`.
        only: Option<String>,
        /// How long each is tried.
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        seconds: u32,
    },
    /// Live random lives in the deterministic world, by seed.
    Sim(sim::Options),
    /// Write docs/states.md from the machine.
    States {
        /// Only say whether it is up to date.
        #[arg(long)]
        check: bool,
    },
    /// Check the systemd units and how exposed the service is.
    Units,
}

fn hostile_inputs(only: Option<&str>, seconds: u32) -> Result<(), String> {
    let places = fuzz::Places { root: run::root(), target: run::target() };
    fuzz::run(&places, only, seconds, run::cargo(&[]))
}

fn main() -> ExitCode {
    let result = match Options::parse().task {
        Task::Setup => setup::run_task(),
        Task::Demo(options) => demo::run(&options),
        Task::Clients(options) => strangers::run(&options),
        Task::Test => test::run().map(drop),
        Task::Bench(options) => bench::run(&options),
        Task::User(options) => user::run(&options),
        Task::Dist(options) => dist::run(&options),
        Task::Ci => ci::run(),
        Task::Tidy => tidy::run(),
        Task::Mutate(options) => mutate::run(&options),
        Task::Nightly(options) => nightly::run(&options),
        Task::Fuzz { only, seconds } => hostile_inputs(only.as_deref(), seconds),
        Task::Sim(options) => sim::run(&options),
        Task::States { check } => states::run(check),
        Task::Units => dist::check_units(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}
