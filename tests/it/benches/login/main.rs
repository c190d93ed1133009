//! What a person waits for at a sign-in, with 0 and with 50 ms for each answer of the directory: `cargo xtask bench login`.
//!
//! Times are medians of one run; what comes one after the other is counted in the stand-in's transcript, and more of
//! it than wanted makes the measurement fail. Where `FIRMAMENT_PEER` names a file, it holds what roadlib took for the
//! same in this run: `{"from_nothing": [ms, …], "daily": [ms, …]}`, a figure for each latency.

#![expect(clippy::unwrap_used, reason = "a measurement says where it failed by panicking")]

mod sign_in;

use it::goals::{Goal, judged};
use it::harness::{Cloud, Machine, wait_for};
use serde_json::{Value, json};
use sign_in::{Kind, SignIn, Typing};
use std::time::Duration;

/// How often each sign-in is timed.
const ROUNDS: usize = 9;
/// What an answer takes, in milliseconds.
const ANSWERS: [u64; 2] = [0, 50];
/// What our own work may take in all, in milliseconds, besides answers and barriers.
const OURS: f64 = 30.0;
/// Commits that have to be durable one after the other: to a primary refresh token from nothing, and of these
/// between the token and the certificate (docs/architecture.md, section 5).
const BARRIERS: [f64; 2] = [4.0, 3.0];

fn main() {
    println!(
        "bench | {ROUNDS} sign-ins by password of each kind, medians, where an answer takes {ANSWERS:?} ms"
    );
    let machine = Machine::switched_off(&Cloud::with(&[]), "contoso.com", "");
    let sync = sync_time(machine.path("").as_path());
    println!("bench | a sync of this disk: {sync:.1} ms");
    let found = ANSWERS.map(|answer| {
        let each = |kind, typing| measured(kind, typing, answer);
        Found {
            first: each(Kind::First, Typing::Piped),
            first_typed: each(Kind::First, Typing::ByHand),
            daily: each(Kind::Daily, Typing::Piped),
            daily_typed: each(Kind::Daily, Typing::ByHand),
        }
    });
    let peer = peer();
    for ((answer, found), at) in ANSWERS.into_iter().zip(&found).zip(0..) {
        times(answer, found, sync);
        let beside = |what: &str, ours: f64, theirs: &Value| {
            if let Some(theirs) = theirs[at].as_f64() {
                let what = format!("{what}, beside roadlib's {theirs:.0} ms");
                row(answer, &what, (ours / theirs, "times"), OF_ROADLIB);
            }
        };
        beside("from nothing", found.first.settled, &peer["from_nothing"]);
        beside("daily, after typing", found.daily_typed.checked, &peer["daily"]);
    }
    if found.last().is_some_and(in_series) {
        println!("bench | more answers one after the other than wanted");
        std::process::exit(1);
    }
}

/// With one latency.
struct Found {
    first: Times,
    first_typed: Times,
    daily: Times,
    daily_typed: Times,
}

fn times(answer: u64, found: &Found, sync: f64) {
    let goal = |trips: f64, barriers: f64| trips * answer as f64 + OURS + barriers * sync;
    let [to_prt, to_certificate] = BARRIERS;
    for (what, took, goal) in [
        ("from nothing to a PRT", found.first.settled, goal(4.0, to_prt)),
        ("the same after typing", found.first_typed.settled, goal(3.0, to_prt)),
        ("from the token to the certificate", found.first.certificate, goal(1.0, to_certificate)),
        ("daily, until signed in", found.daily.checked, goal(3.0, 0.0)),
        ("daily, after typing", found.daily_typed.checked, goal(2.0, 0.0)),
    ] {
        row(answer, what, (took, "ms"), goal);
    }
}

/// Says how many answers came one after the other; whether there were more than wanted.
fn in_series(found: &Found) -> bool {
    let mut above = false;
    for (what, of, most) in [
        ("from nothing", &found.first, 4),
        ("from nothing, after typing", &found.first_typed, 3),
        ("daily", &found.daily, 3),
        ("daily, after typing", &found.daily_typed, 2),
    ] {
        let (count, names) = (of.chain.len(), of.chain.join(", "));
        println!("bench | {what}: {count} answers one after the other ({names}), goal {most}");
        above |= count > most;
    }
    above
}

/// How much of roadlib's time a sign-in may take.
const OF_ROADLIB: f64 = 0.65;

fn row(answer: u64, what: &str, found: (f64, &str), goal: f64) {
    judged(&format!("{answer:>2} ms an answer, {what}"), found, Goal::AtMost(goal));
}

/// Medians, in milliseconds, and the longest chain of answers of the last round.
struct Times {
    checked: f64,
    settled: f64,
    certificate: f64,
    chain: Vec<String>,
}

fn measured(kind: Kind, typing: Typing, answer: u64) -> Times {
    let cloud = Cloud::with(&[]);
    cloud.set(&json!({ "latency_ms": { "*": answer } }));
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "sign_in = password");
    machine.restart();
    let each = Duration::from_millis(answer.max(1));
    if kind == Kind::Daily {
        wait_for("keys ahead of time", || machine.status()["spare_keys"] == "ready");
        SignIn::hold(&cloud, &machine, (Kind::First, Typing::Piped), each);
    }
    let mut all = Vec::new();
    for _ in 0..ROUNDS {
        if kind == Kind::First {
            machine.restart();
            wait_for("keys ahead of time", || machine.status()["spare_keys"] == "ready");
        }
        all.push(SignIn::hold(&cloud, &machine, (kind, typing), each));
        if kind == Kind::First {
            assert!(machine.run(&["leave"]).status.success());
        }
    }
    Times {
        checked: median(all.iter().map(|it| it.checked)),
        settled: median(all.iter().map(|it| it.settled)),
        certificate: median(all.iter().map(|it| it.certificate)),
        chain: all.pop().unwrap().chain,
    }
}

fn median(times: impl Iterator<Item = Duration>) -> f64 {
    let mut times: Vec<f64> = times.map(|it| it.as_secs_f64() * 1_000.0).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// What the disk takes to make a small write durable, in milliseconds.
fn sync_time(dir: &std::path::Path) -> f64 {
    let mut file = std::fs::File::create(dir.join("sync")).unwrap();
    median((0..101).map(|_| {
        std::io::Write::write_all(&mut file, &[7; 4096]).unwrap();
        let begun = std::time::Instant::now();
        file.sync_data().unwrap();
        begun.elapsed()
    }))
}

/// What roadlib took; nothing where it was not timed.
fn peer() -> Value {
    let file = std::env::var_os("FIRMAMENT_PEER").map(std::fs::read_to_string);
    file.map_or(Value::Null, |text| serde_json::from_str(&text.unwrap()).unwrap())
}
