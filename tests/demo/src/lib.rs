//! The steps of the demonstration: a machine's life with the real programs and the stand-in cloud.

mod figures;
mod stage;
mod transcript;

pub use figures::measure;
pub use stage::Stage;
use std::process::Command;

/// What happens in a step of the demonstration, and why it went wrong.
pub type Step = fn(&mut Stage) -> Result<(), String>;

/// The steps in their order, from the first sign-in to leaving, by the names that `--break` takes.
pub const STEPS: [(&str, Step); 10] = [
    ("simulator", Stage::start_simulator),
    ("daemon", Stage::start_daemon),
    ("sign-in", Stage::first_sign_in),
    ("status", Stage::show_status),
    ("intune", Stage::list_intune),
    ("restart", Stage::restart_daemon),
    ("second-sign-in", Stage::second_sign_in),
    ("leave", Stage::leave),
    ("devices", Stage::list_devices),
    ("transcript", Stage::check_transcript),
];

/// Runs a program and gives what it printed, shown line by line with a mark in front.
fn show(mark: &str, command: &mut Command) -> Result<(i32, String), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    text.lines().for_each(|line| println!("{mark} | {line}"));
    Ok((output.status.code().unwrap_or(-1), text))
}
