//! Leaving: every step is on disk before it is taken.

use super::{Machine, State};
use crate::outbox::Outbox;
use crate::words::{Ask, Event, Identity, Intune, LeaveStep, LedgerKind, Stage};
use model::{Failure, FailureClass, KeyHandle, RequestId};
use statig::blocking::*;

/// On the way out.
#[derive(Debug, Clone)]
pub(crate) struct Departure {
    pub(crate) identity: Box<Identity>,
    pub(crate) tries: u32,
    /// The next try waits for an operator or a sign-in.
    pub(crate) stuck: bool,
}

impl Departure {
    /// For the next step: nothing failed yet.
    pub(crate) fn afresh(&self) -> Departure {
        Departure { tries: 0, stuck: false, ..self.clone() }
    }

    pub(crate) fn keys(&self) -> Vec<KeyHandle> {
        let keys = &self.identity.keys;
        let mut all = vec![keys.device.clone(), keys.transport.clone()];
        all.extend(self.identity.intune.key().cloned());
        all
    }
}

impl Machine {
    /// The first step out.
    pub(crate) fn depart(&mut self, outbox: &mut Outbox, identity: Box<Identity>, ask: Ask) -> State {
        self.leave = None;
        self.failure = None;
        self.wake_at = None;
        let departure = Departure { identity, tries: 0, stuck: false };
        match (ask, &departure.identity.intune) {
            (Ask::ForceLeave, Intune::Enrolled(_)) => {
                self.note_left_behind(outbox, &departure, LedgerKind::IntuneLeftBehind);
                self.leave_behind(outbox, &departure)
            }
            (Ask::ForceLeave, _) => self.leave_behind(outbox, &departure),
            (Ask::Leave, Intune::Enrolled(_)) => State::retiring(departure),
            (Ask::Leave, _) => State::unregistering(departure),
        }
    }

    /// Writes the next step down.
    pub(crate) fn announce(&mut self, outbox: &mut Outbox, departure: &Departure, step: LeaveStep) {
        self.persist(outbox, Stage::Leaving { identity: departure.identity.clone(), step });
    }

    /// The object stays in the directory; its id goes to the ledger.
    fn leave_behind(&mut self, outbox: &mut Outbox, departure: &Departure) -> State {
        self.note_left_behind(outbox, departure, LedgerKind::LeftBehind);
        self.leave = None;
        State::erasing(departure.afresh())
    }

    /// Both services show their object under the id of the device.
    fn note_left_behind(&mut self, outbox: &mut Outbox, departure: &Departure, kind: LedgerKind) {
        let request = RequestId::new(outbox.guid());
        self.note(outbox.now, request, Some(departure.identity.issued.device), kind);
    }

    /// Intune may keep its record: that stops nobody from leaving.
    pub(crate) fn retire_failed(
        &mut self,
        outbox: &mut Outbox,
        departure: &mut Departure,
        failure: &Failure,
    ) -> Outcome<State> {
        departure.tries += 1;
        if failure.class == FailureClass::Transient && departure.tries < RETIRE_TRIES && self.leave.is_none()
        {
            self.persist(outbox, self.stage.clone());
            self.back_off(outbox, departure.tries, failure);
            return Handled;
        }
        if failure.class != FailureClass::Gone {
            self.note_left_behind(outbox, departure, LedgerKind::IntuneLeftBehind);
        }
        Transition(State::unregistering(departure.afresh()))
    }

    pub(crate) fn unregister_failed(
        &mut self,
        outbox: &mut Outbox,
        departure: &mut Departure,
        failure: &Failure,
    ) -> Outcome<State> {
        if failure.class == FailureClass::Gone {
            return Transition(State::erasing(departure.afresh()));
        }
        self.persist(outbox, self.stage.clone());
        if self.leave == Some(Ask::ForceLeave) {
            return Transition(self.leave_behind(outbox, departure));
        }
        departure.tries += 1;
        if failure.class == FailureClass::Transient && departure.tries < UNREGISTER_TRIES {
            self.back_off(outbox, departure.tries, failure);
            return Handled;
        }
        self.end_person(outbox);
        match self.person {
            Some(_) => Transition(State::unregistering(departure.afresh())),
            None => {
                departure.stuck = true;
                Handled
            }
        }
    }

    /// Waiting for an operator, or for a sign-in whose token may be the way.
    pub(crate) fn unregister_event(
        &mut self,
        outbox: &mut Outbox,
        departure: &mut Departure,
        event: &Event,
    ) -> Outcome<State> {
        if let Some(person) = self.newcomer(event).filter(|_| departure.stuck) {
            self.keep_spare(outbox, person);
            return Transition(State::unregistering(departure.afresh()));
        }
        match event {
            Event::Asked(Ask::Leave) if departure.stuck => {
                Transition(State::unregistering(departure.afresh()))
            }
            Event::Asked(Ask::ForceLeave) if self.in_flight.is_none() => {
                self.wake_at = None;
                Transition(self.leave_behind(outbox, departure))
            }
            _ => self.wait_or_wake(outbox, event, State::unregistering(departure.clone())),
        }
    }
}

const RETIRE_TRIES: u32 = 3;
const UNREGISTER_TRIES: u32 = 4;
