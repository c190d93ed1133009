use crate::machine::Machine;
use crate::outbox::Outbox;
use crate::status;
use crate::words::{Batch, Command, Event, Facts, Status};
use model::Timestamp;
use statig::blocking::{InitializedStateMachine, IntoStateMachineExt};

/// One tenant's device identity.
pub struct Device {
    machine: InitializedStateMachine<Machine>,
    next_op: u64,
    seed: u64,
}

impl Device {
    /// A machine that waits for [`Event::Restored`]. `seed` feeds its own generator of names and jitter.
    pub fn new(facts: Facts, seed: u64) -> Device {
        let mut outbox = Outbox { now: Timestamp::default(), next_op: 0, seed, commands: Vec::new() };
        let machine = Machine::new(facts).uninitialized_state_machine().init_with_context(&mut outbox);
        Device { machine, next_op: 0, seed }
    }

    /// Judges one event; the commands are to be performed in their order.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Batch {
        let asked = matches!(event, Event::Asked(_));
        let mut outbox = Outbox { now, next_op: self.next_op, seed: self.seed, commands: Vec::new() };
        self.machine.handle_with_context(&event, &mut outbox);
        (self.next_op, self.seed) = (outbox.next_op, outbox.seed);
        let mut commands = outbox.commands;
        let changed = commands.iter().any(|command| !matches!(command, Command::Ignored(_)));
        let restored = matches!(event, Event::Restored(_)) && !changed && commands.is_empty();
        if changed || asked || restored {
            commands.push(Command::Report(Box::new(self.status())));
        }
        Batch { commands, wake_at: self.machine.wake_at }
    }

    /// What the machine would report now.
    pub fn status(&self) -> Status {
        status::of(&self.machine, self.machine.state())
    }
}
