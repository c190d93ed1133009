//! How long a machine waits for its registration with a pair that was made ahead and without one: the real
//! programs, and keys in swtpm.

use crate::figures::Figures;
use crate::say;
use it::harness::{Cloud, Machine, code, rest, text, wait_for};
use it::swtpm::Tpm;
use std::io::{BufRead, BufReader};
use std::time::Instant;

/// Registrations of each kind: the time that swtpm takes for a pair varies a lot.
const ROUNDS: usize = 11;

/// Measures and prints everything.
pub(crate) fn measure() {
    let dir = tempfile::tempdir().unwrap();
    let (cloud, tpm) = (Cloud::with(&[]), Tpm::start(dir.path()));
    let mut machine = Machine::switched_off(&cloud, "contoso.com", &tpm.options("tpm"));
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        machine.restart();
        wait_for("the spare pair", || machine.status()["spare_keys"] == "ready");
        with.push(registration(&cloud, &machine));
        // The daemon makes the next spare pair at its next start.
        without.push(registration(&cloud, &machine));
    }
    let (with, without) = (Figures::of(with), Figures::of(without));
    say(&format!("tpm: signed in to registered, keys made ahead: {}", with.summary("ms")));
    say(&format!("tpm: signed in to registered, keys made then: {}", without.summary("ms")));
    let ratio = without.median() / with.median();
    say(&format!("ratio: signed in to registered: keys made then {ratio:.2} : keys made ahead 1.00"));
}

/// Milliseconds from the answered sign-in until the machine is registered; it leaves again.
fn registration(cloud: &Cloud, machine: &Machine) -> f64 {
    let mut tool = machine.tool(&["auth-test", "--name", USER]).spawn().unwrap();
    let mut lines = BufReader::new(tool.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut until = |found: fn(&str) -> bool| lines.find(|line| found(line)).unwrap();
    let code_line = until(|line| line.starts_with("Code: "));
    cloud.admin(&["approve", code_line.trim_start_matches("Code: "), "--user", USER]);
    until(|line| line.starts_with("Signed in: "));
    let begun = Instant::now();
    until(|line| line.contains("  registered/"));
    let taken = begun.elapsed();
    assert!(tool.wait().unwrap().success(), "{}", rest(tool.stderr.take().unwrap()));
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    taken.as_secs_f64() * 1000.0
}

const USER: &str = "alex@contoso.com";
