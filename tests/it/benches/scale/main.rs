//! What many cost: a hundred tenants, a thousand people, sign-ins at once, hundreds of domains: `cargo xtask bench scale`.
//!
//! Each figure stands beside its goal. Times and memory are of one run on a machine that is shared, and only told; what
//! is counted, requests, handshakes and bytes on the disk, fails the measurement where it is above.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a measurement says where it failed by panicking")]

mod crowd;
mod daemon;
mod disk;
mod table;

use daemon::Started;
use disk::Template;
use it::harness::{Cloud, Machine};
use it::process::disk_bytes;
use std::process::ExitCode;
use table::Table;

fn main() -> ExitCode {
    // A descriptor for each caller, here and in the daemon.
    rustix::process::setrlimit(rustix::process::Resource::Nofile, FILES).unwrap();
    let (mut table, wanted) = (Table::default(), std::env::var("FIRMAMENT_SCALE").unwrap_or_default());
    for (name, part) in PARTS {
        if wanted.is_empty() || wanted.split(',').any(|it| it == name) {
            part(&mut table);
        }
    }
    table.end()
}

type Part = fn(&mut Table);

/// By the name that the variable `FIRMAMENT_SCALE` chooses some with.
const PARTS: [(&str, Part); 4] =
    [("disk", on_disk), ("domains", domains), ("crowd", crowd::measure), ("enrolment", crowd::enrolment)];

/// Tenants that are registered, and people who have signed in, as a start finds them on the disk.
fn on_disk(table: &mut Table) {
    let cloud = Cloud::start();
    let template = Template::made(&cloud);
    for (what, tenants, people, goals) in [
        ("a registered tenant", 1, 0, Goals::default()),
        ("100 tenants", 100, 0, Goals { start: Some(60.0), memory: Some(20.0), disk: Some(10.0) }),
        (
            "1,000 people of 10 tenants on disk",
            10,
            1_000,
            Goals { memory: Some(90.0), disk: Some(10.0), ..Goals::default() },
        ),
        ("10,000 people of 10 tenants on disk", 10, 10_000, Goals::default()),
    ] {
        let mut machine = template.machine(&cloud, tenants, people);
        let disk = disk_bytes(&machine.path("state")) as f64 / 1e6;
        let started = Started::median(&mut machine);
        assert_eq!(registered(&machine), tenants, "{what}");
        table.timed(&format!("{what}: start until ready"), "ms", started.ms, goals.start);
        table.timed(&format!("{what}: processor time until ready"), "ms", started.cpu_ms, None);
        table.timed(&format!("{what}: memory at rest (PSS)"), "MB", started.pss_mb, goals.memory);
        table.counted(&format!("{what}: disk"), "MB", disk, goals.disk);
    }
}

/// What is wanted, where something is.
#[derive(Default)]
struct Goals {
    start: Option<f64>,
    memory: Option<f64>,
    disk: Option<f64>,
}

fn registered(machine: &Machine) -> usize {
    let status = machine.status();
    let domains = status["domains"].as_array().unwrap().iter();
    domains.filter(|domain| domain["identity"].is_object()).count()
}

/// Domains that the configuration names, and nobody has signed in from.
fn domains(table: &mut Table) {
    let cloud = Cloud::start();
    for count in [1, 500] {
        let names: Vec<String> = (0..count).map(disk::domain).collect();
        let mut machine = Machine::switched_off(&cloud, &names.join(","), "");
        let started = Started::median(&mut machine);
        table.timed(&format!("{count} domains, none registered: start until ready"), "ms", started.ms, None);
        let goal = (count > 1).then_some(90.0);
        table.timed(&format!("{count} domains, none registered: memory (PSS)"), "MB", started.pss_mb, goal);
    }
}

const FILES: rustix::process::Rlimit = rustix::process::Rlimit { current: Some(8_192), maximum: Some(8_192) };
