use crate::{Command, OpId, UserCommand, UserWork, Work};
use model::{Attempt, Timestamp};

/// The context of one event: its time, and what is to be done because of it.
pub(crate) struct Outbox<C = Command> {
    pub(crate) now: Timestamp,
    pub(crate) last_op: OpId,
    pub(crate) commands: Vec<C>,
}

/// The same for a person's session.
pub(crate) type UserOutbox = Outbox<UserCommand>;

impl<C> Outbox<C> {
    pub(crate) fn push(&mut self, command: C) {
        self.commands.push(command);
    }

    fn name(&mut self) -> OpId {
        self.last_op.advance()
    }
}

impl Outbox {
    /// Starts a work and names it.
    pub(crate) fn run(&mut self, work: Work) -> OpId {
        let op = self.name();
        self.push(Command::Run(op, work));
        op
    }

    /// Asks whether this may be tried now.
    pub(crate) fn ask_for(&mut self, attempt: Attempt) -> OpId {
        let op = self.name();
        self.push(Command::Attempt(op, attempt));
        op
    }
}

impl UserOutbox {
    /// Starts a work and names it.
    pub(crate) fn run(&mut self, work: UserWork) -> OpId {
        let op = self.name();
        self.push(UserCommand::Run(op, work));
        op
    }
}
