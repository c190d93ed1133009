//! The files that every process reads names and verdicts from: written whenever an account has changed, and before
//! whoever is let in is told so (login.md 3.3, 3.3b).

use crate::computer::Ports;
use crate::inbox::service_ended;
use accounts::{AccountSettings, FilesOnDisk, LocalFacts, Written as Last, snapshot, verdicts};
use in_flight::rest;
use model::{Failure, FailureClass, STATE_NOT_WRITABLE, Who, log_failure};
use names::{Snapshot, VerdictOf};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Where names and verdicts go, and where this machine says whose names and numbers are taken. Blocking.
pub trait AccountFiles: Send + Sync {
    /// What /etc says, and what is where this home directory would be.
    fn local_facts(&self, home: Option<&str>) -> LocalFacts;

    /// Replaces both files, so that whoever reads sees the old ones or the new ones whole; what they are on the disk.
    ///
    /// # Errors
    /// Where one of them cannot be replaced; it is then the old one.
    fn write(&self, names: &Snapshot, verdicts: &[VerdictOf]) -> io::Result<FilesOnDisk>;

    /// What is in their places now; nothing where one of them is not there.
    fn on_disk(&self) -> Option<FilesOnDisk>;
}

/// The way to whoever writes both files.
#[derive(Clone)]
pub(crate) struct AccountWriter(mpsc::UnboundedSender<Written>);

type Written = oneshot::Sender<Result<(), Failure>>;

impl AccountWriter {
    /// A writer, and where it hears who waits for it.
    pub(crate) fn new() -> (AccountWriter, mpsc::UnboundedReceiver<Written>) {
        let (sender, waiting) = mpsc::unbounded_channel();
        (AccountWriter(sender), waiting)
    }

    /// Waits until the files say what is published now.
    ///
    /// # Errors
    /// Where they cannot be written.
    pub(crate) async fn written(&self) -> Result<(), Failure> {
        let (tell, told) = oneshot::channel();
        self.0.send(tell).map_err(|_| service_ended())?;
        told.await.unwrap_or_else(|_| Err(service_ended()))
    }
}

/// Writes as long as the driver lives: at the start, after each change, and again a while after a failure. A sign-in that
/// changes nothing writes nothing.
pub(crate) async fn run(ports: Arc<Ports>, mut waiting: mpsc::UnboundedReceiver<Written>) {
    let mut changed = ports.views.accounts_changed.subscribe();
    let (mut told, mut last) = (Vec::new(), None);
    loop {
        changed.mark_unchanged();
        while let Ok(tell) = waiting.try_recv() {
            told.push(tell);
        }
        let result = match write(&ports, last.take()).await {
            Ok(written) => {
                last = Some(written);
                Ok(())
            }
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &result
            && ports.log.allows("names not written")
        {
            log_failure!(warn, failure, {}, "The files of names cannot be written");
        }
        let again = result.is_err().then(|| ports.clock.now().after(AGAIN));
        // Whoever hung up meanwhile is let in the next time.
        told.drain(..).for_each(|tell: Written| drop(tell.send(result.clone())));
        tokio::select! {
            more = changed.changed() => if more.is_err() { return },
            first = waiting.recv() => match first {
                Some(tell) => told.push(tell),
                None => return,
            },
            () = rest(&*ports.clock, again) => {}
        }
    }
}

/// What was written last, and how often accounts had changed then.
type Before = (u64, Last);

/// Writes what is published now, unless it was written last and the files are still those.
async fn write(ports: &Ports, last: Option<Before>) -> Result<Before, Failure> {
    let files = ports.account_files.clone();
    // First, so that what changes meanwhile is looked at again.
    let version = *ports.views.accounts_changed.borrow();
    let (last, unchanged) = match last {
        Some((at, last)) if at == version => (None, Some(last)),
        other => (other.map(|(_, last)| last), None),
    };
    if let Some(last) = unchanged {
        let looked = tokio::task::spawn_blocking(move || files.on_disk()).await;
        let found = looked.map_err(|crash| not_written(&io::Error::other(crash)))?;
        if found == Some(last.files) {
            return Ok((version, last));
        }
    }
    let (files, settings) = (ports.account_files.clone(), ports.accounts.clone());
    let (accounts, reserved) = (ports.views.accounts(), ports.views.reserved());
    let written = tokio::task::spawn_blocking(move || {
        let (names, verdicts) = (snapshot(&settings, &accounts, &reserved), verdicts(&settings, &accounts));
        match last.filter(|last| last.is_current(&names, &verdicts, || files.on_disk())) {
            Some(last) => Ok(last),
            None => files.write(&names, &verdicts).map(|files| Last { names, verdicts, files }),
        }
    });
    let written = written.await.unwrap_or_else(|crash| Err(io::Error::other(crash)));
    written.map(|last| (version, last)).map_err(|error| not_written(&error))
}

/// What this machine says of the account that somebody is about to have.
pub(crate) async fn local_facts(
    files: Arc<dyn AccountFiles>,
    home: Option<String>,
) -> Result<LocalFacts, Failure> {
    let looked = tokio::task::spawn_blocking(move || files.local_facts(home.as_deref()));
    let looked = tokio::time::timeout(LOOKED, looked).await.map_err(|_| home_is_silent())?;
    looked.map_err(|crash| not_written(&io::Error::other(crash)))
}

/// A home on a file server that is away would hold the login for good.
fn home_is_silent() -> Failure {
    Failure::local(
        FailureClass::Transient,
        Who::MachineAdmin,
        "HomeNotAnswering",
        "the file system of the home directory does not answer".to_owned(),
        "See that the file server of the homes can be reached, then sign in again.",
    )
}

fn not_written(error: &io::Error) -> Failure {
    Failure::local(
        FailureClass::Broken,
        Who::MachineAdmin,
        STATE_NOT_WRITABLE,
        format!("the names of accounts cannot be written: {error}"),
        "Free space on the disk, or make /var/cache/firmament firmamentd's own with mode 0755; then sign in again.",
    )
}

/// What every part of the driver knows of accounts.
pub(crate) type Settings = Arc<AccountSettings>;

/// So long what /etc and the home say is waited for.
const LOOKED: Duration = Duration::from_secs(10);
/// After a failure the files are tried again this much later.
const AGAIN: Duration = Duration::from_secs(60);
