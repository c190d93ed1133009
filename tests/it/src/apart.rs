//! A test or a program that is on another machine: with another machine-id and no DMI, in a network of its own, and in
//! the past.
//!
//! State directories are bound to their machine, name the port of their cloud, and hold dates.
//! The programs have no option that lies about any of these, so namespaces and faketime do.
//! In the namespace of an ordinary user what is root's has no owner, so the directories on the way are made anew there.

use crate::harness::{PROGRAMS, SOURCES, binary, own_directory, sources, text};
use std::fs;
use std::path::Path;
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
    if !*HAS_NETWORK {
        println!("skipped: {test} needs a network and a mount namespace, and unshare makes none here");
        return;
    }
    let dir = own_directory();
    let file = dir.path().join("machine-id");
    fs::write(&file, format!("{machine_id}\n")).unwrap();
    let (this, programs, sources) = (std::env::current_exe().unwrap(), binary(""), sources());
    let keep = [dir.path(), this.parent().unwrap(), &programs, sources.parent().unwrap()];
    let mut alone = on_machine(&file, &keep, true);
    if seconds_ago != 0 && !has_faketime() {
        println!("{test}: faketime is missing, so the clock is the one of today");
    } else if seconds_ago != 0 {
        alone.args(["faketime", "--exclude-monotonic", "-f", &format!("{:+}", -seconds_ago)]);
    }
    alone.arg(this).args(["--exact", test, "--nocapture", "--test-threads=1"]);
    alone.env(INSIDE, test).env(PROGRAMS, programs).env(SOURCES, sources).env("TMPDIR", dir.path());
    let output = alone.stdin(Stdio::null()).output().unwrap();
    let said = text(&output);
    assert!(output.status.success() && said.contains("1 passed"), "{test}: {said}");
}

/// Whether a program can be on another machine; the reason is printed where it cannot.
pub fn can_be_elsewhere(test: &str) -> bool {
    if !*HAS_MOUNTS {
        println!("skipped: {test} needs a mount namespace, and unshare makes none here");
    }
    *HAS_MOUNTS
}

/// What becomes the program whose name and arguments follow, on a machine with this machine-id, without DMI, and with
/// a network of its own if wanted. Of the files for a while (`/tmp`), an ordinary user's program finds these alone.
pub(crate) fn on_machine(machine_id: &Path, keep: &[&Path], network: bool) -> Command {
    let mut command = Command::new("unshare");
    let root = rustix::process::geteuid().is_root();
    command.args((!root).then_some("--map-root-user")).arg("--mount").args(network.then_some("--net"));
    let lo = if network { LO_UP } else { "" };
    let script = [BEGIN, lo, if root { SAME_ROOT } else { OWN_ROOT }].concat();
    command.args(["sh", "-c", &script]).arg(machine_id);
    if !root {
        command.args(keep).arg("--");
    }
    command
}

fn has_faketime() -> bool {
    Command::new("faketime").arg("--version").output().is_ok_and(|output| output.status.success())
}

static HAS_MOUNTS: LazyLock<bool> = LazyLock::new(|| works(false));
static HAS_NETWORK: LazyLock<bool> = LazyLock::new(|| works(true));

fn works(network: bool) -> bool {
    let dir = own_directory();
    let file = dir.path().join("machine-id");
    fs::write(&file, "\n").unwrap();
    let probe = on_machine(&file, &[dir.path()], network).arg("true").output();
    probe.is_ok_and(|output| output.status.success())
}

/// Where the test finds itself.
const INSIDE: &str = "FIRMAMENT_APART";
const BEGIN: &str = "set -e; PATH=$PATH:/usr/sbin:/sbin\n";
const LO_UP: &str = "ip link set lo up\n";
/// Lays a file over the machine-id and nothing over DMI, and becomes the command that follows.
const SAME_ROOT: &str = "mount --bind \"$0\" /etc/machine-id
uuid=/sys/class/dmi/id/product_uuid; test ! -e $uuid || mount --bind /dev/null $uuid; exec \"$@\"";
/// The same in a root directory of one's own, in which each directory that is named before `--` is where it was; of DMI
/// an ordinary user reads nothing.
const OWN_ROOT: &str = "new=${0%/*}/root; mkdir -p \"$new\"; mount -t tmpfs -o mode=755 none \"$new\"
for entry in /*; do
    if test \"$entry\" = /tmp; then mkdir -m 1777 \"$new/tmp\"
    elif test -L \"$entry\"; then cp -P \"$entry\" \"$new$entry\"
    elif test -d \"$entry\"; then mkdir \"$new$entry\"; mount --rbind \"$entry\" \"$new$entry\" || true; fi
done
while test \"$1\" != --; do mkdir -p \"$new$1\"; mount --bind \"$1\" \"$new$1\"; shift; done; shift
mount --bind \"$0\" \"$new/etc/machine-id\"; cd /; exec chroot \"$new\" \"$@\"";
