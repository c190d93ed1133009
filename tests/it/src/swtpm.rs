//! A TPM of its own, simulated by swtpm on loopback.

use crate::harness::wait_for;
use rustix::process::{Pid, Signal, kill_process};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running swtpm; it ends with the value.
pub struct Tpm {
    child: Child,
    port: u16,
}

impl Tpm {
    /// Starts one whose state is in this directory, and waits until it answers.
    pub fn start(dir: &Path) -> Tpm {
        let port = two_free_ports();
        let mut swtpm = Command::new("swtpm");
        swtpm.args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear", "--tpmstate"]);
        swtpm.arg(format!("dir={}", dir.display()));
        swtpm.arg("--server").arg(format!("type=tcp,port={port},bindaddr=127.0.0.1"));
        swtpm.arg("--ctrl").arg(format!("type=tcp,port={},bindaddr=127.0.0.1", port + 1));
        let child = swtpm.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let tpm = Tpm { child, port };
        wait_for("swtpm", || TcpStream::connect(("127.0.0.1", port + 1)).is_ok());
        tpm
    }

    /// Lets it answer nothing until [`Tpm::go_on`], as a TPM that hangs.
    pub fn freeze(&self) {
        kill_process(Pid::from_child(&self.child), Signal::STOP).unwrap();
    }

    /// Lets it answer again.
    pub fn go_on(&self) {
        kill_process(Pid::from_child(&self.child), Signal::CONT).unwrap();
    }

    /// The way to this TPM in the library's syntax (`tpm_tcti_name`).
    pub fn tcti(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    /// The lines of the configuration that lead a machine to this TPM, with this `hsm_type`.
    pub fn options(&self, hsm_type: &str) -> String {
        format!("hsm_type = {hsm_type}\ntpm_tcti_name = {}", self.tcti())
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The library looks for the control channel at the port behind the one for commands.
fn two_free_ports() -> u16 {
    let pair = || {
        let first = TcpListener::bind("127.0.0.1:0").ok()?;
        let port = first.local_addr().ok()?.port();
        TcpListener::bind(("127.0.0.1", port.checked_add(1)?)).ok().map(|_| port)
    };
    std::iter::repeat_with(pair).flatten().next().unwrap()
}
