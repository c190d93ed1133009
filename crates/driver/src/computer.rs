//! The loop: one event at a time goes to the tenancy, and its commands are performed in their order. It waits for
//! nothing but the next event: works, commits and sessions come back as events.

use crate::account_files::{AccountFiles, AccountWriter, Settings};
use crate::dependencies::Neighbours;
use crate::inbox::{Answered, Inbox, Message};
use crate::session::{self, SessionHandle};
use executor::Executor;
use hsm::Keys;
use in_flight::{Clock, Ends, InFlight, crashed, entropy, rest};
use lifecycle::{Reply, Work};
use log_limit::LogLimit;
use machine::{Machine, OpId};
use model::{
    Account, Backend, Delivery, DomainName, Failure, FailureClass, ObjectId, TenantId, Timestamp, TokenRef,
    log_failure,
};
use offline_desk::Desk;
use std::collections::BTreeMap;
use std::sync::Arc;
use store_thread::{StoreReport, StoreThread};
use tenancy::{Answer, Caller, Command, DomainConfig, Event, KeysReply, KeysWork, Tenancy};
use tokio::sync::{mpsc, oneshot, watch};
use vault::Vault;
use views::{StatusChange, Views};

/// What the loop and its sign-ins and sessions act upon.
pub(crate) struct Ports {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) keys: Arc<dyn Keys>,
    /// Where new keys are made.
    pub(crate) backend: Backend,
    pub(crate) domains: Vec<DomainConfig>,
    /// What performs the works of each configured domain's cloud.
    pub(crate) executors: BTreeMap<DomainName, Arc<Executor>>,
    pub(crate) neighbours: Neighbours,
    pub(crate) accounts: Settings,
    pub(crate) account_files: Arc<dyn AccountFiles>,
    /// Writes what is published of accounts.
    pub(crate) account_writer: AccountWriter,
    /// Where passwords are compared without the network.
    pub(crate) desk: Desk,
    pub(crate) views: Views,
    /// For lines that anybody on this machine can cause.
    pub(crate) log: LogLimit,
}

/// How a work ended.
pub(crate) enum Ended {
    Device(Box<Result<Reply, Failure>>),
    Keys(Result<KeysReply, Failure>),
}

/// All that this computer decides, and what is under way.
pub(crate) struct Computer {
    pub(crate) ports: Arc<Ports>,
    tenancy: Tenancy,
    store: StoreThread,
    inbox: Inbox,
    works: InFlight<OpId, Ended>,
    callers: BTreeMap<Caller, oneshot::Sender<Result<Answered, Failure>>>,
    last_caller: u64,
    sessions: BTreeMap<(TenantId, ObjectId), SessionHandle>,
    wake_at: Option<Timestamp>,
    /// Whether everything that was found at the start has come to rest.
    at_rest: watch::Sender<bool>,
}

/// Where the loop's events come from.
pub(crate) struct Sources {
    pub(crate) messages: mpsc::Receiver<Message>,
    pub(crate) reports: mpsc::UnboundedReceiver<StoreReport>,
    ended: Ends<OpId, Ended>,
}

impl Computer {
    /// A computer that has heard nothing yet, and where its events come from.
    pub(crate) fn new(
        ports: Arc<Ports>,
        tenancy: Tenancy,
        store: (StoreThread, mpsc::UnboundedReceiver<StoreReport>),
        (inbox, messages): (Inbox, mpsc::Receiver<Message>),
    ) -> (Computer, Sources) {
        let (works, ended) = InFlight::new();
        let (store, reports) = store;
        let computer = Computer {
            ports,
            tenancy,
            store,
            inbox,
            works,
            callers: BTreeMap::new(),
            last_caller: 0,
            sessions: BTreeMap::new(),
            wake_at: None,
            at_rest: watch::channel(false).0,
        };
        (computer, Sources { messages, reports, ended })
    }

    /// Becomes true when everything that was found at the start has come to rest.
    pub(crate) fn at_rest(&self) -> watch::Receiver<bool> {
        self.at_rest.subscribe()
    }

    /// Runs until nobody can say anything any more.
    pub(crate) async fn run(mut self, mut sources: Sources) {
        loop {
            let event = tokio::select! {
                Some((op, ended)) = sources.ended.recv() => self.ended(op, ended),
                Some(report) = sources.reports.recv() => match report {
                    StoreReport::Durable(ticket) => Event::Durable(ticket),
                    StoreReport::NotDurable(ticket, failure) => Event::NotDurable(ticket, failure),
                    StoreReport::Read(Some(found)) => Event::Restored(found),
                    StoreReport::Read(None) => {
                        // What was published stays; nobody waits for more.
                        self.at_rest.send_replace(true);
                        continue;
                    }
                },
                Some(message) = sources.messages.recv() => match message {
                    Message::Tell(event) => *event,
                    Message::Call(event, answer) => event(self.call(answer)),
                    Message::Turn(came) => {
                        // Whoever asked may have gone.
                        let _ = came.send(());
                        continue;
                    }
                },
                () = rest(&*self.ports.clock, self.wake_at) => Event::Woke,
                else => return,
            };
            self.step(event);
        }
    }

    fn ended(&mut self, op: OpId, ended: Ended) -> Event {
        self.works.ended(op);
        match ended {
            Ended::Device(result) => Event::Done(op, *result),
            Ended::Keys(result) => Event::KeysDone(op, result),
        }
    }

    fn call(&mut self, answer: oneshot::Sender<Result<Answered, Failure>>) -> Caller {
        self.last_caller += 1;
        self.callers.insert(Caller(self.last_caller), answer);
        Caller(self.last_caller)
    }

