//! `aad-tool`: what a person or an operator says to firmamentd.
//!
//! Exit codes are in [`exit`]; no secret is ever taken from the command line.

mod ask;
mod commands;
mod exit;
mod offline;
mod options;
mod show;

#[cfg(test)]
mod tests;

use clap::Parser;
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::alloc::System;
use std::process::ExitCode;
use zeroizing_alloc::ZeroAlloc;

/// Wipes whatever is freed.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    // A password may be typed: no core of it, and nobody but root attaches. No kernel refuses that.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let options = match options::Options::try_parse() {
        Ok(options) => options,
        Err(error) => return exit::usage(&error),
    };
    match commands::run(&options) {
        Ok(ending) => exit::code(ending),
        Err(error) => {
            // The daemon, or whoever listens in its place, may be quoted.
            for line in error.to_string().lines() {
                eprintln!("aad-tool: {}", model::for_terminal(line));
            }
            exit::failure(&error)
        }
    }
}
