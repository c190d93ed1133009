use crate::files::refused;
use crate::{Place, Protection, Refusal};
use layout::auth_value::CREDENTIAL;
use model::Secret;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The program that makes and opens encrypted credentials (systemd-creds(1)).
pub(crate) struct SystemdCreds(PathBuf);

impl SystemdCreds {
    /// The one of this machine; `PATH` is not asked, because root runs it.
    pub(crate) fn find(place: &Place) -> Option<SystemdCreds> {
        let candidates = FOLDERS.map(|folder| place.root.join(folder).join("systemd-creds"));
        candidates.into_iter().find(|path| path.exists()).map(SystemdCreds)
    }

    /// The value as a credential, which is text.
    pub(crate) fn encrypt(
        &self,
        value: &Secret<Vec<u8>>,
        by: Protection,
    ) -> Result<Secret<Vec<u8>>, Refusal> {
        let keys: &[&str] = match by {
            // Without the empty list the credential would end with the next change of PCR 7.
            Protection::HostAndTpm => &["--with-key=host+tpm2", "--tpm2-pcrs="],
            Protection::Host => &["--with-key=host"],
        };
        let mut command = self.command("encrypt");
        command.args(keys).args(["-", "-"]).stdin(Stdio::piped());
        self.run("encrypt", &mut command, Some(value))
    }

    /// What a credential holds.
    pub(crate) fn decrypt(&self, path: &Path) -> Result<Secret<Vec<u8>>, Refusal> {
        let mut command = self.command("decrypt");
        command.arg(path).arg("-").stdin(Stdio::null());
        self.run("decrypt", &mut command, None)
    }

    /// Without the environment, which could name other keys.
    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.0);
        command.env_clear().arg(verb).arg(format!("--name={CREDENTIAL}"));
        command
    }

    fn run(
        &self,
        verb: &'static str,
        command: &mut Command,
        input: Option<&Secret<Vec<u8>>>,
    ) -> Result<Secret<Vec<u8>>, Refusal> {
        let failed = |cause| refused(&self.0, cause);
        let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        // Whoever ends before reading is judged by how it ended.
        let told = input.map_or(Ok(()), |value| tell(&mut child, value));
        let output = hear(&mut child);
        let status = child.wait().map_err(failed)?;
        if !status.success() {
            return Err(Refusal::Credential { verb, status });
        }
        told.and(output).map_err(failed)
    }
}

fn tell(child: &mut Child, value: &Secret<Vec<u8>>) -> io::Result<()> {
    // Closed at the end of this function, or the child would wait for more.
    let stdin = child.stdin.take();
    stdin.map_or(Ok(()), |mut stdin| stdin.write_all(value.expose()))
}

/// Stays within the capacity, so that no copy of a secret is left behind by a move.
fn hear(child: &mut Child) -> io::Result<Secret<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(LONGEST);
    let Some(stdout) = child.stdout.take() else { return Ok(Secret::new(bytes)) };
    let heard = stdout.take(LONGEST as u64 - 1).read_to_end(&mut bytes);
    let output = Secret::new(bytes);
    heard.map(|_| output)
}

const FOLDERS: [&str; 2] = ["usr/bin", "bin"];
/// More than any credential of an auth value: a longer answer is cut off, and then fails to decrypt.
const LONGEST: usize = 64 * 1024;
