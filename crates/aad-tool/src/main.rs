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
mod manual_page;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match options::Options::try_parse() {
        Ok(options) => options,
        Err(error) => return exit::usage(&error),
    };
    match commands::run(&options) {
        Ok(ending) => exit::code(ending),
        Err(error) => {
            // The daemon, or whoever listens in its place, may be quoted.
            eprintln!("aad-tool: {}", model::for_terminal(&error.to_string()));
            exit::failure(&error)
        }
    }
}
