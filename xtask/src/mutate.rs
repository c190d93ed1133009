//! One-line faults, each of which a named test has to catch.

use crate::run::{cargo_program, root, target};
use clap::Args;
use faults::{Fault, Trial, Verdict};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

/// Which faults.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// The faults of one crate alone, or one of them: `executor`, `executor/7`.
    #[arg(long, value_name = "CRATE[/N]")]
    only: Option<String>,
    /// As many as fit in so many minutes, beginning at one that the commit's hash chooses.
    #[arg(long, value_name = "MINUTES")]
    minutes: Option<u64>,
}

/// The share that CI runs.
pub(crate) fn share() -> Result<(), String> {
    run(&Options { minutes: Some(5), ..Options::default() })
}

/// Plants every fault in a copy of the workspace and runs the test that must fail.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let begun = Instant::now();
    let all = faults::all(&root())?;
    let chosen = chosen(&all, options);
    if chosen.is_empty() {
        return Err(format!("there is no fault '{}'", options.only.as_deref().unwrap_or_default()));
    }
    let checked = if options.only.is_some() { chosen.clone() } else { all.iter().collect() };
    faults::apply(&root(), &checked)?;
    let budget = options.minutes.map(|minutes| Duration::from_secs(60 * minutes));
    let copy = faults::of_the_workspace(&root(), &target());
    let copy = copy.map_err(|error| format!("the copy of the workspace: {error}"))?;
    let trial = Trial { copy, cargo: cargo_program() };
    let (mut sound, mut caught, mut survivors) = (BTreeSet::new(), 0, Vec::new());
    for fault in &chosen {
        if budget.is_some_and(|budget| caught > 0 && begun.elapsed() > budget) {
            break;
        }
        if sound.insert(fault.package.as_str()) {
            trial.is_sound(&chosen, &fault.package)?;
        }
        let verdict = trial.of(fault);
        let said = verdict.as_ref().map_or("no fault".to_owned(), |verdict| format!("{verdict:?}"));
        println!("{:<14} {said:<8}  {} -> {}", fault.name, fault.what, fault.caught_by);
        match verdict {
            Ok(Verdict::Caught) => caught += 1,
            Ok(other) => survivors.push(format!("{} ({}, {other:?})", fault.what, fault.name)),
            Err(why) => survivors.push(format!("{} ({}): {why}", fault.what, fault.name)),
        }
    }
    let seconds = begun.elapsed().as_secs();
    println!("mutate: {caught} faults were caught, of {} there are, in {seconds} s", all.len());
    match survivors.as_slice() {
        [] => Ok(()),
        some => Err(format!("{} faults were not caught:\n{}", some.len(), some.join("\n"))),
    }
}

/// The wanted faults; a share of them goes round from one commit to the next.
fn chosen<'f>(all: &'f [Fault], options: &Options) -> Vec<&'f Fault> {
    let wanted = |fault: &&Fault| match &options.only {
        Some(only) => fault.name == *only || fault.of() == *only,
        None => true,
    };
    let mut chosen: Vec<&Fault> = all.iter().filter(wanted).collect();
    if options.minutes.is_some() && !chosen.is_empty() {
        let start = start(&commit(), chosen.len());
        chosen.rotate_left(start);
    }
    chosen
}

fn commit() -> String {
    let output = Command::new("git").current_dir(root()).args(["rev-parse", "HEAD"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// The place among so many that a commit's hash names; the first where there is none.
fn start(hash: &str, places: usize) -> usize {
    let number = hash.get(..12).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0);
    usize::try_from(number % (places.max(1) as u64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_begins_where_the_hash_says() {
        for (hash, places, at) in [
            ("", 9, 0),
            ("00000000000a", 9, 1),
            ("00000000000affff", 4, 2),
            ("no hash here", 9, 0),
            ("1", 0, 0),
        ] {
            assert_eq!(start(hash, places), at, "{hash}");
        }
    }

    #[test]
    fn a_crate_or_one_of_its_faults_can_be_chosen() {
        let all = faults::all(&root()).unwrap();
        let names = |only: &str| {
            let options = Options { only: Some(only.to_owned()), ..Options::default() };
            chosen(&all, &options).iter().map(|fault| fault.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("executor/2"), ["executor/2"]);
        assert!(
            names("executor").len() > 9 && names("executor").iter().all(|it| it.starts_with("executor/"))
        );
        assert_eq!(names("nothing"), [""; 0]);
    }
}
