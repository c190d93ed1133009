//! Clients that nobody here wrote judge the simulator, in a network namespace of the task's own.

mod environment;
mod namespace;

use crate::run::{cargo, root, run as run_command, target};
pub(crate) use environment::{INTERPRETERS, has_module, provide};
use std::fs;
use std::os::unix::process::CommandExt;
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
    /// This process is in the namespace already.
    #[arg(long, hide = true, requires = "simulator")]
    inside: bool,
}

/// Runs every scenario; the last line is `N passed, N failed`.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    match (&options.simulator, options.inside) {
        (Some(simulator), true) => run_inside(simulator, &options.only),
        _ => run_outside(options),
    }
}

/// Provides the clients and the simulator, and starts this program again where it is alone.
fn run_outside(options: &Options) -> Result<(), String> {
    provide()?;
    let simulator = options.simulator.clone().map_or_else(build, Ok)?;
    namespace::probe()?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut inside = namespace::command();
    inside.arg(this).args(["clients", "--inside", "--only", &options.only, "--simulator"]).arg(simulator);
    run_command(&mut inside).map_err(|_| "a client does not accept the simulator, as said above".to_owned())
}

fn build() -> Result<PathBuf, String> {
    println!("clients: building the simulator");
    run_command(&mut cargo(&["build", "--quiet", "--package", "simulator", "--bins"]))?;
    Ok(target().join("debug/entra-simulator"))
}

/// Turns this process into the scenarios; they see nothing of our environment, whose certificate authorities and
/// proxies would mix with theirs.
fn run_inside(simulator: &Path, only: &str) -> Result<(), String> {
    let work = environment::folder().join("run");
    // What the last run left there may be looked at until now.
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
    let hosts = namespace::enter(simulator, &work)?;
    let mut scenarios = Command::new(environment::python());
    scenarios.arg(root().join("tests/clients/run.py"));
    scenarios.arg("--simulator").arg(simulator).arg("--work").arg(&work).arg("--hosts").arg(hosts);
    scenarios.args(["--only", only]).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // Sources of the tree are not littered with compiled copies.
    scenarios.env("PYTHONDONTWRITEBYTECODE", "1").env("LANG", "C.UTF-8");
    Err(format!("{scenarios:?}: {}", scenarios.exec()))
}