    /// One event, then its commands in their order.
    pub(crate) fn step(&mut self, event: Event) {
        let batch = self.tenancy.handle(event, self.ports.clock.now());
        self.wake_at = batch.wake_at;
        batch.commands.into_iter().for_each(|command| self.perform(command));
        if self.tenancy.is_at_rest() {
            self.at_rest.send_if_modified(|at_rest| !std::mem::replace(at_rest, true));
        }
    }

    fn perform(&mut self, command: Command) {
        let views = &self.ports.views;
        match command {
            Command::Commit(ticket, changes) => self.store.commit(ticket, changes),
            Command::Reread => self.store.reread(),
            Command::Run { op, domain, work } => self.run_work(op, &domain, *work),
            Command::RunKeys(op, work) => self.run_keys(op, work),
            Command::Cancel(op) => self.works.cancel(op),
            Command::Forget(token) => self.ports.vault.forget(token),
            Command::HandOver { account, domain, token } => self.hand_over(account, &domain, token),
            Command::EndSessions(tenant) => self.end_sessions(tenant),
            Command::Answer(caller, answer) => self.answer(caller, answer),
            Command::Publish(view) => views.publish(*view),
            Command::PublishDomains(domains) => views.publish_domains(domains),
            Command::PublishMissing(missing) => views.publish_missing(missing),
            Command::PublishAccount(account) => views.publish_account(*account),
            Command::PublishNoAccount(tenant, object) => views.publish_no_account(tenant, object),
            Command::PublishReserved(reserved) => views.publish_reserved(*reserved),
            Command::PublishNoReserved(name) => views.publish_no_reserved(&name),
            Command::PublishOffline(person, verifier) => {
                views.publish_offline(person, verifier.map(|it| *it));
            }
            Command::PublishPrepared(prepared) => drop(views.prepared.send_replace(prepared)),
            // Nobody watching is the ordinary case.
            Command::Announce(status) => {
                let status = Arc::from(status);
                drop(views.changes.send(StatusChange { at: self.ports.clock.now(), status }));
            }
            Command::Unserved(tenant) => {
                tracing::warn!(%tenant, "No configured domain leads to this registered tenant");
            }
            Command::NotWritable(failure) => {
                log_failure!(error, &failure, {}, "The state cannot be written; registration stops");
                views.not_writable.send_replace(Some(failure));
            }
            Command::Stop(failure) => drop(views.stopped.send_replace(Some(failure))),
            Command::Ignored(tenant, kind) => tracing::debug!(?tenant, ?kind, "Event ignored"),
        }
    }

    fn run_work(&mut self, op: OpId, domain: &DomainName, work: Work) {
        tracing::debug!(%domain, phase = work.phase().as_str(), "Work started");
        let crashed = || Ended::Device(Box::new(Err(crashed_work(work.is_irreversible()))));
        let Some(executor) = self.ports.executors.get(domain).cloned() else {
            return self.works.end(op, crashed());
        };
        let (crashed, now) = (crashed(), self.ports.clock.now());
        let performing = async move { executor.perform(work, now, entropy()).await };
        self.works.begin(op, async move { Ended::Device(Box::new(performing.await)) }, crashed);
    }

    fn run_keys(&mut self, op: OpId, work: KeysWork) {
        if let KeysWork::Create { id, .. } = &work {
            tracing::info!(intent = %id, "Keys are made ahead of time");
        }
        let keys = self.ports.keys.clone();
        let performing = async move {
            let result = executor::perform_keys(keys.as_ref(), work).await;
            if let Err(failure) = &result {
                log_failure!(warn, failure, {}, "A work with keys made ahead of time failed");
            }
            Ended::Keys(result)
        };
        self.works.begin(op, performing, Ended::Keys(Err(crashed_work(false))));
    }

    fn hand_over(&mut self, account: Account, domain: &DomainName, token: TokenRef) {
        let name = (account.tenant, account.object);
        let Some(executor) = self.ports.executors.get(domain).cloned() else {
            return self.ports.vault.forget(token);
        };
        self.ports.vault.seat(&account, token);
        let (ports, inbox) = (self.ports.clone(), self.inbox.clone());
        let begin = || session::start(ports, inbox, executor, account.clone());
        let handle = self.sessions.entry(name).or_insert_with(begin);
        // A rename shows at the next sign-in.
        self.ports.views.add_user(account, handle.status.clone());
        if !handle.give(token) {
            self.ports.vault.forget(token);
        }
    }

    fn end_sessions(&mut self, tenant: TenantId) {
        self.sessions.iter().filter(|((of, _), _)| *of == tenant).for_each(|(_, handle)| handle.end());
        self.sessions.retain(|(of, _), _| *of != tenant);
        self.ports.views.end_users(tenant);
    }

    /// The requester may have gone; then nobody hears it.
    fn answer(&mut self, caller: Caller, answer: Result<Answer, Failure>) {
        let waiting = self.callers.remove(&caller);
        let views = &self.ports.views;
        let told = answer.map(|answer| {
            let status = answer.member().and_then(|member| views.follow(member));
            (answer, status)
        });
        drop(waiting.map(|waiting| waiting.send(told)));
    }
}

/// A work that panicked: whatever it sent may have arrived.
fn crashed_work(irreversible: bool) -> Failure {
    let mut failure = crashed(FailureClass::Transient, "registration", "nothing was changed");
    if irreversible {
        failure.delivery = Delivery::InDoubt;
    }
    failure
}
