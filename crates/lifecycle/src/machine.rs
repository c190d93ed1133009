mod core;
mod depart;
mod enrol;
mod intune;
mod member;
mod rebind;

pub(crate) use core::{HOUR, Person, RETRY, RETRY_FOREVER};
use depart::Departure;
use enrol::Enrolment;
use member::Membership;

use crate::outbox::Outbox;
use crate::words::{
    Ask, Attempt, Command, DeviceKeys, Event, EventKind, Facts, Intent, LeaveStep, LedgerLine, OpId, Reply,
    Stage, Work,
};
use model::{Failure, Phase, RequestId, Timestamp};
use statig::blocking::*;

/// What is known besides the state.
pub(crate) struct Machine {
    pub(crate) facts: Facts,
    pub(crate) stage: Stage,
    pub(crate) ledger: Vec<LedgerLine>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) posts: Vec<Timestamp>,
    /// The person whose sign-in is being used.
    pub(crate) person: Option<Person>,
    /// The newest person who signed in meanwhile.
    pub(crate) spare: Option<Person>,
    pub(crate) failure: Option<Failure>,
    pub(crate) in_flight: Option<(OpId, Phase)>,
    /// A leave that waits for the end of a work with outside effect.
    pub(crate) leave: Option<Ask>,
    pub(crate) wake_at: Option<Timestamp>,
}

/// The keys of a closed intent, waiting for the next sign-in.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) keys: Option<Box<(Intent, DeviceKeys)>>,
}

