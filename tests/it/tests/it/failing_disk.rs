//! A disk that fails at any call: whoever waits is told at once, nobody hangs, and the next start goes on.

use crate::harness::{Cloud, Machine, code, sources, text, wait_for};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The library that fails in the daemon's stead, made once for each test.
fn library(dir: &Path) -> PathBuf {
    let made = dir.join("failing_disk.so");
    let source = sources().join("helpers/failing_disk.c");
    let mut compiler = Command::new("cc");
    let output =
        compiler.args(["-shared", "-fPIC", "-o"]).arg(&made).arg(source).arg("-ldl").output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    made
}

/// The daemon whose `at`-th call fails, and all after it where `all` do.
fn failing(machine: &Machine, library: &Path, (at, all): (u32, bool)) -> Command {
    let mut daemon = machine.firmamentd();
    daemon.env("LD_PRELOAD", library).env("FAIL_DIR", machine.path("state")).env("FAIL_AT", at.to_string());
    daemon.env("FAIL_TOLD", machine.path("has-failed")).env("FAIL_WHEN", machine.path("fails"));
    if all {
        daemon.env("FAIL_ALL", "1");
    }
    daemon
}

/// Starts it; false where it ended at the start, which says so itself.
fn is_up(machine: &mut Machine, daemon: &mut Command) -> bool {
    machine.boot(daemon);
    let mut up = false;
    wait_for("the socket or the end", || {
        up = std::os::unix::net::UnixStream::connect(machine.path("socket")).is_ok();
        up || machine.has_ended()
    });
    up
}

/// Runs the tool to its end, which comes soon.
fn soon(machine: &Machine, arguments: &[&str], what: &str) -> Output {
    let begun = Instant::now();
    let output = machine.run(arguments);
    assert!(begun.elapsed() < Duration::from_secs(25), "{what}: {:?}: {}", begun.elapsed(), text(&output));
    output
}

/// What was asked for is done, or the disk is named, or the daemon went away; nothing else.
fn ended_well(output: &Output, what: &str) {
    let (code, told) = (code(output), text(output));
    let named = told.contains("StateNotWritable");
    assert!(code != 9 || named, "{what}: {told}");
    // With a socket of systemd's the tool asks the next daemon; here there is none.
    let gone = told.contains("stopped in the middle") || told.contains("ServiceEnded");
    assert!(
        code == 0 || code == 9 || (code == 7 && told.contains("does not answer")) || gone,
        "{what}: {code} {told}"
    );
}

const ALEX: [&str; 3] = ["auth-test", "--name", "alex@contoso.com"];

/// A life with one fault, and the next start without one. Whether the fault came.
fn registers(library: &Path, fault: (u32, bool), named: &AtomicU32) -> bool {
    let what = format!("fault {fault:?}");
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    let mut daemon = failing(&machine, library, fault);
    fs::write(machine.path("fails"), "").unwrap();
    if is_up(&mut machine, &mut daemon) {
        let output = soon(&machine, &ALEX, &what);
        ended_well(&output, &what);
        named.fetch_add(u32::from(code(&output) == 9), Ordering::SeqCst);
    }
    let came = machine.path("has-failed").exists();
    machine.kill();
    machine.up();
    let output = machine.sign_in("alex@contoso.com");
    assert_eq!(code(&output), 0, "{what}: {}", text(&output));
    assert_eq!(cloud.devices().len(), 1, "{what}");
    came
}

/// Every `STEP`-th call until one does not come, two machines at a time; `FIRMAMENT_FAIL_STEP=1` takes each of them.
fn all_over(life: impl Fn(u32) -> bool + Sync) {
    let step = std::env::var("FIRMAMENT_FAIL_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(STEP);
    let (life, next, over) = (&life, &AtomicU32::new(1), &AtomicBool::new(false));
    let one_after_another = move || {
        while !over.load(Ordering::SeqCst) {
            let came = life(next.fetch_add(step, Ordering::SeqCst));
            over.fetch_or(!came, Ordering::SeqCst);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(one_after_another))));
}

#[test]
fn a_first_registration_tells_of_a_call_that_fails_and_hangs_at_none() {
    let dir = tempfile::tempdir().unwrap();
    let (library, named) = (library(dir.path()), AtomicU32::new(0));
    all_over(|at| registers(&library, (at, at % 2 == 0), &named));
    assert!(named.load(Ordering::SeqCst) > 0, "no fault was told");
}

/// A registered machine whose disk breaks, and what is asked of it then.
fn asks_on_a_broken_disk(library: &Path, arguments: &[&str], exit: i32) {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    machine.kill();
    let mut daemon = failing(&machine, library, (1, true));
    assert!(is_up(&mut machine, &mut daemon), "{}", machine.log());
    fs::write(machine.path("fails"), "").unwrap();
    let output = soon(&machine, arguments, &format!("{arguments:?}"));
    assert_eq!(code(&output), exit, "{arguments:?}: {}", text(&output));
    assert_eq!(text(&output).contains("StateNotWritable"), exit == 9, "{arguments:?}: {}", text(&output));
    if exit == 9 {
        assert_eq!(machine.ended().code(), Some(1), "nobody has to ask once more");
    }
    machine.kill();
    machine.up();
    assert!(machine.device_id("contoso.com").is_some(), "{arguments:?}: it has not left");
}

#[test]
fn whatever_is_asked_of_a_machine_whose_disk_is_broken_ends_at_once_with_its_own_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let library = &library(dir.path());
    std::thread::scope(|scope| {
        let all: [(&[&str], i32); 4] = [
            (&["leave"], 9),
            (&["leave", "--force"], 9),
            (&["rebind"], 9),
            (&["forget-account", "alex@contoso.com"], 9),
        ];
        for (arguments, exit) in all {
            scope.spawn(move || asks_on_a_broken_disk(library, arguments, exit));
        }
    });
    // Whoever is known signs in without a write.
    asks_on_a_broken_disk(library, &ALEX, 0);
}

#[test]
fn a_watch_ends_when_a_write_fails() {
    let dir = tempfile::tempdir().unwrap();
    let library = library(dir.path());
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    machine.kill();
    let mut daemon = failing(&machine, &library, (1, true));
    assert!(is_up(&mut machine, &mut daemon), "{}", machine.log());
    fs::write(machine.path("fails"), "").unwrap();
    let watching = machine.tool(&["watch"]).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(code(&machine.run(&["leave"])), 9);
    let output = watching.wait_with_output().unwrap();
    assert_eq!(code(&output), 9, "{}", text(&output));
}

/// How many calls lie between two that are tried.
const STEP: u32 = 5;
