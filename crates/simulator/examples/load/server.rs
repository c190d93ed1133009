//! The simulator's process, on one core where the machine allows it, and what it uses.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::Failure;

/// The running simulator; dropping it ends it.
pub(crate) struct Server {
    child: Child,
    dir: tempfile::TempDir,
    pinned: bool,
    pub(crate) listen: SocketAddr,
}

impl Server {
    /// Starts it with so many users, each of whom may own any number of devices.
    pub(crate) fn start(simulator: &Path, users: usize) -> Result<Server, Failure> {
        let dir = tempfile::tempdir()?;
        let (seed, knobs) = (dir.path().join("seed.json"), dir.path().join("knobs.json"));
        fs::write(&seed, seed_of(users).to_string())?;
        fs::write(&knobs, json!({ "quota": 100_000 }).to_string())?;
        let pinned = Command::new("taskset").args(["-c", "0", "true"]).status().is_ok_and(|it| it.success());
        let mut command = match pinned {
            true => Command::new("taskset"),
            false => Command::new(simulator),
        };
        if pinned {
            command.args(["-c", "0"]).arg(simulator);
        }
        command.args(["serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--poll-interval", "0"]);
        command.arg("--state").arg(dir.path()).arg("--seed").arg(seed).arg("--knobs").arg(knobs);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let listen = line.split_whitespace().find_map(|word| word.strip_prefix("listen="));
        let listen = listen.ok_or_else(|| format!("the simulator did not start: {line:?}"))?.parse()?;
        Ok(Server { child, dir, pinned, listen })
    }

    /// Where it runs, in words.
    pub(crate) fn place(&self) -> &'static str {
        if self.pinned { "on one core (taskset)" } else { "on any core: there is no taskset" }
    }

    pub(crate) fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// The CPU time that all its threads have used.
    pub(crate) fn cpu(&self) -> Result<Duration, Failure> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()))?;
        tasks.map(|task| on_cpu(&task?.path().join("schedstat"))).sum()
    }

    /// Bytes of its memory that are resident.
    pub(crate) fn memory(&self) -> Result<u64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the run has failed then already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The CPU time in a `schedstat` file of the kernel, whose first field is nanoseconds.
pub(crate) fn on_cpu(schedstat: &Path) -> Result<Duration, Failure> {
    let fields = fs::read_to_string(schedstat)?;
    Ok(Duration::from_nanos(fields.split_whitespace().next().unwrap_or_default().parse()?))
}

/// One tenant with so many users.
pub(crate) fn seed_of(users: usize) -> serde_json::Value {
    let users: Vec<_> = (0..users)
        .map(|number| json!({ "upn": upn(number), "password": PASSWORD, "intune": true }))
        .collect();
    let id = "11111111-2222-3333-4444-555555555555";
    json!({ "tenants": [{ "id": id, "domains": ["contoso.com"], "users": users }] })
}

pub(crate) fn upn(number: usize) -> String {
    format!("user{number}@contoso.com")
}

pub(crate) const PASSWORD: &str = "Correct-Horse-1";
