//! Clients that nobody here wrote judge the simulator, in a network namespace of the task's own.

mod environment;

use crate::run::{cargo, is_root, root, run as run_command, run_reading, target};
use environment::provide_node;
pub(crate) use environment::{INTERPRETERS, has_module, provide};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which simulator is judged, and by what.
#[derive(Debug, clap::Args, Default)]
pub(crate) struct Options {
    /// Judge this program instead of the one of this tree.
    #[arg(long, value_name = "PROGRAM")]
    simulator: Option<PathBuf>,
    /// Only the scenarios whose line `client | scenario` contains this text.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// The clients on Node too (Node 18 or newer): msal-node and openid-client.
    #[arg(long)]
    node: bool,
}

/// Runs every scenario; the last line is `N passed, N failed`.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    provide()?;
    let node = options.node.then(provide_node).transpose()?;
    let simulator = options.simulator.clone().map_or_else(build, Ok)?;
    probe()?;
    let mut scenarios = script("run.py", &simulator, &emptied("run")?);
    scenarios.args(["--only", &options.only]);
    if let Some(node) = node {
        scenarios.arg("--node").arg(node);
    }
    let mut refused = Vec::new();
    let ended = run_reading(&mut scenarios, |line| {
        if line.contains(" | FAILED ") {
            refused.push(line.to_owned());
        }
    });
    ended.map_err(|why| if refused.is_empty() { why } else { refused.join("\n") })
}

/// Times what roadlib does as Firmament does it, with this simulator; the file that says how long it took.
pub(crate) fn time_roadlib(simulator: &Path) -> Result<PathBuf, String> {
    provide()?;
    probe()?;
    let work = emptied("timing")?;
    run_command(&mut script("timing.py", simulator, &work))?;
    Ok(work.join("times.json"))
}

/// A directory of this name with nothing in it; what the last run left there may be looked at until now.
fn emptied(name: &str) -> Result<PathBuf, String> {
    let work = environment::folder().join(name);
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    Ok(work)
}

/// A script of the clients, in namespaces of its own.
fn script(name: &str, simulator: &Path, work: &Path) -> Command {
    let mut script = alone();
    script.arg(environment::python()).arg(root().join("tests/clients").join(name));
    script.arg("--simulator").arg(simulator).arg("--work").arg(work);
    // Certificate authorities and proxies of our environment would mix with the clients' own.
    script.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
    // Sources of the tree are not littered with compiled copies.
    script.env("PYTHONDONTWRITEBYTECODE", "1");
    script
}

fn build() -> Result<PathBuf, String> {
    println!("clients: building the simulator");
    run_command(&mut cargo(&["build", "--package", "simulator", "--bins"]))?;
    Ok(target().join("debug/entra-simulator"))
}

/// What puts the program that follows into namespaces of its own; whatever it starts ends with it.
fn alone() -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--"]);
    command
}

/// Why no namespace can be made here, if so; the clients never run without one.
fn probe() -> Result<(), String> {
    let output = alone().arg("true").output().map_err(|error| format!("unshare: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let refused = format!("no network namespace can be made here, and the clients run in no other: {said}");
    if output.status.success() { Ok(()) } else { Err(refused) }
}
