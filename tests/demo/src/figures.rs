//! What a registration costs and how the programs compare, all in one run: counts, and ratios of medians.

use crate::Stage;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each thing is timed.
const ROUNDS: usize = 15;
/// Sign-ins that are asked for at once.
const CROWD: usize = 50;

/// Measures on a stage of its own.
///
/// # Errors
/// Whatever a program or the stage says.
pub fn measure(mut stage: Stage) -> Result<(), String> {
    let before = stage.counters()?;
    let first = time(|| stage.first_sign_in())?;
    let after = stage.counters()?;
    println!("bench | from nothing to IntuneEnrolled: {}", between(&before, &after));
    println!("bench | daemon at rest: {}", stage.daemon_at_rest()?);
    let process = median(|| quiet(stage.tool(&["version"])))?;
    let status = median(|| quiet(stage.tool(&["status"])))?;
    let password = median(|| quiet(stage.with_password()?))?;
    let crowd = time(|| crowd(&stage))?;
    println!("bench | one sign-in with registration and Intune: {first:.1?}, most of it polls of 1 s");
    ratio("aad-tool status", status, "a process that only prints its version", process);
    ratio("a sign-in by password", password, "aad-tool status", status);
    ratio(&format!("{CROWD} times aad-tool status at once"), crowd, "one", status);
    Ok(())
}

fn ratio(what: &str, time: Duration, other: &str, base: Duration) {
    let ratio = time.as_secs_f64() / base.as_secs_f64();
    println!("bench | {what}: {ratio:.1} times {other} ({time:.1?} and {base:.1?})");
}

fn time(work: impl FnOnce() -> Result<(), String>) -> Result<Duration, String> {
    let begun = Instant::now();
    work().map(|()| begun.elapsed())
}

fn median(work: impl Fn() -> Result<(), String>) -> Result<Duration, String> {
    let times: Result<Vec<Duration>, String> = (0..ROUNDS).map(|_| time(&work)).collect();
    let mut times = times?;
    times.sort();
    times.get(ROUNDS / 2).copied().ok_or_else(|| "nothing was timed".to_owned())
}

fn quiet(mut command: Command) -> Result<(), String> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    let status = status.map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}")) }
}

fn crowd(stage: &Stage) -> Result<(), String> {
    std::thread::scope(|scope| {
        let one = || scope.spawn(|| quiet(stage.tool(&["status"])));
        let all: Vec<_> = (0..CROWD).map(|_| one()).collect();
        all.into_iter().try_for_each(|it| it.join().map_err(|_| "a thread panicked".to_owned())?)
    })
}

/// `name n` for every counter that grew.
fn between(before: &serde_json::Value, after: &serde_json::Value) -> String {
    let number = |of: &serde_json::Value, name: &str| of[name].as_u64().unwrap_or(0);
    let names = after.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let grown = names.filter_map(|name| {
        let count = number(after, name).saturating_sub(number(before, name));
        (count > 0).then(|| format!("{count} {name}"))
    });
    grown.collect::<Vec<_>>().join(", ")
}
