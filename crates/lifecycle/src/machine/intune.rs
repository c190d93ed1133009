//! From a verified identity to an enrolled one; a failure here never disturbs the registration.

use super::member::{Membership, suspension};
use super::{HOUR, Machine, RETRY, State};
use crate::outbox::Outbox;
use crate::words::{
    EnrolOrder, Event, Intune, IntuneIdentity, IntuneIntent, IntuneIssued, LedgerKind, Reply, StoredReply,
    Work,
};
use model::{Delivery, Failure, FailureClass, IntentId, KeyHandle, RequestId};
use statig::blocking::*;
use std::time::Duration;

type Answer<'e> = &'e Result<Reply, Failure>;

impl Machine {
    /// Decides who enrols, and has the key made.
    pub(crate) fn prepare_enrolment(&mut self, outbox: &mut Outbox, membership: &mut Membership) {
        let Some(owner) = membership.session.clone() else { return };
        let id = match &membership.identity.intune {
            Intune::Intent(intent) => intent.id,
            _ => IntentId::new(outbox.guid()),
        };
        let intent = IntuneIntent { id, owner, at: outbox.now, in_doubt: false };
        self.keep_intune(outbox, membership, Intune::Intent(intent.clone()));
        let backend = membership.identity.keys.device.backend;
        self.run(outbox, Work::CreateIntuneKey { intent, backend });
    }

    pub(crate) fn intune_key_made(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        answer: Answer<'_>,
    ) -> Outcome<State> {
        match (answer, membership.identity.intune.clone()) {
            (Ok(Reply::IntuneKey(key)), Intune::Intent(intent)) => {
                self.keep_intune(outbox, membership, Intune::KeyReady(intent, key.clone()));
                Transition(self.settle_or_leave(outbox, membership))
            }
            (Ok(_), _) => Handled,
            (Err(failure), _) => self.intune_failed(outbox, membership, failure),
        }
    }

    /// Announces the request, then sends it; once enrolled, never again.
    pub(crate) fn post_enrolment(&mut self, outbox: &mut Outbox, membership: &mut Membership) {
        let (Some(session), Some((mut intent, key, sent))) =
            (membership.session.clone(), ready(&membership.identity.intune))
        else {
            return;
        };
        if !intent.in_doubt {
            intent.owner = session;
        }
        let (request, attempt) = (RequestId::new(outbox.guid()), sent.saturating_add(1));
        let posting = Intune::Posting { intent: intent.clone(), key: key.clone(), attempt, request };
        self.keep_intune(outbox, membership, posting);
        let (identity, device) = (membership.identity.clone(), self.facts.device.clone());
        self.run(outbox, Work::EnrolIntune(Box::new(EnrolOrder { identity, intent, key, request, device })));
    }

    pub(crate) fn enrolment_answered(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        answer: Answer<'_>,
    ) -> Outcome<State> {
        let Intune::Posting { intent, key, attempt, request } = membership.identity.intune.clone() else {
            return Handled;
        };
        match answer {
            Ok(Reply::IntuneAnswered(reply)) => {
                let reply = reply.clone();
                let stored = Intune::ReplyStored { intent, key, attempt, request, reply };
                self.keep_intune(outbox, membership, stored);
                // Whoever asks to leave meanwhile waits: only what was read can be retired.
                Transition(State::intune_reading(membership.clone()))
            }
            Ok(_) => Handled,
            Err(failure) => {
                let in_doubt = failure.delivery == Delivery::InDoubt;
                if in_doubt && !intent.in_doubt {
                    self.note(outbox.now, request, None, LedgerKind::IntuneInDoubt);
                }
                let intent = IntuneIntent { in_doubt: intent.in_doubt || in_doubt, ..intent };
                self.keep_intune(outbox, membership, Intune::KeyReady(intent, key));
                self.intune_failed(outbox, membership, failure)
            }
        }
    }

    /// Reads what is on disk; no network.
    pub(crate) fn read_enrolment(&mut self, outbox: &mut Outbox, membership: &Membership) {
        let Some((key, reply)) = stored(&membership.identity.intune) else { return };
        self.run(outbox, Work::ReadEnrolment { key, reply });
    }

