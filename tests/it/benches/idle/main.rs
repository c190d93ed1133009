//! What a registered machine's daemon costs while nothing happens: wake-ups, processor time and memory, and the
//! memory of the process that holds its keys, after a registration: `cargo xtask bench idle`.
//!
//! Fails where there are more wake-ups than wanted: they are counted, and the same on every machine.

#![expect(clippy::unwrap_used, reason = "a measurement says where it failed by panicking")]

#[cfg(feature = "tpm")]
mod keys;

use it::goals::{Goal, judged};
use it::harness::{Cloud, Machine, wait_for};
use it::process::{field, proc_of, pss_kib, ticks};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long nothing happens.
const QUIET: Duration = Duration::from_secs(60);
/// Wake-ups of our threads in a second, and of sled's.
const WOKEN: Goal = Goal::AtMost(0.1);
/// Megabytes (PSS) of the daemon.
const DAEMON: Goal = Goal::AtMost(10.0);

fn main() -> ExitCode {
    let cloud = Cloud::start();
    let machine = Machine::switched_off(&cloud, "contoso.com", "apply_policy = true");
    let machine = enrolled(machine);
    let process = proc_of(machine.pid());
    settle(&process);
    let (before, begun) = (Seen::of(&process), Instant::now());
    std::thread::sleep(QUIET);
    let (after, seconds) = (Seen::of(&process), begun.elapsed().as_secs_f64());
    println!("bench | a registered machine's daemon, {seconds:.0} s in which nothing happens");
    let ours = after.woken_since(&before, false) / seconds;
    let is_quiet = judged("wake-ups, ours", (ours, "a second"), WOKEN);
    for (name, woken) in after.of_ours_since(&before) {
        println!("bench | of ours, {name}: {woken} times");
    }
    let of_sled = after.woken_since(&before, true) / seconds;
    let is_quiet = judged("wake-ups, sled's", (of_sled, "a second"), WOKEN) && is_quiet;
    let ticks = after.ticks - before.ticks;
    println!("bench | processor time: {:.1} ms in 300 s", ticks * TICK_MS * 300.0 / seconds);
    println!("bench | threads: {}", after.threads.len());
    judged("memory of the daemon, software keys", (after.pss_kib / 1024.0, "MB (PSS)"), DAEMON);
    #[cfg(feature = "tpm")]
    keys::measure(&cloud);
    if is_quiet { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The machine once somebody has signed in and it is enrolled into Intune.
fn enrolled(mut machine: Machine) -> Machine {
    machine.up_as_installed();
    assert!(machine.sign_in("alex@contoso.com").status.success());
    wait_for("the enrolment", || machine.domain()["phase"] == "intune_enrolled");
    machine
}

/// Waits until no thread of ours is woken for five seconds: what a sign-in began has ended.
fn settle(process: &Path) {
    let mut last = (Seen::of(process), Instant::now());
    wait_for("quiet", || {
        let now = Seen::of(process);
        if now.woken_since(&last.0, false) > 0.0 {
            last = (now, Instant::now());
        }
        last.1.elapsed() > Duration::from_secs(5)
    });
}

/// A clock tick of the kernel's figures.
const TICK_MS: f64 = 10.0;

/// What the kernel counts of a process.
struct Seen {
    /// By number: its name, and how often it gave its processor up by itself.
    threads: BTreeMap<String, (String, f64)>,
    /// In user and in kernel mode.
    ticks: f64,
    pss_kib: f64,
}

impl Seen {
    fn of(process: &Path) -> Seen {
        let tasks = fs::read_dir(process.join("task")).unwrap().flatten();
        let threads = tasks.filter_map(|task| {
            let status = fs::read_to_string(task.path().join("status")).ok()?;
            let name = field(&status, "Name:").unwrap_or_default().to_owned();
            let woken = field(&status, "voluntary_ctxt_switches:")?.parse().ok()?;
            Some((task.file_name().to_string_lossy().into_owned(), (name, woken)))
        });
        Seen { threads: threads.collect(), ticks: ticks(process), pss_kib: pss_kib(process) }
    }

    /// How often its threads were woken since then: those that sled made, or all others.
    fn woken_since(&self, before: &Seen, of_sled: bool) -> f64 {
        let all = self.each_since(before).filter(|(name, _)| name.starts_with("sled") == of_sled);
        all.map(|(_, woken)| woken).sum()
    }

    /// Which of our threads were woken.
    fn of_ours_since(&self, before: &Seen) -> Vec<(&str, f64)> {
        let ours = |(name, woken): &(&str, f64)| !name.starts_with("sled") && *woken > 0.0;
        self.each_since(before).filter(ours).collect()
    }

    fn each_since(&self, before: &Seen) -> impl Iterator<Item = (&str, f64)> {
        self.threads.iter().map(|(number, (name, woken))| {
            let before = before.threads.get(number).map_or(0.0, |(_, woken)| *woken);
            (name.as_str(), woken - before)
        })
    }
}
