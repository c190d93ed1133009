//! One fault planted, and what its test says.

use crate::Fault;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its test fails.
    Caught,
    /// Its test passes.
    Survived,
    /// Its test does not end, which says nothing to whoever broke it.
    Hung,
}

/// Where faults are planted, and what builds them.
#[derive(Debug)]
pub struct Trial {
    /// A copy of the workspace ([`crate::of_the_workspace`]).
    pub copy: PathBuf,
    /// The program `cargo`.
    pub cargo: OsString,
}

impl Trial {
    /// Runs the tests of a package that some fault names, on sound code.
    pub fn is_sound(&self, faults: &[&Fault], package: &str) -> Result<(), String> {
        let tests: Vec<&str> =
            faults.iter().filter(|it| it.package == package).map(|it| it.test.as_str()).collect();
        match self.test(package, &tests)? {
            (Verdict::Survived, _) => Ok(()),
            (_, said) => Err(format!("{package}: its tests do not pass without a fault\n{said}")),
        }
    }

    /// Plants the fault and runs its test; the file is put back in any case.
    pub fn of(&self, fault: &Fault) -> Result<Verdict, String> {
        let path = self.copy.join(&fault.file);
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let sound = fs::read_to_string(&path).map_err(failed)?;
        fs::write(&path, sound.replace(&fault.find, &fault.replace)).map_err(failed)?;
        let end = self.test(&fault.package, &[&fault.test]);
        fs::write(&path, sound).map_err(failed)?;
        end.map(|(verdict, _)| verdict)
    }

    /// Whether some of these tests fail, and what they said.
    fn test(&self, package: &str, tests: &[&str]) -> Result<(Verdict, String), String> {
        let (built, said) =
            self.run(&["test", "--quiet", "--package", package, "--tests", "--no-run"], "30m")?;
        if built != Some(0) {
            return Err(format!("it does not compile\n{said}"));
        }
        let arguments = ["test", "--quiet", "--package", package, "--tests", "--"];
        let (end, said) = self.run(&[&arguments, tests].concat(), LONGEST)?;
        if !said.lines().filter_map(|line| line.strip_prefix("running ")).any(|rest| !rest.starts_with("0 "))
        {
            return Err(format!("'{}' of {package} was not run\n{said}", tests.join("', '")));
        }
        let verdict = match end {
            Some(0) => Verdict::Survived,
            Some(_) => Verdict::Caught,
            None => Verdict::Hung,
        };
        Ok((verdict, said))
    }

    /// How a cargo command ends, and what it says; one that takes too long is killed with the tests it started.
    fn run(&self, arguments: &[&str], longest: &str) -> Result<(Option<i32>, String), String> {
        let mut command = Command::new("timeout");
        command.args(["--signal=KILL", longest]).arg(&self.cargo).args(arguments);
        command
            .current_dir(&self.copy)
            .env("CARGO_TARGET_DIR", self.copy.join("target"))
            .env("CARGO_INCREMENTAL", "1");
        // A fault is caught by any lives, not by some that were chosen.
        command.env("PROPTEST_CASES", CASES).env_remove("PROPTEST_RNG_SEED");
        let output = command.env("RUST_BACKTRACE", "0").output();
        let output = output.map_err(|error| format!("timeout: {error}"))?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&text).into_owned()))
    }
}

const CASES: &str = "300";
/// A test that says something to a person ends sooner.
const LONGEST: &str = "2m";
