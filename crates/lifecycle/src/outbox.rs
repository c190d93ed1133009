use crate::words::{Command, EventKind, OpId, Work};
use ::machine::Generator;
use model::{Guid, Timestamp};

/// The context of one event: its time, the machine's own generator, and what is to be done.
pub(crate) struct Outbox {
    pub(crate) now: Timestamp,
    pub(crate) last_op: OpId,
    pub(crate) generator: Generator,
    pub(crate) commands: Vec<Command>,
}

impl Outbox {
    /// Starts a work and names it.
    pub(crate) fn run(&mut self, work: Work) -> OpId {
        let op = self.last_op.advance();
        self.push(Command::Run(op, Box::new(work)));
        op
    }

    pub(crate) fn push(&mut self, command: Command) {
        self.commands.push(command);
    }

    pub(crate) fn ignore(&mut self, kind: EventKind) {
        self.push(Command::Ignored(kind));
    }

    /// The next number of the generator; jitter needs no more.
    pub(crate) fn random(&mut self) -> u64 {
        self.generator.number()
    }

    /// A version 4 GUID of the generator.
    pub(crate) fn guid(&mut self) -> Guid {
        self.generator.guid()
    }
}
