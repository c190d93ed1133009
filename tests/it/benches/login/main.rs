//! What a person waits for at a sign-in, with 0 and with 50 ms for each answer of the directory: `cargo xtask bench login`.
//!
//! Times are medians of one run, in turns; what comes one after the other is counted in the stand-in's transcript.

#![expect(clippy::unwrap_used, reason = "a measurement says where it failed by panicking")]

use it::harness::{Cloud, Machine, wait_for};
use it::series::{answered, longest_chain};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

const ALEX: &str = "alex@contoso.com";
const PASSWORD: &str = "Correct-Horse-1";
/// How often each sign-in is timed.
const ROUNDS: usize = 9;
/// What an answer takes, in milliseconds.
const ANSWERS: [u64; 2] = [0, 50];

fn main() {
    println!(
        "bench | {ROUNDS} sign-ins by password of each kind, medians; what an answer of the directory takes: 0 and 50 ms"
    );
    for kind in [Kind::First, Kind::Daily] {
        let [quick, slow] = ANSWERS.map(|answer| measured(kind, answer));
        println!("bench | {}: signed in after {:.0} ms and {:.0} ms", kind.words(), ms(quick.0), ms(slow.0));
        println!("bench | {}: settled after {:.0} ms and {:.0} ms", kind.words(), ms(quick.1), ms(slow.1));
        println!("bench | {}: {}", kind.words(), slow.2);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Of a machine that is not registered.
    First,
    /// Of one that is.
    Daily,
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Kind::First => "from nothing to registered",
            Kind::Daily => "on a registered machine",
        }
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The median times until the account is checked and until the end, and the answers of the last round that came one
/// after the other.
fn measured(kind: Kind, answer: u64) -> (Duration, Duration, String) {
    let cloud = Cloud::with(&[]);
    cloud.set(&json!({ "latency_ms": { "*": answer } }));
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "sign_in = password");
    machine.restart();
    let (mut checked, mut settled, mut chain) = (Vec::new(), Vec::new(), String::new());
    if kind == Kind::Daily {
        signs_in(&machine);
    }
    for _ in 0..ROUNDS {
        if kind == Kind::First {
            machine.restart();
            wait_for("keys ahead of time", || machine.status()["spare_keys"] == "ready");
        }
        let before = answered(&cloud).len();
        let (one, other) = signs_in(&machine);
        let since = answered(&cloud).split_off(before);
        let names = longest_chain(&since, Duration::from_millis(answer.max(1)));
        chain = format!("{} answers, {} in series ({})", since.len(), names.len(), names.join(", "));
        checked.push(one);
        settled.push(other);
        if kind == Kind::First {
            assert!(machine.run(&["leave"]).status.success());
        }
    }
    (median(checked), median(settled), chain)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// From the start of the tool until the account is checked, and until nothing more is to come.
fn signs_in(machine: &Machine) -> (Duration, Duration) {
    let begun = Instant::now();
    let mut tool = machine.tool(&["auth-test", "--name", ALEX]).stdin(Stdio::piped()).spawn().unwrap();
    writeln!(tool.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let mut lines = BufReader::new(tool.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.starts_with("Signed in: ")));
    let checked = begun.elapsed();
    let rest = lines.count();
    assert!(tool.wait().unwrap().success(), "{rest} lines more");
    (checked, begun.elapsed())
}
