use failures::key_failure;
use hsm::{HsmError, Keys};
use model::{
    Backend, Failure, FailureClass, Guid, IntentId, KeyHandle, KeyPurpose, Secret, Who, log_failure,
};
use offline::{Answer, Check, Cost, Key, Moment, PERIOD, Person, Request, Verifier, refusals};
use passwords::{is_same, mac, stretch};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{interval, timeout};
use views::Views;

/// Where it is decided what is written, and what the desk must know besides.
pub trait Office: Send + Sync + 'static {
    /// Decides, and makes it durable.
    fn ask(&self, request: Request) -> impl Future<Output = Result<Answer, Failure>> + Send;

    /// What is published: what is durable.
    fn views(&self) -> &Views;

    /// What the clocks say.
    fn moment(&self) -> Moment;

    /// Whether a line may be logged that anybody on this machine can cause.
    fn may_log(&self, what: &'static str) -> bool;
}

/// What does not change while the service runs.
pub struct Settings {
    /// How long after a sign-in with the network a password is checked here; none where that is not wanted.
    pub ttl: Option<Duration>,
    /// What a comparison costs.
    pub cost: Cost,
    /// Where the key is made.
    pub place: Backend,
    /// The keys of this machine.
    pub keys: Arc<dyn Keys>,
}

/// The way to the desk.
#[derive(Clone)]
pub struct Desk(mpsc::Sender<Job>);

/// Where its jobs arrive.
pub type Jobs = mpsc::Receiver<Job>;

/// A password, and what is done with it.
pub enum Job {
    /// The service has just accepted it.
    Learn(Person, Secret<String>),
    /// The service has just said that it is wrong.
    Refused(Person, Secret<String>),
    /// The service cannot be asked: is it the one that it accepted last?
    Compare(Person, Secret<String>, oneshot::Sender<Result<(), Failure>>),
}

impl Desk {
    /// A desk, and where its jobs arrive.
    pub fn new() -> (Desk, Jobs) {
        let (sender, jobs) = mpsc::channel(JOBS);
        (Desk(sender), jobs)
    }

    /// Gives the desk something that nobody waits for; lost where it has too much to do.
    pub fn give(&self, job: Job) {
        if self.0.try_send(job).is_err() {
            tracing::warn!("What is kept of a password for the time without the network stays as it was");
        }
    }

    /// Whether it is the password that the service accepted last; durable, and counted, when it is told.
    ///
    /// # Errors
    /// Why it is not, or why that cannot be found out.
    pub async fn compare(&self, person: Person, password: Secret<String>) -> Result<(), Failure> {
        let (tell, told) = oneshot::channel();
        let job = Job::Compare(person, password, tell);
        self.0.try_send(job).map_err(|_| refusals::busy())?;
        let told = timeout(COMPARED, told).await.map_err(|_| refusals::busy())?;
        told.unwrap_or_else(|_| Err(refusals::ended()))
    }
}

/// Works as long as the driver lives.
pub async fn run(office: impl Office, settings: Settings, mut jobs: Jobs) {
    let worker = Worker { office, settings };
    let mut left = worker.office.views().offline_changed.subscribe();
    let mut marks = interval(MARKS);
    loop {
        tokio::select! {
            biased;
            _ = marks.tick() => worker.mark().await,
            job = jobs.recv() => match job {
                Some(job) => worker.does(job).await,
                None => return,
            },
            changed = left.changed() => if changed.is_err() { return },
        }
        worker.tidy().await;
    }
}

struct Worker<O> {
    office: O,
    settings: Settings,
}

impl<O: Office> Worker<O> {
    async fn does(&self, job: Job) {
        match job {
            Job::Learn(person, password) => {
                if let Err(failure) = self.learn(person, password).await {
                    self.warn(&failure, "A password cannot be kept for the time without the network");
                    // A key that cannot be used any more gives way to a new one.
                    if failure.trouble.is_some()
                        && let Ok(Answer::Key(Some(key))) = self.ask(Request::EndAll).await
                    {
                        self.destroy(key).await;
                    }
                }
            }
            Job::Refused(person, password) => {
                if let Err(failure) = self.refused(person, password).await {
                    self.warn(&failure, "A refused password cannot be compared; what was kept of it ends");
                    drop(self.ask(Request::Ended(person)).await);
                }
            }
            Job::Compare(person, password, tell) => {
                // Whoever asked may have gone.
                drop(tell.send(self.compare(person, password).await));
            }
        }
    }

    fn warn(&self, failure: &Failure, what: &'static str) {
        if self.office.may_log(what) {
            log_failure!(warn, failure, { what, }, "Sign-ins without the network");
        }
    }

    fn moment(&self) -> Moment {
        self.office.moment()
    }

    async fn ask(&self, request: Request) -> Result<Answer, Failure> {
        self.office.ask(request).await
    }

    async fn mark(&self) {
        if !self.office.views().has_verifiers() {
            return;
        }
        if let Err(failure) = self.ask(Request::Passed(self.moment())).await {
            self.warn(&failure, "How long the service has run cannot be written");
        }
    }

