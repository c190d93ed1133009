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
        "bench | {ROUNDS} times each, medians; the store is sled with its slot file, in {}",
        kind(dir.path())
    );
    let bare = bare_write(&dir.path().join("bare"));
    println!("bench | a bare write of one identity: {}", shown(bare));
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
    let times = (0..ROUNDS).map(|_| {
        let begun = Instant::now();
        store.commit(&[ports::registered(0)]).unwrap();
        begun.elapsed()
    });
    median(times.collect())
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
