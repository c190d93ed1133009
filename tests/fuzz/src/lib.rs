//! Hostile inputs against what is loaded into other people's programs, found by libFuzzer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    PamConversation,
    NamesFile,
}

impl Target {
    const ALL: [Target; 2] = [Target::PamConversation, Target::NamesFile];

    fn name(self) -> &'static str {
        match self {
            Target::PamConversation => "pam_conversation",
            Target::NamesFile => "names_file",
        }
    }
}

/// Where everything is.
#[derive(Debug)]
pub struct Places {
    /// The top of the workspace.
    pub root: PathBuf,
    /// Where cargo puts what it builds.
    pub target: PathBuf,
}

/// Builds the targets with the compiler's own coverage and runs them; what makes one fail is left in target/fuzz. Inputs
/// that led somewhere new are kept there too, and a later run goes on from them.
///
/// # Errors
/// There is no such target, it does not build, or an input was found that it does not bear.
pub fn run(places: &Places, only: Option<&str>, seconds: u32, mut cargo: Command) -> Result<(), String> {
    let wanted: Vec<Target> =
        Target::ALL.into_iter().filter(|it| only.is_none_or(|only| only == it.name())).collect();
    if wanted.is_empty() {
        return Err(format!("there are {}", Target::ALL.map(Target::name).join(" and ")));
    }
    let directory = places.target.join("fuzz");
    let host = host()?;
    // Build scripts and macros are not what is tried: with a named target they get no flags.
    cargo.args(["build", "--quiet", "--release", "--package=fuzz", "--bins", "--target", &host]);
    run_command(cargo.env("RUSTFLAGS", FLAGS).arg("--target-dir").arg(&directory))?;
    for what in wanted {
        let program = directory.join(&host).join("release").join(what.name());
        try_it(places, what, &program, seconds)?;
    }
    Ok(())
}

fn try_it(places: &Places, what: Target, program: &Path, seconds: u32) -> Result<(), String> {
    let corpus = places.target.join("fuzz/corpus").join(what.name());
    fs::create_dir_all(&corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
    let mut command = Command::new(program);
    // Each input is a file or a socket: in memory they cost a hundredth.
    if Path::new(MEMORY).is_dir() {
        command.env("TMPDIR", MEMORY);
    }
    command.arg(&corpus).args(["-max_len=16384", "-timeout=10", "-print_final_stats=1", "-verbosity=0"]);
    command.arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-artifact_prefix={}/fuzz/{}-", places.target.display(), what.name()));
    if what == Target::PamConversation {
        begin_with_golden_words(&places.root, &corpus)?;
        command.arg(format!("-dict={}", places.root.join("tests/fuzz/pam_conversation.dict").display()));
    }
    println!("fuzz | {} for {seconds} s", what.name());
    run_command(&mut command)
}

/// Runs a command to its end; its failure is ours.
fn run_command(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}")) }
}

/// Every message that a daemon has ever said, for each service.
fn begin_with_golden_words(root: &Path, corpus: &Path) -> Result<(), String> {
    let golden = root.join("crates/ipc/tests/golden/protocol-1-messages.jsonl");
    let words = fs::read(&golden).map_err(|error| format!("{}: {error}", golden.display()))?;
    for service in 0_u8..5 {
        let file = corpus.join(format!("golden-{service}"));
        fs::write(&file, [&[service, 1], words.as_slice()].concat())
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

/// What this compiler calls this machine.
fn host() -> Result<String, String> {
    let said = Command::new("rustc").arg("-vV").output().map_err(|error| format!("rustc: {error}"))?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.map(str::to_owned).ok_or_else(|| "rustc does not say what this machine is".to_owned())
}

const MEMORY: &str = "/dev/shm";
/// Coverage as libFuzzer reads it, and the checks of a debug build.
const FLAGS: &str = "--cfg fuzzing -Cdebug-assertions -Cpasses=sancov-module -Ccodegen-units=1 \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";
