use crate::computer::Ports;
use crate::inbox::Inbox;
use executor::Executor;
use in_flight::{Ends, InFlight, crashed, entropy, rest, seed};
use machine::OpId;
use machine::{Effects, step};
use model::{Account, Failure, FailureClass, Timestamp, TokenRef, Who, log_failure};
use signin::{UserCommand, UserEvent, UserReply, UserSession, UserStatus, UserWork};
use std::sync::Arc;
use tenancy::Event;
use tokio::sync::{mpsc, watch};

/// The door to one person's session on a registered machine; it ends when the door is dropped.
pub(crate) struct SessionHandle {
    inbox: mpsc::UnboundedSender<Told>,
    /// The newest status.
    pub(crate) status: watch::Receiver<UserStatus>,
}

/// What a session is told from outside: small, because a channel takes room for 32 of it before it carries any.
#[derive(Debug)]
enum Told {
    Given(TokenRef),
    Ended,
}

impl SessionHandle {
    /// Gives the session a token set that it owns from here on; false when the session has ended.
    pub(crate) fn give(&self, token: TokenRef) -> bool {
        self.inbox.send(Told::Given(token)).is_ok()
    }

    /// Ends the session and all it holds.
    pub(crate) fn end(&self) {
        // A session that has ended already holds nothing.
        drop(self.inbox.send(Told::Ended));
    }
}

/// Starts the session of one person.
pub(crate) fn start(
    ports: Arc<Ports>,
    inbox: Inbox,
    executor: Arc<Executor>,
    account: Account,
) -> SessionHandle {
    let session = UserSession::new(seed());
    // Unbounded, because the loop that hands over never waits.
    let (sender, events) = mpsc::unbounded_channel();
    let (works, finished) = InFlight::new();
    let (publish, status) = watch::channel(session.status());
    let effects = SessionEffects { ports, inbox, executor, account, works, publish, wake_at: None };
    tokio::spawn(run(effects, session, events, finished));
    SessionHandle { inbox: sender, status }
}

async fn run(
    mut effects: SessionEffects,
    mut session: UserSession,
    mut events: mpsc::UnboundedReceiver<Told>,
    mut finished: Ends<OpId, Result<UserReply, Failure>>,
) {
    loop {
        let event = tokio::select! {
            Some((op, result)) = finished.recv() => { effects.works.ended(op); UserEvent::Done(op, result) }
            received = events.recv() => match received {
                Some(Told::Given(token)) => UserEvent::Given(token),
                Some(Told::Ended) => UserEvent::Ended,
                None => return,
            },
            () = rest(&*effects.ports.clock, effects.wake_at) => UserEvent::Woke,
        };
        let ends = matches!(event, UserEvent::Ended);
        // Nothing of a session is durable, so nothing can fail to be written.
        let _ = step(&mut effects, &mut session, event).await;
        if ends {
            return;
        }
    }
}

struct SessionEffects {
    ports: Arc<Ports>,
    inbox: Inbox,
    executor: Arc<Executor>,
    account: Account,
    works: InFlight<OpId, Result<UserReply, Failure>>,
    publish: watch::Sender<UserStatus>,
    wake_at: Option<Timestamp>,
}

impl Effects<UserSession> for SessionEffects {
    fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    async fn perform(&mut self, command: UserCommand) -> Result<(), Failure> {
        match command {
            UserCommand::Run(op, work) => self.begin(op, work),
            UserCommand::Cancel(op) => self.works.cancel(op),
            UserCommand::Forget(token) => self.ports.vault.forget(token),
            UserCommand::Suspect(failure) => {
                self.inbox
                    .tell(Event::Suspected {
                        tenant: self.account.tenant,
                        object: self.account.object,
                        failure,
                    })
                    .await;
            }
            UserCommand::Report(status) => self.report(status),
            UserCommand::Ignored(what) => tracing::debug!(what, "Event of a session ignored"),
        }
        Ok(())
    }

    fn wake_at(&mut self, moment: Option<Timestamp>) {
        self.wake_at = moment;
    }
}

impl SessionEffects {
    fn begin(&mut self, op: OpId, work: UserWork) {
        let crashed = Err(crashed(FailureClass::Broken, "session", "nothing was changed"));
        match self.ports.views.identity(self.account.tenant) {
            Some(identity) => {
                let (executor, now) = (self.executor.clone(), self.now());
                let performing = async move { executor.perform_user(work, &identity, now, entropy()).await };
                self.works.begin(op, performing, crashed);
            }
            None => self.works.end(op, Err(not_registered())),
        }
    }

    fn report(&self, status: UserStatus) {
        let (tenant, state) = (self.account.tenant, status.state.as_str());
        tracing::info!(%tenant, state, "Session changed");
        if let Some(failure) = &status.failure {
            let domain = self.account.upn.domain();
            log_failure!(warn, failure, { %tenant, %domain, state, }, "What the session tries fails");
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

#[cfg(test)]
mod tests {
    use super::*;

    fn future<A, B, C, D, F>(_: impl Fn(A, B, C, D) -> F) -> usize {
        size_of::<F>()
    }

    /// A thousand people of ten tenants have ten thousand of them.
    #[test]
    fn a_session_that_waits_is_small() {
        assert!(size_of::<Told>() <= 16, "{}", size_of::<Told>());
        let task = future(run);
        assert!(task <= 4096, "{task}");
    }
}
