//! One person's session after the sign-in: their primary refresh token (PRT), obtained and kept fresh.

mod judge;
mod machine;
#[cfg(test)]
mod tests;
mod words;

pub use words::*;

use crate::outbox::Outbox;
use machine::Machine;
use model::Timestamp;
use statig::blocking::{InitializedStateMachine, IntoStateMachineExt};

/// One person's session in one tenant: owns their token set from the registration on.
pub struct UserSession {
    machine: InitializedStateMachine<Machine>,
    next_op: u64,
}

impl UserSession {
    /// A session that waits for [`UserEvent::Given`]. `seed` feeds its own generator of jitter.
    pub fn new(seed: u64) -> UserSession {
        let mut outbox = Outbox { now: Timestamp::default(), next_op: 0, commands: Vec::new() };
        let machine = Machine::new(seed).uninitialized_state_machine().init_with_context(&mut outbox);
        UserSession { machine, next_op: 0 }
    }

    /// Judges one event; the commands are to be performed in their order.
    pub fn handle(&mut self, event: UserEvent, now: Timestamp) -> UserBatch {
        let before = self.status();
        let mut outbox = Outbox { now, next_op: self.next_op, commands: Vec::new() };
        self.machine.handle_with_context(&event, &mut outbox);
        self.next_op = outbox.next_op;
        let after = self.status();
        if after != before {
            outbox.push(UserCommand::Report(after));
        }
        UserBatch { commands: outbox.commands, wake_at: self.machine.wake_at() }
    }

    /// What the session would report now.
    pub fn status(&self) -> UserStatus {
        self.machine.status(self.machine.state())
    }
}
