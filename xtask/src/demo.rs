//! A registration from the first sign-in to leaving, with the real programs and a stand-in cloud.

use crate::run::{cargo, run as run_command, target};
use ::demo::{STEPS, Stage};
use std::path::PathBuf;

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

/// Shows it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let mut stage = Stage::new(build()?, options.sabotage.clone())?;
    for (name, step) in STEPS {
        if options.interactive && name == "leave" {
            return play(&stage);
        }
        println!("\n== {name}");
        stage.perform(name, step)?;
    }
    match &options.sabotage {
        Some(step) => Err(format!("the step {step} was sabotaged and nothing noticed")),
        None => {
            println!("\ndemo: every step happened as it should");
            Ok(())
        }
    }
}

/// Builds the programs that are shown; they are in this directory then.
pub(crate) fn build() -> Result<PathBuf, String> {
    println!("demo: building the programs");
    let packages =
        ["runner", "firmament-keys", "aad-tool", "simulator"].map(|name| ["--package", name]).concat();
    run_command(&mut cargo(&[&["build", "--quiet", "--bins"], packages.as_slice()].concat()))?;
    Ok(target().join("debug"))
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
