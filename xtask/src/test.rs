//! Every test of the workspace, counted.

use crate::run::{cargo, run_reading};
use crate::setup;
use std::process::Command;
use std::sync::OnceLock;

/// How many passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

/// The properties of the machine and of the tenancy are run with so many cases each.
const CASES: &str = "10000";

/// Runs every test; the last line printed is the count.
pub(crate) fn run() -> Result<Count, String> {
    println!("test: looking for what the tests need");
    setup::run_quietly()?;
    let mut count = Count::default();
    let mut lives = cargo(&["test", "--no-fail-fast", "--package", "lifecycle", "--package", "tenancy"]);
    let lives = tests(lives.env("PROPTEST_CASES", CASES), &mut count);
    let mut rest =
        cargo(&["test", "--workspace", "--no-fail-fast", "--exclude", "lifecycle", "--exclude", "tenancy"]);
    let rest = tests(rest.env("RUST_TEST_THREADS", threads()), &mut count);
    let line = format!("{} passed, {} failed", count.passed, count.failed);
    println!("{line}");
    drop(SUMMARY.set(line));
    let failed: Vec<String> = [lives, rest].into_iter().filter_map(Result::err).collect();
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    match count {
        Count { failed: 0, passed: 1.. } => Ok(count),
        Count { passed: 0, .. } => Err("no test ran".to_owned()),
        Count { failed, .. } => Err(format!("{failed} tests failed")),
    }
}

/// Twice as many as processors: tests with real programs mostly wait for them.
pub(crate) fn threads() -> String {
    (2 * std::thread::available_parallelism().map_or(1, usize::from)).to_string()
}

/// The last line of the tests that ran in this process.
pub(crate) fn summary() -> &'static str {
    SUMMARY.get().map_or("0 passed, 1 failed", String::as_str)
}

static SUMMARY: OnceLock<String> = OnceLock::new();

/// Runs one command, shows what it prints and adds up its results; a failure names the tests that failed.
pub(crate) fn tests(command: &mut Command, count: &mut Count) -> Result<(), String> {
    let mut failed = Vec::new();
    let ended = run_reading(command, |line| {
        add(line, count);
        failed.extend(failed_test(line).map(str::to_owned));
    });
    ended.map_err(|why| if failed.is_empty() { why } else { format!("failed: {}", failed.join(", ")) })
}

/// The name of a test that failed, where a line says so.
fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// Adds a `test result:` line.
fn add(line: &str, count: &mut Count) {
    let Some(result) = line.strip_prefix("test result: ") else { return };
    let number = |word: &str| {
        let before = result.split(word).next().and_then(|text| text.split_whitespace().last());
        before.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0)
    };
    count.passed += number(" passed");
    count.failed += number(" failed");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_other_lines_are_not() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test result: FAILED. 10 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 3.80s",
        ] {
            add(line, &mut count);
        }
        assert_eq!(count, Count { passed: 22, failed: 1 });
    }
}
