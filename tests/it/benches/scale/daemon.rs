//! A daemon as it is started by systemd: how long until it says that it is ready, and its memory at rest.

use it::harness::{Machine, PATIENCE, wait_for};
use it::process::{cpu_ms, proc_of, pss_kib, ticks};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a start cost.
pub(crate) struct Started {
    /// From exec until it says that it is ready, in milliseconds.
    pub(crate) ms: f64,
    /// What it computed until then, in milliseconds of processor time: whatever else runs here, it is the same.
    pub(crate) cpu_ms: f64,
    /// Share of memory at rest, in MB.
    pub(crate) pss_mb: f64,
}

impl Started {
    /// The median of some starts; the last daemon goes on, at rest.
    pub(crate) fn median(machine: &mut Machine) -> Started {
        let mut times = Vec::new();
        for _ in 0..STARTS {
            machine.kill();
            times.push((start(machine), cpu_ms(&proc_of(machine.pid()))));
            rest(machine);
        }
        let median = |of: fn(&(f64, f64)) -> f64| {
            let mut all: Vec<f64> = times.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[STARTS / 2]
        };
        Started { ms: median(|it| it.0), cpu_ms: median(|it| it.1), pss_mb: pss_mb(machine) }
    }
}

/// Starts it and waits until it is ready; in milliseconds.
pub(crate) fn start(machine: &mut Machine) -> f64 {
    let path = machine.path("notify");
    // That of the start before.
    let _ = std::fs::remove_file(&path);
    let notified = UnixDatagram::bind(&path).unwrap();
    notified.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut command = quiet(machine, &path);
    let begun = Instant::now();
    machine.boot(&mut command);
    let mut bytes = [0; 4096];
    loop {
        let length = notified.recv(&mut bytes).unwrap_or_else(|_| panic!("{}", machine.log()));
        if String::from_utf8_lossy(&bytes[..length]).lines().any(|line| line == "READY=1") {
            return begun.elapsed().as_secs_f64() * 1_000.0;
        }
    }
}

/// The command line without the log of a test.
fn quiet(machine: &Machine, notify: &Path) -> Command {
    let verbose = machine.firmamentd();
    let mut command = Command::new(verbose.get_program());
    command.args(verbose.get_args().filter(|argument| *argument != "--debug"));
    let of_the_unit = UNIT.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('='));
    command.envs(of_the_unit).env("NOTIFY_SOCKET", notify).stdin(Stdio::null());
    command
}

/// Waits until it has computed nothing for a while.
pub(crate) fn rest(machine: &Machine) {
    let process = proc_of(machine.pid());
    let mut last = (ticks(&process), Instant::now());
    wait_for("rest", || {
        let now = ticks(&process);
        // sled turns round now and then.
        if now > last.0 + 1.0 {
            last = (now, Instant::now());
        }
        last.1.elapsed() > QUIET
    });
}

/// Its share of memory now, in MB.
pub(crate) fn pss_mb(machine: &Machine) -> f64 {
    pss_kib(&proc_of(machine.pid())) / 1024.0
}

/// How systemd starts it.
const UNIT: &str = include_str!("../../../../crates/runner/systemd/firmamentd.service");
const STARTS: usize = 3;
const QUIET: Duration = Duration::from_secs(1);
