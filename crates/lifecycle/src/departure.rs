//! Leaving: every step is on disk before it is taken.

use crate::core::{Core, NOTHING};
use crate::member::Next;
use crate::{
    Event, Identity, Intune, LeaveKind, LeaveStep, LedgerKind, LedgerLine, Stage, StateName, Suspension, Work,
};
use model::{Failure, FailureClass, Timestamp};
use statig::blocking::*;
use std::time::Duration;

/// The way out.
pub(crate) struct Departure;

/// An identity on its way out.
#[derive(Clone)]
pub(crate) struct Leaver {
    identity: Box<Identity>,
    /// Failures of this step in a row.
    tries: u32,
    /// Until when the service is tried; what it has not done by then is left behind.
    until: Option<Timestamp>,
}

type Outcome = statig::Outcome<State>;

machine::chart! {
    (departure: Departure, event: Event, core: Core) starts as State::nowhere();

    pub(crate) enum State {
        // Before its first state, and nothing else.
        Nowhere {} = nowhere: Super;
        Stepping { leaver: Leaver, step: LeaveStep } = stepping in Leaving {}:
            Departure::stepping(leaver, step, core, event), entry Departure::take(leaver, step, core);
        Refused { leaver: Leaver } = refused in Root {}: Departure::refused(leaver, core, event);
    }

    enum Superstate<'state> {
        Leaving {} in Root {}: Departure::leaving(core, event);
        Root {}: core.pass_over(event);
    }
}

impl Departure {
    /// A step is being taken, or its next try waits for its time.
    fn stepping(leaver: &mut Leaver, step: &mut LeaveStep, core: &mut Core, event: &Event) -> Outcome {
        match core.answer(event) {
            Some(Ok(_)) => leaver.done(*step, core),
            Some(Err(failure)) => leaver.failed(*step, core, failure),
            None if leaver.is_out_of_time(*step, core, event) => leaver.leave_rest_behind(*step, core),
            None if core.is_due(event) => Transition(State::stepping(leaver.clone(), *step)),
            None if *event == Event::LeaveRequested(LeaveKind::Force) && *step != LeaveStep::Erase => {
                leaver.insist(core);
                match core.in_flight {
                    Some(_) => Handled,
                    None => leaver.goes_on(*step),
                }
            }
            None => Super,
        }
    }

    fn take(leaver: &mut Leaver, step: &mut LeaveStep, core: &mut Core) {
        core.persist(leaver.stage(*step));
        let (identity, token) = (leaver.identity.clone(), core.person.as_ref().map(|person| person.token));
        let work = match step {
            LeaveStep::Retire => Work::Retire { identity },
            LeaveStep::Unregister => Work::Unregister { identity, token, request: core.request() },
            LeaveStep::Erase => Work::EraseKeys(leaver.identity.all_keys().cloned().collect()),
        };
        core.run(work);
        core.wake_at = leaver.until.filter(|_| *step != LeaveStep::Erase);
    }

    /// The object could not be deleted: waits for an operator, or for a sign-in whose token may be the way.
    fn refused(leaver: &mut Leaver, core: &mut Core, event: &Event) -> Outcome {
        match (event, core.newcomer(event)) {
            (Event::LeaveRequested(ask), _) => {
                if *ask == LeaveKind::Force {
                    leaver.insist(core);
                }
                leaver.goes_on(leaver.first_step(core))
            }
            (_, Some(person)) => {
                core.queue(person);
                leaver.goes_on(LeaveStep::Unregister)
            }
            (_, None) => Super,
        }
    }

    /// Leaving already: a person is kept for their token.
    fn leaving(core: &mut Core, event: &Event) -> Outcome {
        let Some(person) = core.newcomer(event) else { return Super };
        core.queue(person);
        Handled
    }
}

impl Leaver {
    fn stage(&self, step: LeaveStep) -> Stage {
        Stage::Leaving { identity: self.identity.clone(), step }
    }

    fn goes_on(&self, step: LeaveStep) -> Outcome {
        Transition(State::stepping(Leaver { tries: 0, ..self.clone() }, step))
    }

    fn done(&self, step: LeaveStep, core: &mut Core) -> Outcome {
        match step {
            LeaveStep::Retire => {
                core.ledger.retain(|line| !self.is_own(line, LedgerKind::IntuneLeftBehind));
                self.goes_on(LeaveStep::Unregister)
            }
            LeaveStep::Unregister => self.goes_on(LeaveStep::Erase),
            LeaveStep::Erase => core.hand_on(|_| Next::Unregistered),
        }
    }

