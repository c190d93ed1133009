//! `aad-tool`: what a person or an operator says to firmamentd.
//!
//! Exit codes are in [`exit`]; no secret is ever taken from the command line.

mod ask;
mod commands;
mod error;
mod exit;
mod import;
mod join_token;
mod options;
mod output;
mod setup;
mod speech;
mod talk;
mod terminal;
mod waiting;

#[cfg(test)]
mod tests;

use clap::Parser;
use clap::error::ErrorKind;
use error::CommandError;
use exit::Exit;
use ipc::FailureReport;
use messages::Language;
use options::{AskCommand, Command, Options};
use output::{Format, Output};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use std::alloc::System;
use std::process::ExitCode;
use std::sync::Arc;
use zeroizing_alloc::ZeroAlloc;

/// Wipes whatever is freed.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    // A password may be typed: no core of it, and nobody but root attaches. No kernel refuses that.
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => return usage(&error),
    };
    let format = match (&options.command, options.json) {
        (_, false) => Format::Text,
        (Command::Ask(AskCommand::Watch), true) => Format::JsonLines,
        (_, true) => Format::Json,
    };
    let output = Arc::new(Output::new(format, options.command.name(), speech::language(&options)));
    let exit = match watch_signals(&output).and_then(|()| commands::run(&options, &output)) {
        Ok(exit) => exit,
        Err(error) => {
            output.error(&FailureReport::from(&error.failure()), &error.to_string());
            error.exit()
        }
    };
    output.end(exit);
    ExitCode::from(exit.code())
}

/// Ctrl-C ends the program with the echo of the terminal restored, and with the JSON object.
fn watch_signals(output: &Arc<Output>) -> Result<(), CommandError> {
    let output = Arc::clone(output);
    let last_words = move || {
        output.error(&FailureReport::from(&error::interrupted()), "interrupted");
        output.end(Exit::Interrupted);
    };
    terminal::watch_signals(last_words).map_err(CommandError::Signals)
}

/// Help and version end well; everything else on the command line is a usage error.
fn usage(error: &clap::Error) -> ExitCode {
    let wanted = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let exit = if wanted { Exit::Done } else { Exit::Usage };
    if !std::env::args_os().any(|argument| argument == "--json") {
        // A closed terminal leaves nobody to tell.
        drop(error.print());
        return ExitCode::from(exit.code());
    }
    let output = Output::new(Format::Json, "", Language::English);
    let text = error.to_string();
    let told = match wanted {
        true => output.result("text", text.into(), ""),
        false => output.failed(&FailureReport::from(&error::usage(&text))),
    };
    drop(told);
    output.end(exit);
    ExitCode::from(exit.code())
}
