//! The life of a committed identity.

use super::{Machine, Person, State};
use crate::outbox::Outbox;
use crate::words::{
    Ask, Command, Event, EventKind, Identity, Intune, IntuneIntent, IntunePolicy, LedgerKind, Milestone,
    Stage, Suspension, Work,
};
use model::{Account, DeviceTrouble, Failure, FailureClass, Phase, Timestamp};
use statig::blocking::*;
use std::time::Duration;

/// A committed identity, and what is being tried with it.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) identity: Box<Identity>,
    /// Whose session Intune's works use; none until somebody signs in who may.
    pub(crate) session: Option<Account>,
    /// Failures in a row.
    pub(crate) tries: u32,
    /// When the directory was first asked; it is given a minute to know the device.
    asked_at: Option<Timestamp>,
    /// When the directory first said, after that minute, that it does not know the device.
    missing_since: Option<Timestamp>,
}

impl Membership {
    pub(crate) fn new(identity: Box<Identity>) -> Membership {
        Membership { identity, session: None, tries: 0, asked_at: None, missing_since: None }
    }

    /// For what comes next: nothing failed yet.
    pub(crate) fn afresh(&self) -> Membership {
        Membership { session: self.session.clone(), ..Membership::new(self.identity.clone()) }
    }

    pub(crate) fn stage(&self) -> Stage {
        Stage::Registered(self.identity.clone())
    }
}

impl Machine {
    /// Where a committed identity goes on after a start.
    pub(crate) fn resume_member(&mut self, outbox: &mut Outbox, identity: Box<Identity>) -> State {
        let mut membership = Membership::new(identity);
        self.resume_intune(outbox, &mut membership);
        match &membership.identity.suspended {
            Some(_) => State::suspended(membership),
            None => self.settle(membership),
        }
    }

    /// Before a key the intent is dropped; a request whose end is not known is in doubt.
    fn resume_intune(&mut self, outbox: &mut Outbox, membership: &mut Membership) {
        membership.identity.intune = match membership.identity.intune.clone() {
            Intune::Intent(_) => Intune::None,
            Intune::Posting { intent, key, request, .. } => {
                self.note(outbox.now, request, None, LedgerKind::IntuneInDoubt);
                Intune::KeyReady(IntuneIntent { in_doubt: true, ..intent }, key)
            }
            _ => return,
        };
        self.persist(outbox, membership.stage());
    }

    /// The state that an identity has come to.
    pub(crate) fn settle(&mut self, membership: Membership) -> State {
        let identity = &membership.identity;
        match (identity.verified_at, &identity.intune, self.facts.intune) {
            (None, _, _) => State::verifying(membership),
            (Some(_), Intune::Enrolled(enrolled), IntunePolicy::Enrol) if enrolled.inventory_at.is_none() => {
                State::checking_in(membership)
            }
            (Some(_), Intune::Enrolled(_), _) => State::intune_enrolled(membership),
            (Some(_), _, IntunePolicy::Stay) => State::idle(membership),
            (Some(_), Intune::None | Intune::Intent(_), _) => State::intune_preparing(membership),
            (Some(_), Intune::KeyReady(..) | Intune::Posting { .. }, _) => {
                State::intune_enrolling(membership)
            }
            (Some(_), Intune::ReplyStored { .. }, _) => State::intune_reading(membership),
        }
    }

    /// The next step of an identity, or the way out if somebody asked for it meanwhile.
    pub(crate) fn settle_or_leave(&mut self, outbox: &mut Outbox, membership: &Membership) -> State {
        match self.leave.take() {
            Some(ask) => self.depart(outbox, membership.identity.clone(), ask),
            None => self.settle(membership.afresh()),
        }
    }

    /// A person's session owns their token set from here on; Intune uses the first that may.
    pub(crate) fn hand_over(&self, outbox: &mut Outbox, membership: &mut Membership, person: Person) {
        let Person { account, token, .. } = person;
        let owner = membership.identity.intune.owner();
        if membership.session.is_none() && owner.is_none_or(|owner| owner.object == account.object) {
            membership.session = Some(account.clone());
        }
        outbox.push(Command::HandOver { account, token });
    }

    /// Whoever signs in where nothing is to be done has a session all the same.
    pub(crate) fn signed_in_again(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        event: &Event,
    ) -> Outcome<State> {
        let Some(person) = self.newcomer(event) else { return Super };
        self.hand_over(outbox, membership, person);
        Handled
    }

    /// A session met a failure: only the exact list says something about the device.
    pub(crate) fn suspected(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        failure: &Failure,
    ) -> Outcome<State> {
        let open = self.in_flight.is_none() && membership.identity.suspended.is_none();
        let in_grace = outbox.now.since(membership.identity.registered_at) < GRACE;
        match suspension(failure) {
            Some(why) if open => return Transition(self.suspend(outbox, membership, why)),
            None if open && failure.trouble == Some(DeviceTrouble::NotKnown) && !in_grace => {
                let since = *membership.missing_since.get_or_insert(outbox.now);
                if outbox.now.since(since) >= APART {
                    return Transition(self.suspend(outbox, membership, Suspension::Deleted));
                }
            }
            _ => {}
        }
        outbox.ignore(EventKind::Suspected);
        Handled
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
        self.persist_because(outbox, membership.stage(), Milestone::Verified);
        self.hand_over_all(outbox, membership);
        self.settle_or_leave(outbox, membership)
    }

    /// Everybody who waits has a session from here on.
    pub(crate) fn hand_over_all(&mut self, outbox: &mut Outbox, membership: &mut Membership) {
        while let Some(person) = self.person.take() {
            self.hand_over(outbox, membership, person);
            self.person = self.spare.take();
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
        if failure.trouble == Some(DeviceTrouble::NotKnown) {
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

    /// What a member hears while it is being verified or waits for a person for that.
    pub(crate) fn verify_event(
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
pub(crate) fn suspension(failure: &Failure) -> Option<Suspension> {
    match failure.trouble? {
        DeviceTrouble::Disabled => Some(Suspension::Disabled),
        DeviceTrouble::Deleted => Some(Suspension::Deleted),
        DeviceTrouble::KeyLost | DeviceTrouble::BootStateChanged | DeviceTrouble::BootFileMissing => {
            Some(Suspension::KeyUnavailable)
        }
        DeviceTrouble::Cloned => Some(Suspension::ClonedMachine),
        DeviceTrouble::NotKnown => None,
    }
}

/// How long the directory may take to know a new device.
const GRACE: Duration = Duration::from_secs(60);
/// How far apart two such answers must lie to count as "deleted".
const APART: Duration = Duration::from_secs(600);
