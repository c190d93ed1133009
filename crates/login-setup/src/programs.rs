use crate::refusal::Refusal;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

/// A program of the system that is run, or whose absence decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Debian's tool that builds `/etc/pam.d/common-*` from profiles.
    PamAuthUpdate,
    /// The server of OpenSSH.
    Sshd,
}

impl Program {
    /// Its places, which do not depend on `PATH`, because root runs it.
    fn paths(self) -> &'static [&'static str] {
        match self {
            Program::PamAuthUpdate => &["/usr/sbin/pam-auth-update"],
            Program::Sshd => &["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"],
        }
    }
}

/// What a program said, and whether it was content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Whether it ended with 0.
    pub is_fine: bool,
    /// Its standard output.
    pub output: String,
    /// Its standard error.
    pub errors: String,
}

/// Other programs of this machine.
pub trait Programs {
    /// Whether there is one.
    fn has(&self, program: Program) -> bool;

    /// Runs it to its end, without an environment, asking nobody.
    ///
    /// # Errors
    /// [`Refusal::NoProgram`] where there is none, [`Refusal::File`] where it cannot be run.
    fn run(&self, program: Program, arguments: &[&str]) -> Result<Said, Refusal>;
}

/// The real ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemPrograms;

impl SystemPrograms {
    fn find(program: Program) -> Option<PathBuf> {
        program.paths().iter().map(PathBuf::from).find(|path| path.exists())
    }
}

impl Programs for SystemPrograms {
    fn has(&self, program: Program) -> bool {
        SystemPrograms::find(program).is_some()
    }

    fn run(&self, program: Program, arguments: &[&str]) -> Result<Said, Refusal> {
        let path = SystemPrograms::find(program).ok_or(Refusal::NoProgram(program))?;
        let mut command = Command::new(&path);
        command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        // The tool of Debian would ask whoever sits at the terminal.
        command.env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C").stdin(Stdio::null());
        let output = command.output().map_err(|cause| Refusal::File { path, cause })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let is_fine = ExitStatus::success(&output.status);
        Ok(Said { is_fine, output: text(&output.stdout), errors: text(&output.stderr) })
    }
}
