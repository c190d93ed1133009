use crate::words::{Command, EventKind, OpId, Work};
use model::{Guid, Timestamp};

/// The context of one event: its time, the machine's own generator, and what is to be done.
pub(crate) struct Outbox {
    pub(crate) now: Timestamp,
    pub(crate) next_op: u64,
    pub(crate) seed: u64,
    pub(crate) commands: Vec<Command>,
}

impl Outbox {
    /// Starts a work and names it.
    pub(crate) fn run(&mut self, work: Work) -> OpId {
        self.next_op += 1;
        let op = OpId(self.next_op);
        self.push(Command::Run(op, Box::new(work)));
        op
    }

    pub(crate) fn push(&mut self, command: Command) {
        self.commands.push(command);
    }

    pub(crate) fn ignore(&mut self, kind: EventKind) {
        self.push(Command::Ignored(kind));
    }

    /// The next number of the generator (splitmix64); names and jitter need no more.
    pub(crate) fn random(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.seed;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A version 4 GUID of the generator.
    pub(crate) fn guid(&mut self) -> Guid {
        let mut bytes = [0; 16];
        let words = [self.random(), self.random()].map(u64::to_be_bytes);
        bytes.iter_mut().zip(words.concat()).for_each(|(to, from)| *to = from);
        Guid::version_4(bytes)
    }
}
