//! The life of a committed identity.

use super::{HOUR, Machine, RETRY, State};
use crate::outbox::Outbox;
use crate::words::{
    Ask, Command, Event, Identity, Intune, IntuneIdentity, IntunePolicy, Stage, Suspension, Work,
};
use model::{Failure, FailureClass, Phase, RequestId, Timestamp};
use statig::blocking::*;
use std::time::Duration;

/// A committed identity, and what is being tried with it.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) identity: Box<Identity>,
    /// Failures in a row.
    tries: u32,
    /// When the directory was first asked; it is given a minute to know the device.
    asked_at: Option<Timestamp>,
    /// When the directory first said, after that minute, that it does not know the device.
    missing_since: Option<Timestamp>,
}

impl Membership {
    pub(crate) fn new(identity: Box<Identity>) -> Membership {
        Membership { identity, tries: 0, asked_at: None, missing_since: None }
    }

    fn stage(&self) -> Stage {
        Stage::Registered(self.identity.clone())
    }
}

impl Machine {
    /// Where a committed identity goes on after a start.
    pub(crate) fn resume_member(&mut self, identity: Box<Identity>) -> State {
        let membership = Membership::new(identity);
        match &membership.identity.suspended {
            Some(_) => State::suspended(membership),
            None => self.settle(membership),
        }
    }

    /// The state that an identity has come to.
    fn settle(&mut self, membership: Membership) -> State {
        let identity = &membership.identity;
        match (identity.verified_at, &identity.intune, self.facts.intune) {
            (None, _, _) => State::verifying(membership),
            (Some(_), Intune::Enrolled(_), _) => State::intune_enrolled(membership),
            (Some(_), _, IntunePolicy::Enrol) => State::intune_enrolling(membership),
            (Some(_), _, IntunePolicy::Stay) => State::idle(membership),
        }
    }

    pub(crate) fn start_verify(&mut self, outbox: &mut Outbox, membership: &mut Membership) {
        let Some(person) = &self.person else { return };
        let (identity, token) = (membership.identity.clone(), person.token);
        membership.asked_at.get_or_insert(outbox.now);
        self.run(outbox, Work::Verify { identity, token });
    }

    /// The directory knows the device.
    pub(crate) fn verified(&mut self, outbox: &mut Outbox, membership: &mut Membership) -> State {
        membership.identity.verified_at = Some(outbox.now);
        self.persist(outbox, membership.stage());
        match self.leave.take() {
            Some(ask) => self.depart(outbox, membership.identity.clone(), ask),
            None => self.settle(Membership::new(membership.identity.clone())),
        }
    }

    pub(crate) fn verify_failed(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        failure: &Failure,
    ) -> Outcome<State> {
        if let Some(why) = suspension(failure) {
            return Transition(self.suspend(outbox, membership, why));
        }
        membership.tries += 1;
        if failure.code == DEVICE_UNKNOWN {
            return self.device_unknown(outbox, membership, failure);
        }
        self.persist(outbox, membership.stage());
        if failure.class == FailureClass::Transient {
            self.back_off(outbox, membership.tries, failure);
            return Handled;
        }
        Transition(self.ask_next_person(outbox, membership))
    }

    /// Right after the join that is replication; later it takes two such answers, ten minutes apart.
    fn device_unknown(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        failure: &Failure,
    ) -> Outcome<State> {
        let registered = membership.identity.registered_at.max(membership.asked_at.unwrap_or_default());
        if outbox.now.since(registered) < GRACE && membership.missing_since.is_none() {
            self.persist(outbox, membership.stage());
            self.back_off(outbox, membership.tries, failure);
            return Handled;
        }
        let since = *membership.missing_since.get_or_insert(outbox.now);
        if outbox.now.since(since) >= APART {
            return Transition(self.suspend(outbox, membership, Suspension::Deleted));
        }
        self.persist(outbox, membership.stage());
        self.wake_at = Some(since.after(APART));
        Handled
    }

    /// This sign-in is of no more use for what is being tried.
    fn ask_next_person(&mut self, outbox: &mut Outbox, membership: &Membership) -> State {
        self.end_person(outbox);
        self.wake_at = None;
        self.settle(Membership { tries: 0, asked_at: None, ..membership.clone() })
    }

    pub(crate) fn suspend(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        why: Suspension,
    ) -> State {
        membership.identity.suspended = Some(why);
        self.persist(outbox, membership.stage());
        State::suspended(Membership::new(membership.identity.clone()))
    }

    /// Asks the directory whether the cause of a suspension is gone.
    pub(crate) fn recheck(&mut self, outbox: &mut Outbox, membership: &mut Membership) {
        if self.in_flight.is_none() {
            self.start_verify(outbox, membership);
        }
    }

