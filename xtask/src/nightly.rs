//! What takes longer than CI may: steps, each of which leaves a line with date and commit.
//!
//! A run goes on where the last one of the same commit ended, so that several short ones add up to a whole.

use crate::run::{cargo, root};
use clap::Args;
use nightly::Step;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// Which steps, and where their results are kept.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only the steps whose name begins with this text: `lives`, `faults/tenancy`.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Begin no step after so many minutes.
    #[arg(long, value_name = "MINUTES")]
    minutes: Option<u64>,
    /// Run steps again that passed at this commit.
    #[arg(long)]
    again: bool,
    /// Name the steps and what is known of each at this commit; run none.
    #[arg(long)]
    list: bool,
    /// The file to which a line is added for each step.
    #[arg(long, value_name = "FILE", default_value = "docs/nightly.txt")]
    results: PathBuf,
}

/// Runs the steps that have not passed yet; fails if one of them fails.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let begun = Instant::now();
    let commit = nightly::commit(&root())?;
    let file = root().join(&options.results);
    let known = nightly::read(&file)?;
    let wanted = |step: &Step| step.name.starts_with(&options.only);
    let steps: Vec<Step> = nightly::all(&root())?.into_iter().filter(wanted).collect();
    if steps.is_empty() {
        return Err(format!("no step begins with '{}'; --list names them", options.only));
    }
    let (mut failed, mut left) = (Vec::new(), 0);
    for step in &steps {
        let passed = nightly::passed(&known, &commit, &step.name);
        if options.list {
            println!("{:<8} {}", if passed { "passed" } else { "open" }, step.name);
        } else if passed && !options.again {
            println!("nightly: {} passed at this commit before", step.name);
        } else if is_over(begun, options.minutes) {
            left += 1;
        } else if !nightly::perform(step, (&commit, &file), |step| crate::run::run(&mut command(step)))? {
            failed.push(step.name.as_str());
        }
    }
    if left > 0 {
        println!("nightly: {left} steps are left for the next run");
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn is_over(begun: Instant, minutes: Option<u64>) -> bool {
    minutes.is_some_and(|minutes| begun.elapsed() >= Duration::from_secs(60 * minutes))
}

fn command(step: &Step) -> Command {
    let arguments: Vec<&str> = step.arguments.iter().map(String::as_str).collect();
    let mut command = cargo(&arguments);
    command.envs(step.environment);
    command
}
