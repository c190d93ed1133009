//! What a decision costs until it is durable, with one and with twenty tenants busy, beside a bare write of the
//! same store: `cargo xtask bench commits`.
//!
//! Each busy tenant binds its keys anew, one time after the other: a key store in memory, no network, and one
//! commit a time. Nothing is judged: the figures are printed, and ratios of them, all from one run.

#![expect(clippy::unwrap_used, reason = "a measurement says where it failed by panicking")]

mod ports;

use driver::Driver;
use lifecycle::StateName;
use std::path::Path;
use std::time::{Duration, Instant};
use store::Store;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    println!(
        "bench | {ROUNDS} times each, medians; the store is that of the daemon, in {}",
        kind(dir.path())
    );
    let bare = bare_write(&dir.path().join("bare"));
    println!("bench | a bare write of one identity: {}", shown(bare));
    filled(&dir.path().join("filled"), bare);
    let mut one = Duration::ZERO;
    for busy in [1, 20] {
        let driver = ports::driver(&dir.path().join(busy.to_string())).await;
        let times = together(&driver, busy).await;
        let (each, whole) = (median(times.iter().flatten().copied().collect()), longest(&times));
        let rate = f64::from(busy * ROUNDS) / whole.as_secs_f64();
        if busy == 1 {
            one = each;
        }
        println!(
            "bench | {busy:>2} busy: decided to durable and told {}, {:.2} bare writes, {:.2} times as with one; {rate:.0} commits a second",
            shown(each),
            each.as_secs_f64() / bare.as_secs_f64(),
            each.as_secs_f64() / one.as_secs_f64(),
        );
    }
}

/// So many tenants at once, each one time after the other.
async fn together(driver: &Driver, busy: u32) -> Vec<Vec<Duration>> {
    let tasks: Vec<_> = (0..busy)
        .map(|n| {
            let driver = driver.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                for _ in 0..ROUNDS {
                    times.push(rebinds(&driver, n).await);
                }
                times
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all
}

async fn rebinds(driver: &Driver, n: u32) -> Duration {
    let begun = Instant::now();
    let mut status = driver.rebind(&ports::domain(n)).await.unwrap().status;
    status.wait_for(|status| status.state == StateName::Idle).await.unwrap();
    begun.elapsed()
}

/// The store alone, with one record of an identity.
fn bare_write(path: &Path) -> Duration {
    let mut store = ports::store(path);
    median((0..ROUNDS).map(|round| write(&mut store, changed(0, round))).collect())
}

/// The store alone, with 100 tenants and 1,000 people in it: what is merely stored must not cost anything.
fn filled(path: &Path, bare: Duration) {
    let mut store = ports::store(path);
    let before = resident();
    for n in 0..1000 {
        write(&mut store, changed(n % 100, n / 100));
        write(&mut store, ports::person(n));
    }
    let identity = median((0..ROUNDS).map(|round| write(&mut store, changed(50, round))).collect());
    let person = median((0..ROUNDS).map(|round| write(&mut store, ports::person(2000 + round))).collect());
    let times = |time: Duration| time.as_secs_f64() / bare.as_secs_f64();
    println!(
        "bench | beside 100 tenants and 1,000 people: an identity {}, {:.2} bare writes; a new person {}, {:.2}",
        shown(identity),
        times(identity),
        shown(person),
        times(person)
    );
    let memory = resident().saturating_sub(before) / 1024;
    drop(store);
    println!("bench | they take {memory} KiB of memory and {} KiB of disk", disk_usage(path) / 1024);
}

fn write(store: &mut impl Store, change: store::Change) -> Duration {
    let begun = Instant::now();
    store.commit(&[change]).unwrap();
    begun.elapsed()
}

/// The record of an identity, another one each round.
fn changed(n: u32, round: u32) -> store::Change {
    match ports::registered(n) {
        store::Change::Put(key, mut bytes) => {
            bytes.resize(bytes.len() + round as usize % 2, b' ');
            store::Change::Put(key, bytes)
        }
        other => other,
    }
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

fn disk_usage(path: &Path) -> u64 {
    let output = std::process::Command::new("du").args(["-s", "--block-size=1"]).arg(path).output().unwrap();
    String::from_utf8_lossy(&output.stdout).split('\t').next().unwrap().parse().unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn longest(times: &[Vec<Duration>]) -> Duration {
    times.iter().map(|times| times.iter().sum()).max().unwrap_or_default()
}

fn shown(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1000.0)
}

/// What the figures are about: a file system in memory syncs at no cost.
fn kind(path: &Path) -> String {
    let output = std::process::Command::new("stat").args(["-f", "-c", "%T"]).arg(path).output();
    output.map_or("an unknown file system".to_owned(), |it| {
        String::from_utf8_lossy(&it.stdout).trim().to_owned()
    })
}

const ROUNDS: u32 = 200;