    pub(crate) fn lifted(&mut self, outbox: &mut Outbox, membership: &mut Membership) -> State {
        membership.identity.suspended = None;
        self.verified(outbox, membership)
    }

    /// Announces the enrolment, then starts it; once enrolled, never again.
    pub(crate) fn start_intune(&mut self, outbox: &mut Outbox, membership: &mut Membership) {
        let Some(person) = &self.person else { return };
        let token = person.token;
        let request = RequestId::new(outbox.guid());
        let attempt = match membership.identity.intune {
            Intune::Posting { attempt, .. } => attempt.saturating_add(1),
            _ => 1,
        };
        membership.identity.intune = Intune::Posting { attempt, request };
        self.persist(outbox, membership.stage());
        self.run(outbox, Work::EnrolIntune { identity: membership.identity.clone(), token, request });
    }

    pub(crate) fn intune_done(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        enrolled: &IntuneIdentity,
    ) -> State {
        membership.identity.intune = Intune::Enrolled(enrolled.clone());
        self.persist(outbox, membership.stage());
        match self.leave.take() {
            Some(ask) => self.depart(outbox, membership.identity.clone(), ask),
            None => State::checking_in(Membership::new(membership.identity.clone())),
        }
    }

    /// A failure here never disturbs the registration: it waits, and tries again.
    pub(crate) fn intune_failed(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        failure: &Failure,
    ) -> Outcome<State> {
        membership.tries += 1;
        self.persist(outbox, membership.stage());
        if let Some(ask) = self.leave.take() {
            return Transition(self.depart(outbox, membership.identity.clone(), ask));
        }
        if failure.class != FailureClass::Transient {
            return Transition(self.ask_next_person(outbox, membership));
        }
        let entropy = outbox.random();
        let index = usize::try_from(membership.tries - 1).unwrap_or(usize::MAX);
        let wait = INTUNE_RETRIES
            .get(index)
            .copied()
            .unwrap_or_else(|| INTUNE_LATER.delay(membership.tries - 3, entropy));
        self.wake_at = Some(outbox.now.after(wait.max(failure.retry_after.unwrap_or_default().min(HOUR))));
        Handled
    }

    pub(crate) fn checked_in(&mut self, outbox: &mut Outbox, membership: &mut Membership) -> State {
        self.persist(outbox, membership.stage());
        match self.leave.take() {
            Some(ask) => self.depart(outbox, membership.identity.clone(), ask),
            None => State::intune_enrolled(membership.clone()),
        }
    }

    /// What a member hears while something is being tried or waits for a person.
    pub(crate) fn member_event(
        &mut self,
        outbox: &mut Outbox,
        membership: &Membership,
        event: &Event,
        again: fn(Membership) -> State,
    ) -> Outcome<State> {
        if let Some(person) = self.newcomer(event) {
            let waits = self.person.is_none() && self.in_flight.is_none();
            self.keep_spare(outbox, person);
            return if waits { Transition(again(membership.clone())) } else { Handled };
        }
        self.wait_or_wake(outbox, event, again(membership.clone()))
    }

    /// Somebody asks to leave: what only reads is abandoned, what may change something is waited for.
    pub(crate) fn leave_registered(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        ask: Ask,
    ) -> Outcome<State> {
        match self.in_flight {
            Some((op, Phase::Verify)) => {
                outbox.push(Command::Cancel(op));
                self.in_flight = None;
            }
            Some(_) => {
                self.leave = Some(ask);
                return Handled;
            }
            None => {}
        }
        Transition(self.depart(outbox, membership.identity.clone(), ask))
    }
}

/// The exact list of reliability.md D.3; every other failure changes nothing in the identity.
fn suspension(failure: &Failure) -> Option<Suspension> {
    match failure.code.as_str() {
        "AADSTS135011" => Some(Suspension::Disabled),
        "AADSTS700003" => Some(Suspension::Deleted),
        "KeyUnavailable" => Some(Suspension::KeyUnavailable),
        "ClonedMachine" => Some(Suspension::ClonedMachine),
        _ => None,
    }
}

const DEVICE_UNKNOWN: &str = "AADSTS50155";
/// How long the directory may take to know a new device.
const GRACE: Duration = Duration::from_secs(60);
/// How far apart two such answers must lie to count as "deleted".
const APART: Duration = Duration::from_secs(600);
const INTUNE_RETRIES: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(5)];
const INTUNE_LATER: backoff::Backoff = backoff::Backoff { base: RETRY.cap, cap: HOUR };
