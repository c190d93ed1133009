//! `entra-simulator`: serves the stand-in cloud, and turns its knobs from the command line.

mod cli;
mod client;
mod show;

#[cfg(test)]
mod manual_page;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use simulator::{StartError, hosts};
use tokio::signal::unix::{SignalKind, signal};

use cli::{Cli, Command, ServeArguments};
use client::ClientError;

/// Why the command failed.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("{path}: {cause}")]
    File { path: String, cause: io::Error },
    #[error("could not start: {0}")]
    Runtime(io::Error),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            let _ = writeln!(io::stderr(), "entra-simulator: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Fault> {
    match command {
        Command::Hosts => {
            say(&hosts::lines().join("\n"));
            Ok(())
        }
        Command::Serve(arguments) => {
            let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            workers.map_err(Fault::Runtime)?.block_on(serve(arguments))
        }
        other => {
            let single = tokio::runtime::Builder::new_current_thread().enable_all().build();
            single.map_err(Fault::Runtime)?.block_on(ask(other))
        }
    }
}

async fn serve(arguments: ServeArguments) -> Result<(), Fault> {
    // The handlers stand before the line that tells others they may send signals.
    let mut terminate = signal(SignalKind::terminate()).map_err(Fault::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Fault::Runtime)?;
    let running = simulator::start(arguments.options()).await?;
    say(&format!("ready listen={} admin={} ca={}", running.listen, running.admin, running.ca.display()));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.stop().await;
    say("stopped");
    Ok(())
}

async fn ask(command: Command) -> Result<(), Fault> {
    let asking = cli::asking(command)?;
    let answer = client::call(&asking).await?;
    say(&if asking.json { show::json(&answer) } else { show::human(&answer) });
    Ok(())
}

/// Prints a line; whoever started us may have closed the pipe, which is no failure.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
