//! `firmamentd`: reads the configuration, wires the house together, and keeps it running under systemd.

mod backends;
mod facts;
mod key_stores;
mod neighbours;
mod opening;
mod options;
mod socket;
mod wire;

#[cfg(test)]
mod manual_page;

use clap::Parser;
use config::Loaded;
use driver::Driver;
use host::memory;
use options::Options;
use sd_notify::NotifyState;
use server::{Service, Stop};
use std::alloc::System;
use std::error::Error;
use std::os::unix::net::UnixListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use zeroizing_alloc::ZeroAlloc;

/// Wipes whatever is freed, which reaches the buffers of HTTP, TLS and JSON too.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    match start(&Options::parse()) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = %chain(error.as_ref()), "The service cannot start");
            notify(&[NotifyState::Status(&chain(error.as_ref()))]);
            ExitCode::FAILURE
        }
    }
}

fn start(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    memory::forbid_dumps()?;
    let locked = memory::lock();
    // Whatever is made from here on is for this user alone; the socket is opened up by itself.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let loaded = config::load(&options.sources());
    telemetry::init(options.verbosity(loaded.as_ref().ok()));
    if let Err(error) = locked {
        tracing::warn!(%error, "Secrets may reach the swap");
    }
    let loaded = loaded?;
    let handed_over = socket::handed_over()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    let ended = runtime.block_on(run(options, &loaded, handed_over));
    // A name that is being looked up may hang for long; a write cut off here is as good as a crash.
    runtime.shutdown_timeout(LAST_WRITES);
    ended
}

async fn run(
    options: &Options,
    loaded: &Loaded,
    handed_over: Option<UnixListener>,
) -> Result<ExitCode, Box<dyn Error>> {
    loaded.notes.iter().for_each(|note| tracing::warn!(%note, "A remark on the configuration"));
    // First: whoever asks us to end while we start finds everything in order, if late.
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let wired = wire::build(options, loaded)?;
    let listener = socket::listen(handed_over, &options.socket(&loaded.settings))?;
    let (stop, stopping) = watch::channel(None);
    let (ready, when_ready) = watch::channel(None);
    // Whoever comes during the start has a first word at once.
    let served = tokio::spawn(server::serve(listener, when_ready, stopping));
    let started = Driver::start(wired.dependencies).await;
    let code = match started {
        Ok(driver) => {
            let who_may_register = loaded.settings.global.who_may_register.clone();
            let service = Service { driver: driver.clone(), about: wired.about, who_may_register };
            ready.send_replace(Some(Arc::new(service)));
            notify(&[NotifyState::Ready, NotifyState::Status(&status_line(&driver))]);
            let (why, code) = rest(&driver, signals).await;
            stop.send_replace(Some(why));
            Ok(code)
        }
        Err(error) => {
            stop.send_replace(Some(Stop::Asked));
            Err(error.into())
        }
    };
    notify(&[NotifyState::Stopping]);
    served.await?;
    tokio::task::spawn_blocking(move || wired.key_stores.end()).await?;
    code
}

/// Runs until a signal asks to end, or a write that was asked for has failed.
async fn rest(driver: &Driver, [mut terminate, mut interrupt]: [Signal; 2]) -> (Stop, ExitCode) {
    let (mut changes, mut stopped) = (driver.changes(), driver.stopped());
    loop {
        tokio::select! {
            _ = terminate.recv() => return (Stop::Asked, ExitCode::SUCCESS),
            _ = interrupt.recv() => return (Stop::Asked, ExitCode::SUCCESS),
            _ = changes.recv() => notify(&[NotifyState::Status(&status_line(driver))]),
            _ = stopped.wait_for(Option::is_some) => {
                tracing::error!("The state directory cannot be written; the next start tries it again");
                return (Stop::NotWritable, ExitCode::FAILURE);
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
/// How long the end waits for threads that are busy.
const LAST_WRITES: Duration = Duration::from_secs(10);
