use crate::words::{Command, OpId, Work};
use model::Timestamp;

/// The context of one event: its time, and what is to be done because of it.
pub(crate) struct Outbox {
    pub(crate) now: Timestamp,
    pub(crate) next_op: u64,
    pub(crate) commands: Vec<Command>,
}

impl Outbox {
    /// Starts a work and names it.
    pub(crate) fn run(&mut self, work: Work) -> OpId {
        self.next_op += 1;
        let op = OpId(self.next_op);
        self.push(Command::Run(op, work));
        op
    }

    pub(crate) fn push(&mut self, command: Command) {
        self.commands.push(command);
    }
}