    pub(crate) fn enrolment_read(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        answer: Answer<'_>,
    ) -> Outcome<State> {
        let Intune::ReplyStored { intent, key, request, .. } = membership.identity.intune.clone() else {
            return Handled;
        };
        match answer {
            Ok(Reply::IntuneIssued(issued)) => {
                let enrolled = enrolled(outbox, intent, key, issued);
                self.keep_intune(outbox, membership, Intune::Enrolled(Box::new(enrolled)));
                Transition(self.settle_or_leave(outbox, membership))
            }
            Ok(_) => Handled,
            Err(_) => {
                self.note(outbox.now, request, None, LedgerKind::IntuneUnusableReply);
                let intent = IntuneIntent { in_doubt: true, ..intent };
                self.keep_intune(outbox, membership, Intune::KeyReady(intent, key));
                membership.session = None;
                Transition(self.settle_or_leave(outbox, membership))
            }
        }
    }

    pub(crate) fn send_inventory(&mut self, outbox: &mut Outbox, membership: &Membership) {
        if membership.session.is_none() {
            return;
        }
        let (identity, device) = (membership.identity.clone(), self.facts.device.clone());
        self.run(outbox, Work::CheckIn { identity, device });
    }

    pub(crate) fn inventory_sent(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        answer: Answer<'_>,
    ) -> Outcome<State> {
        match (answer, membership.identity.intune.clone()) {
            (Ok(_), Intune::Enrolled(mut enrolled)) => {
                enrolled.inventory_at = Some(outbox.now);
                self.keep_intune(outbox, membership, Intune::Enrolled(enrolled));
                Transition(self.settle_or_leave(outbox, membership))
            }
            (Ok(_), _) => Handled,
            (Err(failure), _) => self.intune_failed(outbox, membership, failure),
        }
    }

    /// What a member hears while Intune is being tried or waits for a person.
    pub(crate) fn intune_event(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        event: &Event,
        again: fn(Membership) -> State,
    ) -> Outcome<State> {
        let Some(person) = self.newcomer(event) else {
            return self.wait_or_wake(outbox, event, again(membership.clone()));
        };
        let waited = membership.session.is_none() && self.in_flight.is_none();
        self.hand_over(outbox, membership, person);
        let goes_on = waited && membership.session.is_some();
        if goes_on { Transition(again(membership.clone())) } else { Handled }
    }

    /// A passing fault is tried again after 1, 3 and 5 seconds, then ever more rarely; anything else waits
    /// for a sign-in.
    fn intune_failed(
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
        if let Some(why) = suspension(failure) {
            return Transition(self.suspend(outbox, membership, why));
        }
        if failure.class != FailureClass::Transient {
            membership.session = None;
            return Transition(self.settle(membership.afresh()));
        }
        let index = usize::try_from(membership.tries - 1).unwrap_or(usize::MAX);
        let entropy = outbox.random();
        let later = || LATER.delay(membership.tries - SOON.len() as u32, entropy);
        let wait = SOON.get(index).copied().unwrap_or_else(later);
        let wish = failure.retry_after.unwrap_or_default().min(HOUR);
        self.wake_at = Some(outbox.now.after(wait.max(wish)));
        Handled
    }

    /// Makes the Intune half durable.
    fn keep_intune(&mut self, outbox: &mut Outbox, membership: &mut Membership, intune: Intune) {
        membership.identity.intune = intune;
        self.persist(outbox, membership.stage());
    }
}

/// The intent and the key that the next request is made with, and how many were sent.
fn ready(intune: &Intune) -> Option<(IntuneIntent, KeyHandle, u32)> {
    match intune {
        Intune::KeyReady(intent, key) => Some((intent.clone(), key.clone(), 0)),
        Intune::Posting { intent, key, attempt, .. } => Some((intent.clone(), key.clone(), *attempt)),
        Intune::None | Intune::Intent(_) | Intune::ReplyStored { .. } | Intune::Enrolled(_) => None,
    }
}

fn stored(intune: &Intune) -> Option<(KeyHandle, StoredReply)> {
    match intune {
        Intune::ReplyStored { key, reply, .. } => Some((key.clone(), reply.clone())),
        _ => None,
    }
}

fn enrolled(outbox: &Outbox, intent: IntuneIntent, key: KeyHandle, issued: &IntuneIssued) -> IntuneIdentity {
    let issued = issued.clone();
    IntuneIdentity { owner: intent.owner, key, issued, enrolled_at: outbox.now, inventory_at: None }
}

/// intune.md 2.4: what the service's own clients wait.
const SOON: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(5)];
const LATER: backoff::Backoff = backoff::Backoff { base: RETRY.cap, cap: HOUR };
