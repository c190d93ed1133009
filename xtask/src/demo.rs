//! A registration from the first sign-in to leaving, with the real programs and a stand-in cloud.

use crate::run::{cargo, run as run_command, target};
use crate::tpm;
use ::demo::{STEPS, Stage};
use std::path::{Path, PathBuf};

/// How the demonstration is shown.
#[derive(clap::Args, Default)]
pub(crate) struct Options {
    /// Sabotage this step: the demonstration must then fail and name it.
    #[arg(long = "break", value_name = "STEP", value_parser = STEPS.map(|(name, _)| name))]
    sabotage: Option<String>,
    /// Leave everything running until Ctrl-C, and say how to play with it.
    #[arg(long)]
    interactive: bool,
    /// Show the programs of this directory instead of building them.
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
}

/// Shows it.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let programs = options.programs.as_deref().map_or_else(build, absolute)?;
    let mut stage = Stage::new(programs, options.sabotage.clone())?;
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

/// The programs are started in directories of their own, where a relative path leads elsewhere.
fn absolute(programs: &Path) -> Result<PathBuf, String> {
    programs.canonicalize().map_err(|error| format!("--programs={}: {error}", programs.display()))
}

/// Builds the programs that are shown; they are in this directory then.
pub(crate) fn build() -> Result<PathBuf, String> {
    println!("demo: building the programs; the first time takes minutes");
    let packages = PACKAGES.map(|name| ["--package", name]).concat();
    run_command(cargo(&[&["build", "--bins"], packages.as_slice()].concat()).args(tpm::in_programs()))?;
    Ok(target().join("debug"))
}

/// The packages of the programs.
const PACKAGES: [&str; 4] = ["runner", "firmament-keys", "aad-tool", "simulator"];

fn play(stage: &Stage) -> Result<(), String> {
    println!(
        "\nEverything is running. Try, in another terminal:\n{}\nCtrl-C ends it and leaves nothing behind.",
        stage.how_to_play()
    );
    loop {
        std::thread::park();
    }
}
