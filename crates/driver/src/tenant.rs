use crate::clock::{entropy, seed};
use crate::parts::DomainPart;
use crate::role::{Role, RoleCell};
use crate::shared::Shared;
use crate::state::Happening;
use crate::works::{Ended, Works, rest};
use executor::{Executor, Hands, turn};
use lifecycle::{
    Ask, Command, Device, Event, Facts, Milestone, OpId, Reply, Snapshot, StateName, Status, Work,
};
use model::{Backend, Delivery, Failure, FailureClass, TenantId, Timestamp, TokenRef, Who};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// The door to a tenant's task.
#[derive(Clone)]
pub(crate) struct TenantHandle {
    inbox: mpsc::Sender<Letter>,
    /// The newest status; changes with every report.
    pub(crate) status: watch::Receiver<Status>,
    pub(crate) role: RoleCell,
}

impl TenantHandle {
    /// Hands an event over and waits until it was judged; false when the task has stopped.
    pub(crate) async fn send(&self, event: Event) -> bool {
        self.ask(event).await.is_some()
    }

    /// The same, and what came of it; none when the task has stopped.
    pub(crate) async fn ask(&self, event: Event) -> Option<Judgement> {
        let (judged, done) = oneshot::channel();
        self.inbox.send(Letter { event, judged }).await.ok()?;
        done.await.ok()
    }

    /// Waits until the last durable state was taken in, or could not be.
    pub(crate) async fn restored(&self) {
        let is_over = |status: &Status| status.state != StateName::Booting || status.failure.is_some();
        // A task that has stopped will not know more.
        let _ = self.status.clone().wait_for(is_over).await;
    }
}

/// What the machine made of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Something follows from it.
    Taken,
    /// It changes nothing as things are.
    Ignored,
}

/// An event, and whom to tell when it was judged.
struct Letter {
    event: Event,
    judged: oneshot::Sender<Judgement>,
}

/// Starts the task of one identity from its last durable state, in a role and with a place for new keys.
pub(crate) fn start(
    shared: Arc<Shared>,
    part: &DomainPart,
    snapshot: Snapshot,
    (role, backend): (Role, Backend),
) -> TenantHandle {
    let facts = Facts {
        tenant: snapshot.tenant,
        join_type: part.join_type,
        backend,
        binding: shared.binding.clone(),
        device: part.device.clone(),
        intune: part.intune,
    };
    let (device, role) = (Device::new(facts, seed()), RoleCell::new(role));
    let (inbox, events) = mpsc::channel(INBOX);
    let (works, finished) = Works::new();
    let (publish, status) = watch::channel(device.status());
    let hands = TenantHands {
        tenant: snapshot.tenant,
        shared,
        executor: part.executor.clone(),
        works,
        publish,
        wake_at: None,
        role: role.clone(),
        replaced: None,
        judgement: Judgement::Taken,
    };
    tokio::spawn(run(hands, device, events, finished, snapshot));
    TenantHandle { inbox, status, role }
}

async fn run(
    mut hands: TenantHands,
    mut device: Device,
    mut events: mpsc::Receiver<Letter>,
    mut finished: mpsc::UnboundedReceiver<Ended<OpId, Reply>>,
    snapshot: Snapshot,
) {
    let (mut event, mut judged) = (Event::Restored(snapshot), None);
    loop {
        hands.judgement = Judgement::Taken;
        if let Err(failure) = turn(&mut hands, &mut device, event).await {
            return refuse_more(hands, events, failure).await;
        }
        // Whoever hung up meanwhile does not need to know.
        let _ = judged.take().map(|asker: oneshot::Sender<Judgement>| asker.send(hands.judgement));
        event = tokio::select! {
            Some((op, result)) = finished.recv() => { hands.works.ended(op); Event::Done(op, result) }
            received = events.recv() => {
                let Some(letter) = received else { return };
                judged = Some(letter.judged);
                letter.event
            }
            () = rest(&*hands.shared.clock, hands.wake_at) => Event::Woke,
        };
    }
}

