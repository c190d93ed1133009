//! The keys of an identity are bound to the machine as it is now.

use super::member::Membership;
use super::{Machine, State};
use crate::outbox::Outbox;
use crate::words::{Event, Identity, Intune, Reply, Suspension};
use model::{Failure, KeyHandle};
use statig::blocking::*;

impl Machine {
    /// Whoever signs in meanwhile waits for its end.
    pub(crate) fn await_rebinding(&mut self, outbox: &mut Outbox, event: &Event) -> Outcome<State> {
        let Some(person) = self.newcomer(event) else { return Super };
        self.keep_spare(outbox, person);
        Handled
    }

    /// The new handles are the identity's from here on; without them it is as it was before.
    pub(crate) fn rebound(
        &mut self,
        outbox: &mut Outbox,
        membership: &mut Membership,
        answer: &Result<Reply, Failure>,
    ) -> Outcome<State> {
        if let Ok(Reply::Rebound { keys, intune }) = answer {
            let identity = &mut membership.identity;
            identity.keys = keys.clone();
            identity.intent.binding = self.facts.binding.clone();
            intune.iter().for_each(|key| put_intune_key(identity, key));
            if identity.suspended == Some(Suspension::ClonedMachine) {
                identity.suspended = None;
            }
        }
        self.persist(outbox, membership.stage());
        if let Some(ask) = self.leave.take() {
            return Transition(self.depart(outbox, membership.identity.clone(), ask));
        }
        if membership.identity.suspended.is_some() {
            return Transition(State::suspended(membership.clone()));
        }
        if membership.identity.verified_at.is_some() {
            self.hand_over_all(outbox, membership);
        }
        Transition(self.settle(membership.clone()))
    }
}

fn put_intune_key(identity: &mut Identity, new: &KeyHandle) {
    match &mut identity.intune {
        Intune::None | Intune::Intent(_) => {}
        Intune::KeyReady(_, key) | Intune::Posting { key, .. } | Intune::ReplyStored { key, .. } => {
            key.clone_from(new);
        }
        Intune::Enrolled(enrolled) => enrolled.key.clone_from(new),
    }
}
