//! What every pure machine is: events go in, commands come out, and time is an argument.
//!
//! Pure: no clock, no network, no disk.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod chart;
mod generator;
mod lanes;
mod step;

pub use generator::Generator;
pub use lanes::{Lanes, Next, Ticket};
pub use step::{Effects, step};

use model::Timestamp;

/// A pure machine that turns one event into commands.
pub trait Machine {
    /// What happened.
    type Event;
    /// What is to be done.
    type Command;

    /// Decides what follows from one event; the commands are to be performed in their order.
    fn handle(&mut self, event: Self::Event, now: Timestamp) -> Batch<Self::Command>;
}

/// Commands, and when to wake the machine.
#[must_use = "commands do nothing unless performed"]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<C> {
    /// To be performed in this order.
    pub commands: Vec<C>,
    /// When the machine wants to be woken; replaces what was asked before.
    pub wake_at: Option<Timestamp>,
}

/// Names one piece of work in flight; never used twice in the life of a machine value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub u64);

impl OpId {
    /// The next name after this one, which becomes it.
    pub fn advance(&mut self) -> OpId {
        self.0 += 1;
        *self
    }
}