#[state_machine(
    initial = "State::booting()",
    visibility = "pub(crate)",
    state(derive(Debug, Clone)),
    superstate(derive(Debug))
)]
impl Machine {
    #[state(superstate = "root")]
    fn booting(&mut self, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::Restored(snapshot) => Transition(self.restore(context, snapshot)),
            _ => Super,
        }
    }

    #[state(superstate = "root")]
    fn unregistered(&mut self, kept: &mut Kept, context: &mut Outbox, event: &Event) -> Outcome<State> {
        if let Some(person) = self.newcomer(event) {
            self.person = Some(person);
            return Transition(self.begin(context, kept));
        }
        match (event, &kept.keys) {
            (Event::Asked(_), Some(_)) => Transition(State::discarding(kept.clone())),
            (Event::Prepared(pair), None) => self.keep_prepared(context, kept, pair),
            _ => Super,
        }
    }

    /// The keys of a closed intent are destroyed because somebody asked to leave.
    #[state(superstate = "root", entry_action = "discard")]
    fn discarding(&mut self, kept: &mut Kept, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(_)) => Transition(self.all_gone(context)),
            Some(Err(failure)) => {
                self.persist(context, self.stage.clone());
                self.back_off(context, RETRY_FOREVER, failure);
                Handled
            }
            None if matches!(event, Event::Woke) && self.is_due(context) => {
                Transition(State::discarding(kept.clone()))
            }
            None => Super,
        }
    }

    #[action]
    fn discard(&mut self, kept: &mut Kept, context: &mut Outbox) {
        self.leave = None;
        let keys = kept.keys.as_ref().map(|kept| vec![kept.1.device.clone(), kept.1.transport.clone()]);
        self.persist(context, Stage::Unregistered { kept: kept.keys.clone() });
        self.run(context, Work::EraseKeys(keys.unwrap_or_default()));
    }

    #[state(superstate = "enrolling", entry_action = "discover")]
    fn discovering(
        &mut self,
        enrolment: &mut Enrolment,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(Reply::Discovered(endpoints))) => {
                enrolment.endpoints = Some(endpoints.clone());
                Transition(self.go_on(context, enrolment))
            }
            Some(Ok(_)) => Handled,
            Some(Err(failure)) => self.step_failed(context, enrolment, failure),
            None => self.wait_or_wake(context, event, State::discovering(enrolment.clone())),
        }
    }

    #[action]
    fn discover(&mut self, context: &mut Outbox) {
        let Some(person) = &self.person else { return };
        let (tenant, token) = (self.facts.tenant, person.token);
        self.run(context, Work::Discover { tenant, token });
    }

    #[state(superstate = "enrolling", entry_action = "create_keys")]
    fn creating_keys(
        &mut self,
        enrolment: &mut Enrolment,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(Reply::Keys(keys))) => {
                enrolment.keys = Some(keys.clone());
                self.persist(context, enrolment.stage());
                Transition(self.go_on(context, enrolment))
            }
            Some(Ok(_)) => Handled,
            Some(Err(failure)) => self.step_failed(context, enrolment, failure),
            None => self.wait_or_wake(context, event, State::creating_keys(enrolment.clone())),
        }
    }

    #[action]
    fn create_keys(&mut self, enrolment: &mut Enrolment, context: &mut Outbox) {
        self.run(context, Work::CreateKeys(enrolment.intent.clone()));
    }

    #[state(superstate = "enrolling", entry_action = "join")]
    fn joining(&mut self, enrolment: &mut Enrolment, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(Reply::JoinAnswered(reply))) => {
                enrolment.reply = Some(reply.clone());
                self.persist(context, enrolment.stage());
                Transition(State::reading_reply(enrolment.clone()))
            }
            Some(Ok(_)) => Handled,
            Some(Err(failure)) => self.join_failed(context, enrolment, failure),
            None => self.wait_or_wake(context, event, State::joining(enrolment.clone())),
        }
    }

    #[action]
    fn join(&mut self, enrolment: &mut Enrolment, context: &mut Outbox) {
        let Some(order) = self.announce_join(context, enrolment) else { return };
        self.run(context, Work::Join(Box::new(order)));
    }

    #[state(superstate = "enrolling", entry_action = "read_reply")]
    fn reading_reply(
        &mut self,
        enrolment: &mut Enrolment,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(Reply::Issued(issued))) => Transition(self.registered_as(context, enrolment, issued)),
            Some(Ok(_)) => Handled,
            Some(Err(_)) => Transition(self.reply_unusable(context, enrolment)),
            None => Super,
        }
    }

    #[action]
    fn read_reply(&mut self, enrolment: &mut Enrolment, context: &mut Outbox) {
        let (Some(keys), Some(reply)) = (enrolment.keys.clone(), enrolment.reply.clone()) else { return };
        self.run(context, Work::ReadJoin { intent: enrolment.intent.clone(), keys, reply });
    }

    /// The keys wait for the next sign-in.
    #[state(superstate = "enrolling")]
    fn awaiting_sign_in(
        &mut self,
        enrolment: &mut Enrolment,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.newcomer(event) {
            Some(person) => {
                self.person = Some(person);
                self.failure = None;
                enrolment.tries = 0;
                Transition(self.go_on(context, enrolment))
            }
            None => Super,
        }
    }

    #[superstate(superstate = "root")]
    fn enrolling(
        &mut self,
        enrolment: &mut Enrolment,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        if let Some(person) = self.newcomer(event) {
            self.keep_spare(context, person);
            return Handled;
        }
        match event {
            Event::Asked(ask) => self.leave_enrolling(context, enrolment, *ask),
            _ => Super,
        }
    }

    #[state(superstate = "registered", entry_action = "verify")]
    fn verifying(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(_)) => Transition(self.verified(context, membership)),
            Some(Err(failure)) => self.verify_failed(context, membership, failure),
            None => self.verify_event(context, membership, event, State::verifying),
        }
    }

    #[action]
    fn verify(&mut self, membership: &mut Membership, context: &mut Outbox) {
        self.start_verify(context, membership);
    }

    /// Registered, and nothing more is wanted.
    #[state(superstate = "registered")]
    fn idle(&mut self, membership: &mut Membership, context: &mut Outbox, event: &Event) -> Outcome<State> {
        self.signed_in_again(context, membership, event)
    }

    #[state(superstate = "registered", entry_action = "prepare")]
    fn intune_preparing(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(answer) => self.intune_key_made(context, membership, answer),
            None => self.intune_event(context, membership, event, State::intune_preparing),
        }
    }

    #[action]
    fn prepare(&mut self, membership: &mut Membership, context: &mut Outbox) {
        self.prepare_enrolment(context, membership);
    }

    #[state(superstate = "registered", entry_action = "enrol_intune")]
    fn intune_enrolling(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(answer) => self.enrolment_answered(context, membership, answer),
            None => self.intune_event(context, membership, event, State::intune_enrolling),
        }
    }

    #[action]
    fn enrol_intune(&mut self, membership: &mut Membership, context: &mut Outbox) {
        self.post_enrolment(context, membership);
    }

    #[state(superstate = "registered", entry_action = "read_intune")]
    fn intune_reading(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(answer) => self.enrolment_read(context, membership, answer),
            None => self.signed_in_again(context, membership, event),
        }
    }

    #[action]
    fn read_intune(&mut self, membership: &mut Membership, context: &mut Outbox) {
        self.read_enrolment(context, membership);
    }

    #[state(superstate = "registered", entry_action = "check_in")]
    fn checking_in(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(answer) => self.inventory_sent(context, membership, answer),
            None => self.intune_event(context, membership, event, State::checking_in),
        }
    }

    #[action]
    fn check_in(&mut self, membership: &mut Membership, context: &mut Outbox) {
        self.send_inventory(context, membership);
    }

    #[state(superstate = "registered")]
    fn intune_enrolled(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        self.signed_in_again(context, membership, event)
    }

    /// The keys are being bound to this machine as it is now.
    #[state(superstate = "registered", entry_action = "bind")]
    fn rebinding(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(answer) => self.rebound(context, membership, answer),
            None => self.await_rebinding(context, event),
        }
    }

    #[action]
    fn bind(&mut self, membership: &mut Membership, context: &mut Outbox) {
        self.run(context, Work::Rebind(membership.identity.clone()));
    }

    /// The identity may not be used; its keys stay, and a sign-in looks whether the cause is gone.
    #[state(superstate = "registered", entry_action = "quarantine")]
    fn suspended(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(_)) => Transition(self.lifted(context, membership)),
            Some(Err(_)) => {
                self.persist(context, self.stage.clone());
                self.end_person(context);
                self.recheck(context, membership);
                Handled
            }
            None => match self.newcomer(event) {
                Some(person) => {
                    self.keep_spare(context, person);
                    self.recheck(context, membership);
                    Handled
                }
                None => Super,
            },
        }
    }

    #[action]
    fn quarantine(&mut self, context: &mut Outbox) {
        self.end_people(context);
        self.wake_at = None;
    }

    #[superstate(superstate = "root")]
    fn registered(
        &mut self,
        membership: &mut Membership,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match event {
            Event::Asked(ask) => self.leave_registered(context, membership, *ask),
            Event::Suspected(failure) => self.suspected(context, membership, failure),
            Event::Rebind if self.in_flight.is_none() => Transition(State::rebinding(membership.clone())),
            _ => Super,
        }
    }

    #[state(superstate = "leaving", entry_action = "retire")]
    fn retiring(&mut self, departure: &mut Departure, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(_)) => Transition(State::unregistering(departure.afresh())),
            Some(Err(failure)) => self.retire_failed(context, departure, failure),
            None => self.wait_or_wake(context, event, State::retiring(departure.clone())),
        }
    }

    #[action]
    fn retire(&mut self, departure: &mut Departure, context: &mut Outbox) {
        self.announce(context, departure, LeaveStep::Retire);
        self.run(context, Work::Retire { identity: departure.identity.clone() });
    }

    #[state(superstate = "leaving", entry_action = "unregister")]
    fn unregistering(
        &mut self,
        departure: &mut Departure,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(_)) => Transition(State::erasing(departure.afresh())),
            Some(Err(failure)) => self.unregister_failed(context, departure, failure),
            None => self.unregister_event(context, departure, event),
        }
    }

    #[action]
    fn unregister(&mut self, departure: &mut Departure, context: &mut Outbox) {
        self.announce(context, departure, LeaveStep::Unregister);
        let token = self.person.as_ref().map(|person| person.token);
        let request = RequestId::new(context.guid());
        self.run(context, Work::Unregister { identity: departure.identity.clone(), token, request });
    }

    #[state(superstate = "leaving", entry_action = "erase")]
    fn erasing(&mut self, departure: &mut Departure, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match self.answer(context, event) {
            Some(Ok(_)) => Transition(self.all_gone(context)),
            Some(Err(failure)) => {
                departure.tries += 1;
                self.persist(context, self.stage.clone());
                self.back_off(context, departure.tries, failure);
                Handled
            }
            None => self.wait_or_wake(context, event, State::erasing(departure.clone())),
        }
    }

    #[action]
    fn erase(&mut self, departure: &mut Departure, context: &mut Outbox) {
        self.announce(context, departure, LeaveStep::Erase);
        let keys = departure.keys();
        self.run(context, Work::EraseKeys(keys));
    }

    #[superstate(superstate = "root")]
    fn leaving(&mut self, departure: &mut Departure, context: &mut Outbox, event: &Event) -> Outcome<State> {
        if let Some(person) = self.newcomer(event) {
            self.keep_spare(context, person);
            return Handled;
        }
        match event {
            // Leaving already: an insistence that comes too early is remembered.
            Event::Asked(Ask::ForceLeave) if !departure.stuck => {
                self.leave = Some(Ask::ForceLeave);
                Handled
            }
            _ => Super,
        }
    }

    /// Records what nobody else wanted; a token that came with it is ended.
    #[superstate]
    fn root(&mut self, context: &mut Outbox, event: &Event) -> Outcome<State> {
        let kind = match event {
            Event::Restored(_) => EventKind::Restored,
            Event::Prepared(_) => EventKind::Prepared,
            Event::SignedIn { token, .. } => {
                context.push(Command::Forget(*token));
                EventKind::SignedIn
            }
            Event::Asked(_) => EventKind::Asked,
            Event::Rebind => EventKind::Rebind,
            Event::Suspected(_) => EventKind::Suspected,
            Event::Done(..) => EventKind::StaleDone,
            Event::Woke => EventKind::Woke,
        };
        context.ignore(kind);
        Handled
    }
}
