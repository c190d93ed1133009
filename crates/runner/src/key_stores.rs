//! Every key store on a thread of its own; TPM and token in a process of their own besides.

use crate::backends::advice;
use crate::opening::Openers;
use hsm::{Backends, Deadlines, Hsm, Keys};
use hsm_process::{Condition, Opening, ProcessHsm};
use hsm_thread::HsmThread;
use model::Backend;
use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The key stores of this machine.
pub(crate) struct KeyStores {
    places: Vec<Place>,
}

struct Place {
    backend: Backend,
    thread: Arc<HsmThread>,
    shown: Shown,
}

/// What `status` says of a key store.
enum Shown {
    /// Always the same.
    Always(String),
    Now(Condition),
}

impl KeyStores {
    /// Starts their threads; nothing is opened, and no process started, before it is asked for something.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn start(openers: &Openers<'_>, program: &Path) -> io::Result<KeyStores> {
        let soft = openers.soft();
        let description = soft.info().description;
        let thread = Arc::new(HsmThread::start(Box::new(soft))?);
        let soft = Place { backend: Backend::Soft, thread, shown: Shown::Always(description) };
        let places = vec![
            soft,
            in_a_process(Backend::Pkcs11, program, openers.pkcs11())?,
            in_a_process(Backend::Tpm, program, openers.tpm())?,
        ];
        Ok(KeyStores { places })
    }

    /// All of them as one.
    pub(crate) fn keys(&self) -> Backends {
        let place = |place: &Place| (place.backend, place.thread.clone() as Arc<dyn Keys>);
        Backends::new(self.places.iter().map(place).collect())
    }

    /// Opens these; what becomes of that, `status` and the log say. `is_new` says that there are no keys yet.
    pub(crate) fn open(&self, wanted: &BTreeSet<Backend>, is_new: bool) {
        for backend in wanted.iter().copied() {
            let ready = self.keys().ready(backend);
            tokio::spawn(async move {
                if let Err(error) = ready.await {
                    let advice = advice(backend, &error, is_new);
                    tracing::warn!(%backend, %error, advice, "A key store is not open");
                }
            });
        }
    }

    /// What holds the keys of this backend, in one line.
    pub(crate) fn description(&self, backend: Backend) -> String {
        let place = self.places.iter().find(|place| place.backend == backend);
        match place.map(|place| &place.shown) {
            Some(Shown::Always(description)) => description.clone(),
            Some(Shown::Now(condition)) => condition.description(),
            None => String::new(),
        }
    }

    /// A sentence for each that cannot be used now, of those that are wanted or have been used.
    pub(crate) fn problems(&self, wanted: &BTreeSet<Backend>, is_new: bool) -> Vec<String> {
        let notice = |place: &Place| match &place.shown {
            Shown::Now(condition) if wanted.contains(&place.backend) || condition.was_opened() => {
                let (backend, error) = (place.backend, condition.problem()?);
                // Where it was opened there may be keys meanwhile.
                let advice = advice(backend, &error, is_new && !condition.was_opened());
                Some(format!("The {backend} keys cannot be used now: {error}. {advice}"))
            }
            _ => None,
        };
        self.places.iter().filter_map(notice).collect()
    }

    /// A sentence for each whose keys failed when they were last used.
    pub(crate) fn failed(&self) -> Vec<String> {
        let notice = |place: &Place| match &place.shown {
            Shown::Now(condition) => {
                let (error, at) = condition.failed()?;
                Some(format!("The last use of the {} keys failed at {at}: {error}.", place.backend))
            }
            Shown::Always(_) => None,
        };
        self.places.iter().filter_map(notice).collect()
    }

    /// Refuses what is queued, and lets what is in hand end: a token that may be writing its files is given time.
    pub(crate) fn end(&self) {
        for place in &self.places {
            let limit = if place.backend == Backend::Pkcs11 { TOKEN_WRITES } else { ENDS };
            if !place.thread.end(limit) {
                tracing::warn!(backend = %place.backend, "A key store still has a job at the end");
            }
        }
    }
}

fn in_a_process(backend: Backend, program: &Path, opening: Opening) -> io::Result<Place> {
    let hsm = ProcessHsm::new(backend, program.to_owned(), opening, Deadlines::default());
    let shown = Shown::Now(hsm.condition());
    Ok(Place { backend, thread: Arc::new(HsmThread::start(Box::new(hsm))?), shown })
}

/// How long the end waits for the job that a token has in hand.
const TOKEN_WRITES: Duration = Duration::from_secs(60);
/// How long it waits for any other.
const ENDS: Duration = Duration::from_secs(2);
