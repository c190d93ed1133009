//! `firmamentd`: reads the configuration, wires the house together, and keeps it running under systemd.

mod facts;
mod neighbours;
mod options;
mod socket;
mod wire;

use clap::Parser;
use driver::Driver;
use options::Options;
use sd_notify::NotifyState;
use server::Service;
use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

fn main() -> ExitCode {
    let options = Options::parse();
    telemetry::init(options.verbosity());
    // Whatever is made from here on is for this user alone; the socket is opened up by itself.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(&options)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            tracing::error!("{}", chain(error.as_ref()));
            notify(&[NotifyState::Status(&chain(error.as_ref()))]);
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let loaded = config::load(&options.sources())?;
    loaded.notes.iter().for_each(|note| tracing::warn!("{note}"));
    let wired = wire::build(options, &loaded)?;
    let listener = socket::listen(&options.socket(&loaded.settings))?;
    let driver = Driver::start(wired.parts)?;
    let (stop, stopping) = watch::channel(false);
    let service = Arc::new(Service { driver: driver.clone(), about: wired.about });
    let served = tokio::spawn(server::serve(listener, service, stopping));
    notify(&[NotifyState::Ready, NotifyState::Status(&status_line(&driver))]);
    let code = rest(&driver).await?;
    notify(&[NotifyState::Stopping]);
    stop.send_replace(true);
    served.await?;
    Ok(code)
}

/// Runs until a signal asks to end, or the state can no longer be written and more was asked for.
async fn rest(driver: &Driver) -> Result<ExitCode, Box<dyn Error>> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (mut happenings, mut stopped) = (driver.happenings(), driver.stopped());
    loop {
        tokio::select! {
            _ = term.recv() => return Ok(ExitCode::SUCCESS),
            _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
            _ = happenings.recv() => notify(&[NotifyState::Status(&status_line(driver))]),
            _ = stopped.changed() => {
                tracing::error!("The state directory cannot be written and a registration was asked for");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
}

fn status_line(driver: &Driver) -> String {
    let views = driver.view();
    let registered = views.iter().filter(|view| view.is_registered()).count();
    format!("{registered} of {} domains registered", views.len())
}

fn notify(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "systemd was not notified");
    }
}

fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}

/// The runtime needs two, because a TLS handshake with a key of the HSM blocks one (dependencies, rustls).
const WORKERS: usize = 2;