    async fn learn(&self, person: Person, password: Secret<String>) -> Result<(), Failure> {
        if self.settings.ttl.is_none() {
            return Ok(());
        }
        let key = self.key().await?;
        let check = Check { salt: random()?, mac: [0; 32], cost: self.settings.cost };
        let mac = self.made_of(&key, person, password, &check).await?;
        let verifier = Verifier::proved(person, Check { mac, ..check }, self.moment());
        self.ask(Request::Proved(Box::new(verifier))).await.map(drop)
    }

    async fn refused(&self, person: Person, password: Secret<String>) -> Result<(), Failure> {
        let Some(verifier) = self.office.views().verifier(person) else { return Ok(()) };
        let Answer::Key(Some(Key::Made(key))) = self.ask(Request::KeyAsItIs).await? else { return Ok(()) };
        let mac = self.made_of(&key, person, password, &verifier.check).await?;
        if is_same(&verifier.check, &mac) {
            self.ask(Request::Ended(person)).await?;
        }
        Ok(())
    }

    /// Counted, then compared, then let in: each of them is durable before the next.
    async fn compare(&self, person: Person, password: Secret<String>) -> Result<(), Failure> {
        let Answer::Counted(verifier, key) = self.ask(Request::Try(person, self.moment())).await? else {
            return Err(unexpected());
        };
        let mac = self.made_of(&key, person, password, &verifier.check).await?;
        if !is_same(&verifier.check, &mac) {
            return Err(refusals::wrong_password());
        }
        self.ask(Request::Right(person, self.moment())).await.map(drop)
    }

    async fn made_of(
        &self,
        key: &KeyHandle,
        person: Person,
        password: Secret<String>,
        Check { salt, cost, .. }: &Check,
    ) -> Result<[u8; 32], Failure> {
        let (salt, cost) = (*salt, *cost);
        let stretched = tokio::task::spawn_blocking(move || stretch(&password, &salt, cost)).await;
        let stretched = stretched.map_err(|_| refusals::ended())??;
        mac(self.settings.keys.as_ref(), key.clone(), person, stretched).await
    }

    /// The key, which is made when the first password is kept: decided on, made, known.
    async fn key(&self) -> Result<KeyHandle, Failure> {
        let name = IntentId::new(Guid::version_4(random()?));
        match self.ask(Request::Key(name, self.settings.place)).await? {
            Answer::Key(Some(Key::Made(key))) => Ok(*key),
            Answer::Key(Some(Key::Wanted(name, place))) => {
                let made = self.settings.keys.create(place, KeyPurpose::Offline, name).await;
                let key = made.map_err(|error| key_failure(&error))?;
                self.ask(Request::KeyMade(Box::new(key.clone()))).await?;
                tracing::info!("The key for sign-ins without the network is made");
                Ok(key)
            }
            _ => Err(unexpected()),
        }
    }

    /// Where nobody's password is kept, or must not be any more, no key is left either.
    async fn tidy(&self) {
        let asked = self.ask(Request::Tidy(self.settings.place)).await;
        if let Ok(Answer::Key(Some(key))) = asked {
            self.destroy(key).await;
        }
    }

    async fn destroy(&self, key: Key) {
        match self.destroyed(key).await {
            Ok(()) => tracing::info!("The key for sign-ins without the network is destroyed"),
            Err(failure) => {
                self.warn(&failure, "The key for sign-ins without the network cannot be destroyed");
            }
        }
    }

    async fn destroyed(&self, key: Key) -> Result<(), Failure> {
        match self.gone(key).await {
            Ok(()) => {}
            // It is of no use to anybody, and nothing can be done about it: one after it must not wait for that.
            Err(error) if error.is_of_the_key() => {
                let failure = key_failure(&error);
                self.warn(&failure, "A key for sign-ins without the network may be left in its key store");
            }
            Err(error) => return Err(key_failure(&error)),
        }
        self.ask(Request::KeyGone).await.map(drop)
    }

    async fn gone(&self, key: Key) -> Result<(), HsmError> {
        let keys = self.settings.keys.as_ref();
        let key = match key {
            Key::Made(key) => *key,
            // It may be there: under the same name it is the same one.
            Key::Wanted(name, place) => keys.create(place, KeyPurpose::Offline, name).await?,
        };
        keys.destroy(key).await
    }
}

fn unexpected() -> Failure {
    let (message, advice) =
        ("internal error: unexpected answer", "Please report it with the log of firmamentd.");
    Failure::local(FailureClass::Broken, Who::Developers, "Unexpected", message.to_owned(), advice)
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| refusals::busy())?;
    Ok(bytes)
}

/// So many passwords wait to be dealt with.
const JOBS: usize = 16;
/// So long somebody waits for the comparison: for those before it, and for the key store.
const COMPARED: Duration = Duration::from_secs(60);
/// How often it is written for how long the service has run; with a minute for the writing, never later than it must.
const MARKS: Duration = PERIOD.saturating_sub(Duration::from_secs(60));
