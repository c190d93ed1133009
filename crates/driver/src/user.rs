use crate::clock::{entropy, seed};
use crate::shared::Shared;
use crate::works::{Ended, Works, rest};
use executor::{Executor, Hands, turn};
use lifecycle::Event;
use model::{Account, Failure, FailureClass, Timestamp, TokenRef, Who};
use signin::{OpId, UserCommand, UserEvent, UserReply, UserSession, UserStatus, UserWork};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// The door to one person's session on a registered machine; it ends when the door is dropped.
#[derive(Clone)]
pub(crate) struct UserHandle {
    inbox: mpsc::UnboundedSender<UserEvent>,
    /// Who, by the name of their last sign-in.
    pub(crate) account: Account,
    /// The newest status.
    pub(crate) status: watch::Receiver<UserStatus>,
}

impl UserHandle {
    /// Gives the session a token set that it owns from here on; false when the session has ended.
    pub(crate) fn give(&self, token: TokenRef) -> bool {
        self.inbox.send(UserEvent::Given(token)).is_ok()
    }

    /// Ends the session and all it holds.
    pub(crate) fn end(&self) {
        // A session that has ended already holds nothing.
        drop(self.inbox.send(UserEvent::Ended));
    }
}

/// Starts the session of one person.
pub(crate) fn start(shared: Arc<Shared>, executor: Arc<Executor>, account: Account) -> UserHandle {
    let session = UserSession::new(seed());
    // Unbounded, because the machine that hands over must never wait for the session that may ask it.
    let (inbox, events) = mpsc::unbounded_channel();
    let (works, finished) = Works::new();
    let (publish, status) = watch::channel(session.status());
    let hands = UserHands { shared, executor, account: account.clone(), works, publish, wake_at: None };
    tokio::spawn(run(hands, session, events, finished));
    UserHandle { inbox, account, status }
}

async fn run(
    mut hands: UserHands,
    mut session: UserSession,
    mut events: mpsc::UnboundedReceiver<UserEvent>,
    mut finished: mpsc::UnboundedReceiver<Ended<OpId, UserReply>>,
) {
    loop {
        let event = tokio::select! {
            Some((op, result)) = finished.recv() => { hands.works.ended(op); UserEvent::Done(op, result) }
            received = events.recv() => match received {
                Some(event) => event,
                None => return,
            },
            () = rest(&*hands.shared.clock, hands.wake_at) => UserEvent::Woke,
        };
        let ends = matches!(event, UserEvent::Ended);
        // Nothing of a session is durable, so nothing can fail to be written.
        let _ = turn(&mut hands, &mut session, event).await;
        if ends {
            return;
        }
    }
}

struct UserHands {
    shared: Arc<Shared>,
    executor: Arc<Executor>,
    account: Account,
    works: Works<OpId, UserReply>,
    publish: watch::Sender<UserStatus>,
    wake_at: Option<Timestamp>,
}

impl Hands<UserSession> for UserHands {
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    async fn perform(&mut self, command: UserCommand) -> Result<(), Failure> {
        match command {
            UserCommand::Run(op, work) => self.begin(op, work),
            UserCommand::Cancel(op) => self.works.cancel(op),
            UserCommand::Forget(token) => self.shared.vault.forget(token),
            UserCommand::Suspect(failure) => self.suspect(failure),
            UserCommand::Report(status) => self.report(status),
            UserCommand::Ignored(what) => tracing::debug!(what, "Event of a session ignored"),
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

impl UserHands {
    fn begin(&mut self, op: OpId, work: UserWork) {
        let (executor, now) = (self.executor.clone(), self.now());
        let identity = self.shared.identity(self.account.tenant);
        let work = async move {
            match identity {
                Some(identity) => executor.perform_user(work, &identity, now, entropy()).await,
                None => Err(not_registered()),
            }
        };
        self.works.begin(op, work, crashed());
    }

    /// The device machine judges what a failure says about the device.
    fn suspect(&self, failure: Failure) {
        let handle = self.shared.tenants().get(&self.account.tenant).cloned();
        if let Some(handle) = handle {
            tokio::spawn(async move { handle.send(Event::Suspected(failure)).await });
        }
    }

    fn report(&self, status: UserStatus) {
        tracing::info!(tenant = %self.account.tenant, state = %status.state, "Session changed");
        if let Some(failure) = &status.failure {
            tracing::warn!(tenant = %self.account.tenant, code = %failure.code, "{}", failure.message);
        }
        self.publish.send_replace(status);
    }
}

fn not_registered() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        Who::User,
        "NotRegistered",
        "this machine has no identity in the tenant any more".to_owned(),
        "Sign in again.",
    )
}

fn crashed() -> Failure {
    Failure::local(
        FailureClass::Broken,
        Who::Developers,
        "Crashed",
        "a step of the session crashed".to_owned(),
        "Please report it with the log of firmamentd; it is tried again.",
    )
}
