//! A test that runs alone: on a machine with another machine-id and no DMI, in a network of its own, and in the past.
//!
//! State directories are bound to their machine, name the port of their cloud, and hold dates.
//! The programs have no option that lies about any of these, so namespaces and faketime do.

use crate::harness::{PROGRAMS, binary, text};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// Runs the body of a test in a process of its own with this machine-id, so many seconds ago.
///
/// The process is this one again, with the name of the test, by which the test finds itself inside.
/// Where there are no namespaces nothing is run, and the reason is printed.
pub fn apart(test: &str, machine_id: &str, seconds_ago: i64, body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == test) {
        return body();
    }
    let Some(unshare) = *UNSHARE else {
        println!("skipped: {test} needs a network and a mount namespace, and unshare makes none here");
        return;
    };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{machine_id}").unwrap();
    let mut alone = Command::new("unshare");
    alone.args(unshare).args(["sh", "-c", SCRIPT]).arg(file.path());
    if seconds_ago != 0 && !has_faketime() {
        println!("{test}: faketime is missing, so the clock is the one of today");
    } else if seconds_ago != 0 {
        alone.args(["faketime", "--exclude-monotonic", "-f", &format!("{:+}", -seconds_ago)]);
    }
    alone.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--nocapture", "--test-threads=1"]);
    let programs = binary("firmamentd").parent().unwrap().to_owned();
    let output = alone.env(INSIDE, test).env(PROGRAMS, programs).stdin(Stdio::null()).output().unwrap();
    let said = text(&output);
    assert!(output.status.success() && said.contains("1 passed"), "{test}: {said}");
}

fn has_faketime() -> bool {
    Command::new("faketime").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The options that make the namespaces; none where they cannot be made.
static UNSHARE: LazyLock<Option<&[&str]>> = LazyLock::new(|| {
    let ways: [&[&str]; 2] = [&["--mount", "--net"], &["--map-root-user", "--mount", "--net"]];
    let works = |way: &&&[&str]| {
        let mut probe = Command::new("unshare");
        let ended = probe.args(**way).args(["sh", "-c", SCRIPT, "/dev/null", "true"]).output();
        ended.is_ok_and(|output| output.status.success())
    };
    ways.iter().find(works).copied()
});

/// Where the test finds itself.
const INSIDE: &str = "FIRMAMENT_APART";
/// Lays a file over the machine-id and nothing over DMI, and becomes the command that follows.
const SCRIPT: &str =
    "set -e; PATH=$PATH:/usr/sbin:/sbin; ip link set lo up; mount --bind \"$0\" /etc/machine-id
uuid=/sys/class/dmi/id/product_uuid; test ! -e $uuid || mount --bind /dev/null $uuid; exec \"$@\"";