    fn failed(&mut self, step: LeaveStep, core: &mut Core, failure: &Failure) -> Outcome {
        self.tries += 1;
        let most = if step == LeaveStep::Retire { RETIRE_TRIES } else { UNREGISTER_TRIES };
        let again = failure.class == FailureClass::Transient && self.tries < most && core.leave.is_none();
        match step {
            LeaveStep::Retire | LeaveStep::Unregister if failure.class == FailureClass::Gone => {
                return self.done(step, core);
            }
            // Intune may keep its record: that stops nobody from leaving.
            LeaveStep::Retire if !again => {
                self.note_left_behind(core, LedgerKind::IntuneLeftBehind);
                return self.goes_on(LeaveStep::Unregister);
            }
            LeaveStep::Unregister if !again => return self.give_up(core),
            _ => {}
        }
        core.persist(self.stage(step));
        core.back_off(self.tries, failure);
        Handled
    }

    /// The object could not be deleted in this way.
    fn give_up(&self, core: &mut Core) -> Outcome {
        core.persist(self.stage(LeaveStep::Unregister));
        if core.leave.is_some() {
            return self.leave_behind(core);
        }
        core.end_person();
        if core.person.is_some() {
            return self.goes_on(LeaveStep::Unregister);
        }
        Transition(State::refused(self.clone()))
    }

    /// Somebody leaves whatever the service says: each step is tried once more, and not for long.
    fn insist(&mut self, core: &mut Core) {
        core.leave = Some(LeaveKind::Force);
        self.until = Some(core.now.after(TRIED_FOR));
        core.wake_at = self.until;
    }

    /// What Intune kept at an earlier try is retired first.
    fn first_step(&self, core: &Core) -> LeaveStep {
        let enrolled = matches!(self.identity.intune, Intune::Enrolled(_));
        let kept = core.ledger.iter().any(|line| self.is_own(line, LedgerKind::IntuneLeftBehind));
        if enrolled && kept { LeaveStep::Retire } else { LeaveStep::Unregister }
    }

    fn is_out_of_time(&self, step: LeaveStep, core: &Core, event: &Event) -> bool {
        let over = self.until.is_some_and(|until| until <= core.now);
        *event == Event::Woke && step != LeaveStep::Erase && over
    }

    /// The time is over: an answer that still comes is not waited for.
    fn leave_rest_behind(&self, step: LeaveStep, core: &mut Core) -> Outcome {
        core.cancel();
        if step == LeaveStep::Retire {
            self.note_left_behind(core, LedgerKind::IntuneLeftBehind);
        }
        self.leave_behind(core)
    }

    /// The object stays in the directory; its id goes to the ledger.
    fn leave_behind(&self, core: &mut Core) -> Outcome {
        self.note_left_behind(core, LedgerKind::LeftBehind);
        core.leave = None;
        self.goes_on(LeaveStep::Erase)
    }

    /// The directory shows its object under the id of the device, and Intune under its own; each is told once.
    fn note_left_behind(&self, core: &mut Core, kind: LedgerKind) {
        if core.ledger.iter().any(|line| self.is_own(line, kind)) {
            return;
        }
        let request = core.request();
        core.note(request, self.identity.as_ref().into(), kind);
    }

    /// Whether a line of the ledger is about this identity's object.
    fn is_own(&self, line: &LedgerLine, kind: LedgerKind) -> bool {
        line.kind == kind && line.device == Some(self.identity.issued.device)
    }
}

impl State {
    /// Its name, and what of it is on disk.
    pub(crate) fn view(&self) -> (StateName, Stage) {
        let (leaver, step) = match self {
            State::Nowhere {} => return NOTHING,
            State::Stepping { leaver, step } => (leaver, *step),
            State::Refused { leaver } => (leaver, LeaveStep::Unregister),
        };
        let name = match step {
            LeaveStep::Retire => StateName::Retiring,
            LeaveStep::Unregister => StateName::Unregistering,
            LeaveStep::Erase => StateName::Erasing,
        };
        (name, leaver.stage(step))
    }
}

/// The way out, from its first step. On a copy of a machine the objects are the original's, and nothing is asked of the
/// service.
pub(crate) fn depart(core: &mut Core, identity: Box<Identity>, ask: LeaveKind) -> State {
    (core.leave, core.failure, core.wake_at) = (None, None, None);
    let enrolled = matches!(identity.intune, Intune::Enrolled(_));
    let copied = identity.suspended == Some(Suspension::ClonedMachine);
    let mut leaver = Leaver { identity, tries: 0, until: None };
    if ask == LeaveKind::Force && copied {
        if enrolled {
            leaver.note_left_behind(core, LedgerKind::IntuneLeftBehind);
        }
        leaver.note_left_behind(core, LedgerKind::LeftBehind);
        return State::stepping(leaver, LeaveStep::Erase);
    }
    if ask == LeaveKind::Force {
        leaver.insist(core);
    }
    State::stepping(leaver, if enrolled { LeaveStep::Retire } else { LeaveStep::Unregister })
}

/// The way out, from this step on.
pub(crate) fn resume(identity: Box<Identity>, step: LeaveStep) -> State {
    State::stepping(Leaver { identity, tries: 0, until: None }, step)
}

/// How long a forced leave tries the service.
const TRIED_FOR: Duration = Duration::from_secs(10);
const RETIRE_TRIES: u32 = 3;
const UNREGISTER_TRIES: u32 = 4;
