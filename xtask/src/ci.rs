//! Everything that CI checks, in one order; all of it runs, and any failure counts.

use crate::run::cargo;
use crate::{demo, dist, mutate, setup, states, strangers, test, tidy, tools, user};
use std::process::Command;
use std::time::Instant;

/// A part, and how to run it.
type Part = (&'static str, fn() -> Result<(), String>);

const PARTS: &[Part] = &[
    ("setup", setup::run_task),
    ("build", || crate::run::run(&mut cargo(&["test", "--workspace", "--no-run"]))),
    ("tools", || {
        // Tests wait for much, and nothing waits for these before the packages.
        tools::build_behind();
        Ok(())
    }),
    ("test", || test::run().map(drop)),
    ("demo", || demo::run(&demo::Options::default())),
    ("user", user::smoke),
    ("clients", || strangers::run(&strangers::Options::default())),
    ("fmt", || crate::run::run(&mut cargo(&["fmt", "--all", "--check"]))),
    ("clippy", || {
        crate::run::run(&mut cargo(&["clippy", "-q", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    }),
    ("mutate", mutate::share),
    // Long enough to see that the targets build and bear what they have known.
    ("fuzz", || crate::hostile_inputs(None, 20)),
    ("tidy", tidy::run),
    ("states", || states::run(true)),
    ("units", dist::check_units),
    ("packages", dist::try_out),
    ("deny", deny),
    ("doc", || {
        crate::run::run(cargo(&["doc", "-q", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
    }),
];

pub(crate) fn run() -> Result<(), String> {
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for (name, part) in PARTS {
        println!("== {name}");
        let begun = Instant::now();
        let result = part();
        let seconds = begun.elapsed().as_secs();
        if let Err(why) = &result {
            eprintln!("{name}: {why}");
            failed.push((*name, why.clone()));
        }
        lines.push(format!("{name:<8} {seconds:>5} s  {}", if result.is_ok() { "ok" } else { "FAILED" }));
    }
    println!("{}", lines.join("\n"));
    // Whoever reads only the end sees what failed and what the tests said.
    for (name, why) in &failed {
        println!("{name}: {why}");
    }
    println!("{}", test::summary());
    let names: Vec<_> = failed.iter().map(|(name, _)| *name).collect();
    if names.is_empty() { Ok(()) } else { Err(format!("failed: {}", names.join(", "))) }
}

fn deny() -> Result<(), String> {
    let mut check = Command::new(tools::cargo_deny()?);
    check.current_dir(crate::run::root()).args(["check", "bans", "licenses", "sources"]);
    crate::run::run(&mut check)
}
