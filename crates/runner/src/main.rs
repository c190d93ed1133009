//! `firmamentd`: reads the configuration, wires the house together, and keeps it running under systemd.

mod accounts;
mod backends;
mod check;
mod facts;
mod key_stores;
mod manners;
mod neighbours;
mod network;
mod opening;
mod options;
mod proxy;
mod recent;
mod socket;
mod watchdog;
mod wire;
mod write_names;

#[cfg(test)]
mod manual_page;

use account_options::WhoMayRegister;
use clap::Parser;
use config::{Checked, Loaded, Settings};
use driver::Driver;
use host::memory;
use options::Options;
use sd_notify::NotifyState;
use server::{Registrars, Service, Stop};
use std::alloc::System;
use std::error::Error;
use std::os::unix::net::UnixListener;
use std::path::Path;
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
            // systemd starts it again at once, which is for crashes; what cannot start needs somebody first.
            if std::env::var_os("NOTIFY_SOCKET").is_some() {
                std::thread::sleep(NEXT_START);
            }
            ExitCode::FAILURE
        }
    }
}

fn start(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    memory::forbid_dumps()?;
    let locked = memory::lock();
    // Whatever is made from here on is for this user alone; the socket is opened up by itself.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    if options.check {
        return Ok(check::run(options));
    }
    if options.write_names {
        return Ok(write_names::run(options));
    }
    let Checked { loaded, errors } = config::check(&options.sources());
    telemetry::init(options.verbosity(&loaded.settings));
    if let Err(error) = locked {
        tracing::warn!(%error, "Secrets may reach the swap");
    }
    loaded.notes.iter().for_each(|note| tracing::warn!(%note, "A remark on the configuration"));
    errors.iter().for_each(|error| tracing::error!(%error, "The configuration cannot be used"));
    if let Some((first, others)) = errors.split_first() {
        let more = match others.len() {
            0 => String::new(),
            count => format!(" (and {} more: firmamentd --check lists them)", check::counted(count, "error")),
        };
        return Err(format!("the configuration cannot be used: {first}{more}").into());
    }
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
    // First: whoever asks us to end while we start finds everything in order, if late.
    let signals = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let wired = wire::build(options, loaded)?;
    let (listener, socket) = socket::listen(handed_over, &options.socket(&loaded.settings))?;
    say_what_is_served(&loaded.settings, &socket, &wired.proxy);
    let manners = manners::of(&loaded.settings, Path::new("/"));
    if let Err(error) = manners::write(&options.cache_dir, manners.spoken) {
        tracing::warn!(%error, "The PAM module speaks English while the service is away");
    }
    let (stop, stopping) = watch::channel(None);
    let (ready, when_ready) = watch::channel(None);
    let user = rustix::process::geteuid().as_raw();
    // Whoever comes during the start has a first word at once.
    let served = tokio::spawn(server::serve(listener, user, when_ready, stopping));
    let started = Driver::start(wired.dependencies).await;
    let code = match started {
        Ok(driver) => {
            let registrars = registrars(loaded.settings.global.who_may_register.clone());
            let service = Service { driver: driver.clone(), about: wired.about, registrars, manners };
            ready.send_replace(Some(Arc::new(service)));
            notify(&[NotifyState::Ready, NotifyState::Status(&status_line(&driver))]);
            watchdog::start(&driver);
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

fn say_what_is_served(settings: &Settings, socket: &Path, proxy: &str) {
    let (socket, domains) = (socket.display(), served(settings));
    let shown = domains.as_deref().unwrap_or("no domain");
    tracing::info!(%socket, domains = shown, proxy, "Listening on {socket}, serving {shown}");
    if domains.is_none() {
        tracing::warn!("{NO_DOMAIN}");
    }
}

/// Root is whoever the socket says is root, and others are who they are outside of their user namespace.
fn registrars(option: WhoMayRegister) -> Registrars {
    let of_people = option.clone();
    Registrars {
        callers: Arc::new(move |is_root, by, gid| {
            option.judge(is_root, |group| host::groups::is_member(by.0, gid, group))
        }),
        people: Arc::new(move |person| accounts::may_register(&of_people, person)),
    }
}

/// The domains that are served; none where nobody can sign in.
fn served(settings: &Settings) -> Option<String> {
    let names: Vec<_> = settings.domains.iter().map(|domain| domain.name.as_str()).collect();
    if names.is_empty() { None } else { Some(names.join(", ")) }
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
    match views.len() {
        0 => NO_DOMAIN.to_owned(),
        count => format!("{registered} of {count} domains registered"),
    }
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

const NO_DOMAIN: &str = "No domain is configured, and nobody can sign in: set the option domain in himmelblau.conf, then restart firmamentd";
/// The runtime needs two, because a TLS handshake with a key of the HSM blocks one (dependencies, rustls).
const WORKERS: usize = 2;
/// How long a start that failed waits before it ends under systemd, so that it is not tried ten times a second.
const NEXT_START: Duration = Duration::from_secs(2);
/// How long the end waits for threads that are busy.
const LAST_WRITES: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use model::{MayRegister, Requester};

    #[test]
    fn root_is_root_by_the_socket_and_not_by_who_maps_it() {
        let of = |option: &WhoMayRegister, is_root, by| {
            (registrars(option.clone()).callers)(is_root, Requester(by), 4711)
        };
        assert_eq!(of(&WhoMayRegister::Root, true, 0), MayRegister::Yes);
        assert_eq!(of(&WhoMayRegister::Root, false, 0), MayRegister::No);
        assert_eq!(of(&WhoMayRegister::Anyone, false, 1000), MayRegister::Yes);
        let group = WhoMayRegister::Group("no-such-group-here".to_owned());
        assert_eq!((of(&group, false, 1000), of(&group, true, 0)), (MayRegister::No, MayRegister::Yes));
    }

    #[test]
    fn a_log_in_service_is_root_and_the_person_is_judged() {
        let of = |option| (registrars(option).people)(&"alex@contoso.com".parse().unwrap());
        assert_eq!(of(WhoMayRegister::Anyone), MayRegister::Yes);
        assert_eq!(of(WhoMayRegister::Root), MayRegister::No);
        assert_eq!(of(WhoMayRegister::Group("no-such-group-here".to_owned())), MayRegister::No);
    }
}
