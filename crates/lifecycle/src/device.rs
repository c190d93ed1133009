use crate::core::{Core, NOTHING};
use crate::departure::{self, Departure};
use crate::intune;
use crate::member::{Member, Next, leave, rebinding, suspected, suspended};
use crate::registration::{Enrolment, Registration, State, all_gone};
use crate::{
    Batch, Command, Event, Facts, Held, LedgerKind, LedgerObject, Post, Snapshot, Stage, StateName, Status,
    StatusPhase, WaitsFor, Work,
};
use model::Timestamp;
use statig::blocking::{self, InitializedStateMachine, IntoStateMachine, IntoStateMachineExt, Superstate};

/// One tenant's device identity.
pub struct Device {
    core: Core,
    in_force: InForce,
}

/// Which machine is in force.
enum InForce {
    /// None: the last durable state is not known yet.
    Booting,
    Registration(InitializedStateMachine<Registration>),
    Intune(InitializedStateMachine<intune::Enrolment>),
    Departure(InitializedStateMachine<Departure>),
    /// The identity may not be used; its keys stay, and a sign-in looks whether the cause is gone.
    Suspended(Member),
    /// The keys are being bound to this machine as it is now; then it goes on where it was.
    Rebinding(Member),
}

impl Device {
    /// A machine that waits for [`Event::Restored`]. `seed` feeds its own generator of names and jitter.
    pub fn new(facts: Facts, seed: u64) -> Device {
        Device { core: Core::new(facts, seed), in_force: InForce::Booting }
    }

    /// What the machine would report now.
    pub fn status(&self) -> Status {
        let (state, stage) = self.in_force.view();
        let Core { facts, in_flight, wake_at, failure, .. } = &self.core;
        let idle = in_flight.is_none() && wake_at.is_none();
        Status {
            tenant: facts.tenant,
            phase: StatusPhase::of(state, &stage),
            state,
            waits_for: WaitsFor::of(state, failure.as_ref()).filter(|_| idle),
            wake_at: *wake_at,
            failure: failure.clone(),
            snapshot: self.core.snapshot(stage),
        }
    }

    /// The events about an identity mean the same wherever it is; all others are for the machine in force.
    fn dispatch(&mut self, event: &Event) {
        let core = &mut self.core;
        if core.nonce_came(event) {
            return;
        }
        match (event, self.in_force.member()) {
            (Event::LeaveRequested(ask), Some(member)) => leave(core, member, *ask),
            (Event::Suspected(failure), Some(member)) => suspected(core, member, failure, event),
            (Event::Rebind, Some(member)) if core.in_flight.is_none() => {
                core.run(Work::Rebind(member.identity.clone()));
                core.next = Some(Next::Rebinding(member));
            }
            _ => match &mut self.in_force {
                InForce::Booting => self.in_force = restore(core, event),
                InForce::Registration(machine) => machine.handle_with_context(event, core),
                InForce::Intune(machine) => machine.handle_with_context(event, core),
                InForce::Departure(machine) => machine.handle_with_context(event, core),
                InForce::Suspended(member) => suspended(core, member, event),
                InForce::Rebinding(member) => rebinding(core, member, event),
            },
        }
    }
}

impl machine::Machine for Device {
    type Event = Event;
    type Command = Command;

    fn handle(&mut self, event: Event, now: Timestamp) -> Batch {
        self.core.now = now;
        self.dispatch(&event);
        if let Some(next) = self.core.next.take() {
            self.in_force = InForce::after(next, &mut self.core);
        }
        if self.core.in_flight.is_none() {
            self.core.drop_nonce();
        }
        let mut commands = std::mem::take(&mut self.core.commands);
        let changed = commands.iter().any(|command| !matches!(command, Command::Ignored(_)));
        let restored = matches!(event, Event::Restored(_)) && commands.is_empty();
        if changed || restored || matches!(event, Event::LeaveRequested(_)) {
            commands.push(Command::Report(Box::new(self.status())));
        }
        Batch { commands, wake_at: self.core.wake_at }
    }
}

