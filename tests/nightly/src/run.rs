//! A step is run, and a line says of which commit, and when.

use crate::results::{CHANGED, Line, Verdict, append};
use crate::steps::Step;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs a step of this commit and adds its line to the file; whether it passed.
///
/// # Errors
/// The line that cannot be added.
pub fn perform(
    step: &Step,
    (commit, file): (&str, &Path),
    run: impl FnOnce(&Step) -> Result<(), String>,
) -> Result<bool, String> {
    println!("== {}", step.name);
    let begun = Instant::now();
    let result = run(step);
    if let Err(why) = &result {
        eprintln!("{}: {why}", step.name);
    }
    let line = Line {
        date: now()?,
        commit: commit.to_owned(),
        step: step.name.clone(),
        verdict: if result.is_ok() { Verdict::Passed } else { Verdict::Failed },
        seconds: begun.elapsed().as_secs(),
    };
    append(file, &line)?;
    Ok(result.is_ok())
}

/// The commit that is tried; with what is not committed it is none that a later run could go on with.
///
/// # Errors
/// What git said.
pub fn commit(root: &Path) -> Result<String, String> {
    let hash = said_by(Command::new("git").current_dir(root).args(["rev-parse", "--short=12", "HEAD"]))?;
    let status = ["status", "--porcelain", "--", ".", ":!docs/nightly.txt"];
    let changes = said_by(Command::new("git").current_dir(root).args(status))?;
    Ok(if changes.is_empty() { hash } else { format!("{hash}{CHANGED}") })
}

/// Now, as RFC 3339 in UTC.
fn now() -> Result<String, String> {
    said_by(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]))
}

fn said_by(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}
