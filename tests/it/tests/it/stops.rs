//! Whoever asks the daemon to end, however early, is obeyed, and no key store is harmed.

use crate::harness::{Cloud, Machine, wait_for};
use crate::life::signs_in;
use crate::pkcs11;
use rustix::process::{Signal, kill_process, test_kill_process};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

/// Variable of the environment: how often each key store is stopped.
const STOPS: &str = "FIRMAMENT_STOPS";

/// Starts a daemon that has keys and asks it to end before it is done with them, again and again.
fn is_stopped_early(mut machine: Machine) {
    machine.up();
    signs_in(&machine);
    machine.stop();
    let asked = std::env::var(STOPS).ok().and_then(|count| count.parse().ok());
    let count: u64 = asked.unwrap_or(12);
    for number in 0..count {
        let mut daemon = machine.firmamentd();
        machine.boot(&mut daemon);
        std::thread::sleep(Duration::from_millis(number * 600 / count));
        machine.terminate();
        let status = machine.ended();
        // A program that has not begun with anything ends as any does.
        let at_once = number * 600 / count < 100 && status.signal() == Some(15);
        assert!(status.success() || at_once, "stop {number} of {count}: {status}");
    }
    machine.up();
    let thumbprint = machine.domain()["identity"]["thumbprint"].clone();
    signs_in(&machine);
    let domain = machine.domain();
    assert_eq!(
        (&domain["identity"]["thumbprint"], &domain["failure"]),
        (&thumbprint, &serde_json::Value::Null)
    );
    machine.stop();
}

#[test]
fn an_early_stop_harms_no_keys_in_software() {
    let cloud = Cloud::start();
    is_stopped_early(Machine::switched_off(&cloud, "contoso.com", ""));
}

#[test]
fn an_early_stop_harms_no_token() {
    let cloud = Cloud::start();
    is_stopped_early(pkcs11::machine(&cloud));
}

#[test]
fn a_stop_waits_for_what_a_token_has_in_hand_and_kills_nothing() {
    let cloud = Cloud::start();
    let mut machine = pkcs11::machine(&cloud);
    machine.up();
    signs_in(&machine);
    let keys = machine.keys_process().unwrap();
    kill_process(keys, Signal::STOP).unwrap();
    let mut asking = machine.tool(&["auth-test", "--name", "alex@contoso.com"]).spawn().unwrap();
    wait_for("a job in hand", || machine.status()["notices"].to_string().contains("does not answer"));
    machine.terminate();
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(machine.keys_process(), Some(keys), "both are still there");
    kill_process(keys, Signal::CONT).unwrap();
    assert!(machine.ended().success());
    wait_for("the end of its process", || test_kill_process(keys).is_err());
    asking.wait().unwrap();
    machine.up();
    signs_in(&machine);
}

#[cfg(feature = "tpm")]
#[test]
fn an_early_stop_harms_no_tpm() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::start(), it::swtpm::Tpm::start(dir.path()));
    is_stopped_early(Machine::switched_off(&cloud, "contoso.com", &tpm.options("tpm")));
}
