use crate::machine::Machine;
use crate::outbox::Outbox;
use crate::status;
use crate::words::{Batch, Command, Event, Facts, OpId, Status};
use ::machine::Generator;
use model::Timestamp;
use statig::blocking::{InitializedStateMachine, IntoStateMachineExt};

/// One tenant's device identity.
pub struct Device {
    machine: InitializedStateMachine<Machine>,
    last_op: OpId,
    generator: Generator,
}

impl Device {
    /// A machine that waits for [`Event::Restored`]. `seed` feeds its own generator of names and jitter.
    pub fn new(facts: Facts, seed: u64) -> Device {
        let mut outbox = outbox(Timestamp::default(), OpId(0), Generator::new(seed));
        let machine = Machine::new(facts).uninitialized_state_machine().init_with_context(&mut outbox);
        Device { machine, last_op: outbox.last_op, generator: outbox.generator }
    }

    /// What the machine would report now.
    pub fn status(&self) -> Status {
        status::of(&self.machine, self.machine.state())
    }
}

impl ::machine::Machine for Device {
    type Event = Event;
    type Command = Command;

    fn handle(&mut self, event: Event, now: Timestamp) -> Batch {
        let asked = matches!(event, Event::Asked(_));
        let mut outbox = outbox(now, self.last_op, self.generator.clone());
        self.machine.handle_with_context(&event, &mut outbox);
        (self.last_op, self.generator) = (outbox.last_op, outbox.generator);
        let mut commands = outbox.commands;
        let changed = commands.iter().any(|command| !matches!(command, Command::Ignored(_)));
        let restored = matches!(event, Event::Restored(_)) && !changed && commands.is_empty();
        if changed || asked || restored {
            commands.push(Command::Report(Box::new(self.status())));
        }
        Batch { commands, wake_at: self.machine.wake_at }
    }
}

fn outbox(now: Timestamp, last_op: OpId, generator: Generator) -> Outbox {
    Outbox { now, last_op, generator, commands: Vec::new() }
}