/// After a durable write failed: answers what is known and ends the daemon when it is asked to do more.
async fn refuse_more(hands: TenantHands, mut events: mpsc::Receiver<Letter>, failure: Failure) {
    tracing::error!(tenant = %hands.tenant, code = %failure.code, "{}; registration stops", failure.message);
    hands.publish.send_modify(|status| status.failure = Some(failure.clone()));
    while let Some(letter) = events.recv().await {
        if let Event::SignedIn { token, .. } = letter.event {
            hands.shared.vault.forget(token);
        }
        hands.shared.stop(failure.clone());
    }
}

struct TenantHands {
    tenant: TenantId,
    shared: Arc<Shared>,
    executor: Arc<Executor>,
    works: Works<OpId, Reply>,
    publish: watch::Sender<Status>,
    wake_at: Option<Timestamp>,
    role: RoleCell,
    /// Whose place this identity has just taken.
    replaced: Option<TenantHandle>,
    /// What the machine made of the event that is being judged.
    judgement: Judgement,
}

impl Hands<Device> for TenantHands {
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    async fn perform(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Persist { snapshot, because } => return self.persist(&snapshot, because).await,
            Command::Run(op, work) => self.begin(op, *work),
            Command::Cancel(op) => self.works.cancel(op),
            Command::Forget(token) => self.forget(token),
            Command::HandOver { account, token } => {
                self.shared.hand_over(self.executor.clone(), account, token);
            }
            Command::Report(status) => self.report(*status),
            Command::Ignored(kind) => {
                tracing::debug!(tenant = %self.tenant, ?kind, "Event ignored");
                self.judgement = Judgement::Ignored;
            }
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

impl TenantHands {
    async fn persist(&mut self, snapshot: &Snapshot, because: Milestone) -> Result<(), Failure> {
        if self.role.get() == Role::Successor && because == Milestone::Verified {
            self.replaced = self.shared.succeed(snapshot).await?;
            if self.replaced.is_some() {
                return Ok(());
            }
            self.shared.ask_others(self.tenant, Ask::Leave);
        }
        self.shared.persist(&self.role, snapshot, because == Milestone::Left).await
    }

    fn begin(&mut self, op: OpId, work: Work) {
        tracing::debug!(tenant = %self.tenant, phase = work.phase().word(), "Work started");
        let (executor, now) = (self.executor.clone(), self.now());
        let crashed = crashed(work.is_irreversible());
        self.works.begin(op, async move { executor.perform(work, now, entropy()).await }, crashed);
    }

    fn forget(&self, token: TokenRef) {
        self.shared.vault.forget(token);
    }

    fn report(&mut self, status: Status) {
        tracing::info!(tenant = %status.tenant, phase = ?status.phase, state = %status.state, "State changed");
        if let Some(failure) = &status.failure {
            tracing::warn!(tenant = %status.tenant, code = %failure.code, "{}", failure.message);
        }
        self.publish.send_replace(status.clone());
        self.part_with_old();
        if self.role.get() != Role::Current {
            return self.shared.tidy_moves(self.tenant);
        }
        // Whoever hears of it may ask at once and must see it.
        self.shared.happened(Happening { at: self.now(), status });
    }

    /// The old identity leaves once the people of the new one are seated, whose tokens it may need for that.
    fn part_with_old(&mut self) {
        if let Some(old) = self.replaced.take() {
            tokio::spawn(async move { old.send(Event::Asked(Ask::Leave)).await });
        }
    }
}

/// A work that panicked: whatever it sent may have arrived.
fn crashed(irreversible: bool) -> Failure {
    let mut failure = Failure::local(
        FailureClass::Transient,
        Who::Developers,
        "Crashed",
        "a step of the registration crashed".to_owned(),
        "Please report it with the log of firmamentd; it is tried again.",
    );
    if irreversible {
        failure.delivery = Delivery::InDoubt;
    }
    failure
}

const INBOX: usize = 64;
