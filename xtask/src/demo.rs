//! A registration from the first sign-in to leaving, with the real programs and a stand-in cloud.

mod stage;
mod transcript;

use crate::run::{cargo, run as run_command};
pub(crate) use stage::Stage;
use std::process::Command;

/// How the demonstration is shown.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Sabotage this step: the demonstration must then fail and name it.
    #[arg(long = "break", value_name = "STEP", value_parser = STEPS.map(|(name, _)| name))]
    sabotage: Option<String>,
    /// Leave everything running until Ctrl-C, and say how to play with it.
    #[arg(long)]
    interactive: bool,
}

type Step = fn(&mut Stage) -> Result<(), String>;

const STEPS: [(&str, Step); 10] = [
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

/// Shows it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    build()?;
    let mut stage = Stage::new(options.sabotage.clone())?;
    for (name, step) in STEPS {
        if options.interactive && name == "leave" {
            return play(&stage);
        }
        println!("\n== {name}");
        stage.step = name;
        step(&mut stage).map_err(|why| format!("the step {name} failed: {why}"))?;
    }
    match &options.sabotage {
        Some(step) => Err(format!("the step {step} was sabotaged and nothing noticed")),
        None => {
            println!("\ndemo: every step happened as it should");
            Ok(())
        }
    }
}

/// Builds the programs that are shown.
pub(crate) fn build() -> Result<(), String> {
    println!("demo: building the programs");
    let packages = ["runner", "aad-tool", "simulator"].map(|name| ["--package", name]).concat();
    run_command(&mut cargo(&[&["build", "--quiet", "--bins"], packages.as_slice()].concat()))
}

fn play(stage: &Stage) -> Result<(), String> {
    println!(
        "\nEverything is running. Try, in another terminal:\n{}\nCtrl-C ends it and leaves nothing behind.",
        stage.how_to_play()
    );
    loop {
        std::thread::park();
    }
}

/// Runs a program and gives what it printed, shown line by line with a mark in front.
fn show(mark: &str, command: &mut Command) -> Result<(i32, String), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    text.lines().for_each(|line| println!("{mark} | {line}"));
    Ok((output.status.code().unwrap_or(-1), text))
}
