use crate::machine::{Machine, State};
use crate::outbox::Outbox;
use crate::{Batch, Command, Event, Facts, OpId};
use model::Timestamp;
use statig::blocking::{InitializedStateMachine, IntoStateMachineExt};

/// One person's sign-in.
pub struct Session {
    machine: InitializedStateMachine<Machine>,
    last_op: OpId,
}

impl Session {
    /// A session that waits for [`Event::Started`].
    pub fn new(facts: Facts) -> Session {
        let mut outbox = Outbox { now: Timestamp::default(), last_op: OpId(0), commands: Vec::new() };
        let machine = Machine::new(facts).uninitialized_state_machine().init_with_context(&mut outbox);
        Session { machine, last_op: outbox.last_op }
    }

    /// The names of its states, as docs/states.md has them.
    pub const STATES: &[&str] = State::WORDS;

    /// How far it is: one of [`Session::STATES`], for people.
    pub fn state(&self) -> &'static str {
        self.machine.state().word()
    }

    /// Whether the session has ended; every further event is ignored.
    pub fn is_over(&self) -> bool {
        self.machine.is_over()
    }
}

impl ::machine::Machine for Session {
    type Event = Event;
    type Command = Command;

    fn handle(&mut self, event: Event, now: Timestamp) -> Batch {
        let mut outbox = Outbox { now, last_op: self.last_op, commands: Vec::new() };
        self.machine.handle_with_context(&event, &mut outbox);
        self.last_op = outbox.last_op;
        // What a state ends on its way out belongs before the last word.
        outbox.commands.sort_by_key(|command| matches!(command, Command::Finish(_)));
        Batch { commands: outbox.commands, wake_at: self.machine.wake_at() }
    }
}
