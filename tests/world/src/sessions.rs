//! People's sessions on the registered machine, begun and ended by the tenancy's commands.

use crate::World;
use crate::computer::{PersonId, Work};
use machine::Machine;
use model::{Account, DeviceId, TenantId, Timestamp, TokenRef};
use signin::{UserCommand, UserEvent, UserSession, UserStatus};

/// One person's session.
pub(crate) struct SessionRun {
    /// Which of all that this run of the service began.
    pub(crate) number: u64,
    /// The device that was in force when it began: what it holds is bound to that.
    pub(crate) device: Option<DeviceId>,
    session: UserSession,
    wake_at: Option<Timestamp>,
}

impl SessionRun {
    /// When it wants to be woken.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        self.wake_at
    }

    pub(crate) fn status(&self) -> UserStatus {
        self.session.status()
    }
}

impl World {
    /// The session of a person.
    pub fn user(&self, account: &Account) -> Option<UserStatus> {
        let run = self.computer.sessions.get(&(account.tenant, account.object))?;
        Some(run.status())
    }

    /// Lets time pass until the session of a person does something by itself.
    pub fn pass_to_session(&mut self, account: &Account) {
        let id = (account.tenant, account.object);
        let at = self.computer.sessions.get(&id).and_then(SessionRun::wake_at).unwrap();
        self.pass_to(at);
        self.tell_session(id, UserEvent::Woke);
        self.settle().unwrap();
    }

    /// A token set is this person's session from here on.
    pub(crate) fn hand_over(&mut self, account: &Account, token: TokenRef) {
        self.computer.vault.seat(account, token);
        let id = (account.tenant, account.object);
        if !self.computer.sessions.contains_key(&id) {
            let number = self.next_number();
            let device = self.identity_of(id.0).map(|identity| identity.issued.device);
            let run = SessionRun { number, device, session: UserSession::new(number), wake_at: None };
            self.computer.sessions.insert(id, run);
        }
        self.tell_session(id, UserEvent::Given(token));
    }

    /// Every session of a tenant ends, and all that they hold.
    pub(crate) fn end_sessions(&mut self, tenant: TenantId) {
        let ids: Vec<PersonId> =
            self.computer.sessions.keys().filter(|(of, _)| *of == tenant).copied().collect();
        for id in ids {
            self.tell_session(id, UserEvent::Ended);
            self.computer.sessions.remove(&id);
        }
    }

    /// Whether this very session of a person has not ended.
    pub(crate) fn is_open(&self, id: PersonId, number: u64) -> bool {
        self.computer.sessions.get(&id).is_some_and(|run| run.number == number)
    }

    pub(crate) fn tell_session(&mut self, id: PersonId, event: UserEvent) {
        let Some(run) = self.computer.sessions.get_mut(&id) else { return };
        self.trace.push(format!("{event:?}"));
        let batch = run.session.handle(event, self.now);
        run.wake_at = batch.wake_at;
        for command in batch.commands {
            self.trace.push(format!("  {command:?}"));
            self.follow_session(id, command);
        }
    }

    fn follow_session(&mut self, id: PersonId, command: UserCommand) {
        let Some(number) = self.computer.sessions.get(&id).map(|run| run.number) else { return };
        match command {
            UserCommand::Run(op, work) => {
                let identity = self.computer.identity(id.0);
                self.computer.works.push(Work::Session((id, number), op, work, identity));
            }
            UserCommand::Cancel(op) => self.computer.works.retain(
                |work| !matches!(work, Work::Session(of, other, ..) if (*of, *other) == ((id, number), op)),
            ),
            UserCommand::Forget(token) => self.computer.vault.forget(token),
            UserCommand::Suspect(failure) => {
                self.computer.inbox.push_back(tenancy::Event::Suspected {
                    tenant: id.0,
                    object: id.1,
                    failure,
                });
            }
            UserCommand::Report(_) | UserCommand::Ignored(_) => {}
        }
    }
}
