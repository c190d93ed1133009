//! The demonstration and the tests of the real programs as an ordinary user.

use crate::run::{cargo, is_root, root, run as run_command};
use crate::test::{self, Count};
use crate::{demo, setup, tpm};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Which tests are run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only the tests whose name contains this text.
    #[arg(value_name = "TEXT")]
    only: Option<String>,
}

/// Shows the demonstration and runs all of tests/it; the last line is the count.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    setup::run_quietly()?;
    let features = if tpm::missing().is_empty() { "it/tpm" } else { "" };
    as_user(&["test", "--package", "it", "--features", features], options.only.as_deref())
}

/// The demonstration and the tests of the first registration, with what is built for all tests.
pub(crate) fn smoke() -> Result<(), String> {
    as_user(&["test", "--workspace"], Some("first_registration"))
}

/// Root becomes somebody without an account, who can read copies of what is needed; anybody else stays who they are.
fn as_user(build: &[&str], only: Option<&str>) -> Result<(), String> {
    let place = Place::new(build)?;
    run_command(place.command("xtask").args(["demo", "--programs"]).arg(&place.0))?;
    let mut count = Count::default();
    test::tests(place.command("it").args(only).env("RUST_TEST_THREADS", test::threads()), &mut count)?;
    println!("as an ordinary user: {} passed, {} failed", count.passed, count.failed);
    if count.passed > 0 { Ok(()) } else { Err("no test ran".to_owned()) }
}

/// A directory with copies of the programs, and one of the user's own in it; it goes when this goes.
struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        // Whatever stays is below the directory for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Place {
    fn new(build: &[&str]) -> Result<Place, String> {
        let place = Place(std::env::temp_dir().join(format!("firmament-user-{}", std::process::id())));
        let programs = demo::build()?;
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut prepare = Command::new("sh");
        prepare.args(["-c", PREPARE]).arg(&place.0).args([this, tests(build)?, root().join("tests")]);
        run_command(prepare.args(PROGRAMS.map(|name| programs.join(name))))?;
        if is_root() {
            chown(place.0.join("home"), Some(USER), Some(USER)).map_err(|error| error.to_string())?;
        }
        Ok(place)
    }

    /// One of the programs, as the user, with nothing of our environment.
    fn command(&self, name: &str) -> Command {
        let program = self.0.join(name);
        let mut command = Command::new(if is_root() { OsStr::new("setpriv") } else { program.as_os_str() });
        if is_root() {
            let user = USER.to_string();
            command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]).arg(&program);
        }
        let home = self.0.join("home");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LANG", "C.UTF-8");
        command.env("HOME", &home).env("TMPDIR", &home).env("TSS2_LOG", "all+NONE").current_dir(&home);
        command.env("FIRMAMENT_PROGRAMS", &self.0).env("FIRMAMENT_SOURCES", self.0.join("sources/it"));
        command
    }
}

/// The program of tests/it.
fn tests(build: &[&str]) -> Result<PathBuf, String> {
    let mut build = cargo(&[build, &["--no-run", "--message-format", "json-render-diagnostics"]].concat());
    let output = build.stderr(Stdio::inherit()).output().map_err(|error| format!("cargo test: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut found = lines.filter(|it| it["target"]["name"] == "it" && it["target"]["kind"][0] == "test");
    let path = found.find_map(|line| line["executable"].as_str().map(PathBuf::from));
    path.ok_or_else(|| "tests/it was not built".to_owned())
}

/// A user id that no account has.
const USER: u32 = 64_321;
const PROGRAMS: [&str; 4] = ["firmamentd", "firmament-keys", "aad-tool", "entra-simulator"];
/// Copies this program, tests/it and those that it runs, and the sources that it reads, for everybody to read.
const PREPARE: &str =
    "set -e; umask 022; mkdir -p \"$0/home\" \"$0/sources\"; cp \"$1\" \"$0/xtask\"; cp \"$2\" \"$0/it\"
cp -R \"$3/it\" \"$3/goldens\" \"$0/sources\"; shift 3; cp \"$@\" \"$0\"; chmod -R a+rX \"$0\"";
