//! One person's session after the sign-in: their primary refresh token (PRT), obtained and kept fresh.

mod judge;
mod machine;
#[cfg(test)]
mod tests;

use crate::outbox::Outbox;
use crate::{OpId, UserBatch, UserCommand, UserEvent, UserStatus};
use machine::Machine;
use model::Timestamp;
use statig::blocking::{InitializedStateMachine, IntoStateMachineExt};

/// One person's session in one tenant: owns their token set from the registration on.
pub struct UserSession {
    machine: InitializedStateMachine<Machine>,
    last_op: OpId,
}

impl UserSession {
    /// A session that waits for [`UserEvent::Given`]. `seed` feeds its own generator of jitter.
    pub fn new(seed: u64) -> UserSession {
        let mut outbox = Outbox { now: Timestamp::default(), last_op: OpId(0), commands: Vec::new() };
        let machine = Machine::new(seed).uninitialized_state_machine().init_with_context(&mut outbox);
        UserSession { machine, last_op: outbox.last_op }
    }

    /// What the session would report now.
    pub fn status(&self) -> UserStatus {
        self.machine.status(self.machine.state())
    }
}

impl ::machine::Machine for UserSession {
    type Event = UserEvent;
    type Command = UserCommand;

    fn handle(&mut self, event: UserEvent, now: Timestamp) -> UserBatch {
        let before = self.status();
        let mut outbox = Outbox { now, last_op: self.last_op, commands: Vec::new() };
        self.machine.handle_with_context(&event, &mut outbox);
        self.last_op = outbox.last_op;
        let after = self.status();
        if after != before {
            outbox.push(UserCommand::Report(after));
        }
        UserBatch { commands: outbox.commands, wake_at: self.machine.wake_at() }
    }
}