impl InForce {
    /// What takes over, in its first state.
    fn after(next: Next, core: &mut Core) -> InForce {
        match next {
            Next::Settled(member) => InForce::settled(member, core),
            Next::Suspended(member) => InForce::Suspended(member),
            Next::Rebinding(member) => InForce::Rebinding(member),
            Next::Departing(identity, ask) => {
                InForce::Departure(started(Departure, departure::depart(core, identity, ask), core))
            }
            Next::Unregistered => InForce::Registration(started(Registration, all_gone(core), core)),
        }
    }

    /// The state that an identity has come to.
    fn settled(member: Member, core: &mut Core) -> InForce {
        match member.identity.verified_at {
            None => InForce::Registration(started(Registration, State::of_unverified(core, member), core)),
            Some(_) => InForce::Intune(started(intune::Enrolment, intune::settle(core, member), core)),
        }
    }

    /// The committed identity that is in use, or would be.
    fn member(&self) -> Option<Member> {
        match self {
            InForce::Booting | InForce::Departure(_) => None,
            InForce::Registration(machine) => machine.state().member().cloned(),
            InForce::Intune(machine) => machine.state().member(),
            InForce::Suspended(member) | InForce::Rebinding(member) => Some(member.clone()),
        }
    }

    fn view(&self) -> (StateName, Stage) {
        match self {
            InForce::Booting => NOTHING,
            InForce::Registration(machine) => machine.state().view(),
            InForce::Intune(machine) => machine.state().view(),
            InForce::Departure(machine) => machine.state().view(),
            InForce::Suspended(member) => (StateName::Suspended, member.stage()),
            InForce::Rebinding(member) => (StateName::Rebinding, member.stage()),
        }
    }
}

/// A machine in its first state, whose entry action has run.
fn started<M>(machine: M, state: M::State, core: &mut Core) -> InitializedStateMachine<M>
where
    M: for<'a> IntoStateMachine<Context<'a> = Core>,
    M::State: blocking::State<M>,
    for<'a> M::Superstate<'a>: Superstate<M>,
{
    let mut machine = machine.uninitialized_state_machine();
    *machine.state_mut() = state;
    machine.init_with_context(core)
}

/// The state that a durable snapshot leads to; nothing else is consulted.
fn restore(core: &mut Core, event: &Event) -> InForce {
    let Event::Restored(Snapshot { stage, ledger, attempts, posts, .. }) = event.clone() else {
        core.ignore(event);
        return InForce::Booting;
    };
    core.failure =
        attempts.iter().max_by_key(|attempt| attempt.at).and_then(|attempt| attempt.failure.clone());
    (core.ledger, core.attempts, core.posts) = (ledger, attempts, posts);
    let again = |intent| Enrolment { intent, endpoints: None, tries: 0 };
    let state = match stage {
        Stage::Registered(identity) => {
            return InForce::after(Member::resume(core, identity), core);
        }
        Stage::Leaving { identity, step } => {
            return InForce::Departure(started(Departure, departure::resume(identity, step), core));
        }
        Stage::Unregistered { retained } => State::Unregistered { retained },
        Stage::Intent(_) => {
            core.persist(Stage::Unregistered { retained: None });
            State::Unregistered { retained: None }
        }
        Stage::KeysReady(intent, keys) => {
            State::Awaiting { enrolment: again(intent), held: Held::Keys(keys) }
        }
        Stage::Joining { intent, keys, request, .. } => {
            core.note(request, LedgerObject::Unknown, LedgerKind::InDoubt);
            core.persist(Stage::KeysReady(intent.clone(), keys.clone()));
            State::Awaiting { enrolment: again(intent), held: Held::Keys(keys) }
        }
        Stage::ReplyStored { intent, keys, attempt, request, endpoints, owner, reply } => {
            let post = Post { keys, attempt, request, endpoints, owner };
            State::ReadingReply { enrolment: again(intent), post, reply }
        }
    };
    InForce::Registration(started(Registration, state, core))
}
