//! From the first sign-in to the committed identity.

use super::member::Membership;
use super::{Kept, Machine, State};
use crate::outbox::Outbox;
use crate::words::{
    Ask, Command, DeviceKeys, Endpoints, Identity, Intent, Intune, Issued, JoinOrder, LeaveStep, LedgerKind,
    Milestone, Snapshot, SparePair, Stage, StoredReply,
};
use model::{Account, Delivery, Failure, FailureClass, IntentId, Phase, RequestId};
use statig::blocking::*;

/// A registration under way.
#[derive(Debug, Clone)]
pub(crate) struct Enrolment {
    pub(crate) intent: Intent,
    pub(crate) keys: Option<DeviceKeys>,
    pub(crate) endpoints: Option<Endpoints>,
    /// The announced request whose end is not known.
    pub(crate) post: Option<Post>,
    pub(crate) reply: Option<StoredReply>,
    /// Failures in a row.
    pub(crate) tries: u32,
}

/// One announced join request.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    attempt: u32,
    request: RequestId,
    endpoints: Endpoints,
    owner: Account,
}

impl Enrolment {
    fn new(intent: Intent, keys: Option<DeviceKeys>) -> Enrolment {
        Enrolment { intent, keys, endpoints: None, post: None, reply: None, tries: 0 }
    }

    /// What of it is durable.
    pub(crate) fn stage(&self) -> Stage {
        let intent = self.intent.clone();
        match (self.keys.clone(), self.post.clone(), self.reply.clone()) {
            (Some(keys), Some(Post { attempt, request, endpoints, owner }), Some(reply)) => {
                Stage::ReplyStored { intent, keys, attempt, request, endpoints, owner, reply }
            }
            (Some(keys), Some(Post { attempt, request, endpoints, owner }), None) => {
                Stage::Joining { intent, keys, attempt, request, endpoints, owner }
            }
            (Some(keys), None, _) => Stage::KeysReady(intent, keys),
            (None, _, _) => Stage::Intent(intent),
        }
    }
}

impl Machine {
    /// The state that a durable snapshot leads to; nothing else is consulted.
    pub(crate) fn restore(&mut self, outbox: &mut Outbox, snapshot: &Snapshot) -> State {
        self.stage = snapshot.stage.clone();
        self.ledger = snapshot.ledger.clone();
        self.attempts = snapshot.attempts.clone();
        self.posts = snapshot.posts.clone();
        self.failure = self
            .attempts
            .iter()
            .filter(|a| a.failure.is_some())
            .max_by_key(|a| a.at)
            .and_then(|a| a.failure.clone());
        match snapshot.stage.clone() {
            Stage::Unregistered { kept } => State::unregistered(Kept { keys: kept }),
            Stage::Intent(_) => {
                self.persist(outbox, Stage::Unregistered { kept: None });
                State::unregistered(Kept { keys: None })
            }
            Stage::KeysReady(intent, keys) => State::awaiting_sign_in(Enrolment::new(intent, Some(keys))),
            Stage::Joining { intent, keys, request, .. } => {
                self.note(outbox.now, request, None, LedgerKind::InDoubt);
                self.persist(outbox, Stage::KeysReady(intent.clone(), keys.clone()));
                State::awaiting_sign_in(Enrolment::new(intent, Some(keys)))
            }
            Stage::ReplyStored { intent, keys, attempt, request, endpoints, owner, reply } => {
                let mut enrolment = Enrolment::new(intent, Some(keys));
                enrolment.post = Some(Post { attempt, request, endpoints, owner });
                enrolment.reply = Some(reply);
                State::reading_reply(enrolment)
            }
            Stage::Registered(identity) => self.resume_member(outbox, identity),
            Stage::Leaving { identity, step } => self.resume_leaving(identity, step),
        }
    }

    /// A first sign-in: the decision is on disk before anything is done.
    pub(crate) fn begin(&mut self, outbox: &mut Outbox, kept: &Kept) -> State {
        self.failure = None;
        // Keys of another backend, or bound to another machine, would be refused for ever.
        let fits =
            |intent: &Intent| (intent.backend, &intent.binding) == (self.facts.backend, &self.facts.binding);
        let reusable = kept.keys.as_deref().filter(|(intent, _)| fits(intent));
        let (id, keys) = match reusable {
            Some((intent, keys)) => (intent.id, Some(keys.clone())),
            None => (IntentId::new(outbox.guid()), None),
        };
        let enrolment = Enrolment::new(self.intent(outbox, id), keys);
        self.persist(outbox, enrolment.stage());
        State::discovering(enrolment)
    }

    fn intent(&self, outbox: &Outbox, id: IntentId) -> Intent {
        let facts = &self.facts;
        Intent {
            id,
            tenant: facts.tenant,
            join_type: facts.join_type,
            backend: facts.backend,
            binding: facts.binding.clone(),
            at: outbox.now,
        }
    }

    /// Keys made ahead of time become those of the next intent.
    pub(crate) fn keep_prepared(
        &mut self,
        outbox: &mut Outbox,
        kept: &mut Kept,
        pair: &SparePair,
    ) -> Outcome<State> {
        if pair.keys.device.backend != self.facts.backend {
            return Super;
        }
        kept.keys = Some(Box::new((self.intent(outbox, pair.id), pair.keys.clone())));
        let stage = Stage::Unregistered { kept: kept.keys.clone() };
        self.persist_because(outbox, stage, Milestone::TookPreparedKeys);
        Handled
    }

    /// The next step of a registration, by what it has already.
    pub(crate) fn go_on(&mut self, outbox: &mut Outbox, enrolment: &mut Enrolment) -> State {
        if self.leave.is_some() {
            return self.drop_enrolment(outbox, enrolment);
        }
        enrolment.tries = 0;
        self.forget_old_posts(outbox);
        match (&self.person, &enrolment.endpoints, &enrolment.keys) {
            (None, _, _) => State::awaiting_sign_in(enrolment.clone()),
            (Some(_), None, _) => State::discovering(enrolment.clone()),
            (Some(_), Some(_), None) => State::creating_keys(enrolment.clone()),
            (Some(_), Some(_), Some(_)) if self.posts.len() >= POSTS_A_DAY => {
                self.failure = Some(too_many_posts());
                self.end_people(outbox);
                State::awaiting_sign_in(enrolment.clone())
            }
            (Some(_), Some(_), Some(_)) => State::joining(enrolment.clone()),
        }
    }

    /// Writes down that a request is about to leave, then says what it is.
    pub(crate) fn announce_join(
        &mut self,
        outbox: &mut Outbox,
        enrolment: &mut Enrolment,
    ) -> Option<JoinOrder> {
        let person = self.person.clone()?;
        let (keys, endpoints) = (enrolment.keys.clone()?, enrolment.endpoints.clone()?);
        let attempt = u32::try_from(self.posts.len()).unwrap_or(u32::MAX).saturating_add(1);
        let request = RequestId::new(outbox.guid());
        enrolment.reply = None;
        enrolment.post = Some(Post { attempt, request, endpoints: endpoints.clone(), owner: person.account });
        self.posts.push(outbox.now);
        self.persist(outbox, enrolment.stage());
        Some(JoinOrder {
            intent: enrolment.intent.clone(),
            keys,
            endpoints,
            attempt,
            request,
            domain: person.domain,
            token: person.token,
            device: self.facts.device.clone(),
        })
    }

    /// A step without outside effect failed.
    pub(crate) fn step_failed(
        &mut self,
        outbox: &mut Outbox,
        enrolment: &mut Enrolment,
        failure: &Failure,
    ) -> Outcome<State> {
        if self.leave.is_some() {
            return Transition(self.drop_enrolment(outbox, enrolment));
        }
        enrolment.tries += 1;
        match failure.class {
            FailureClass::Transient if enrolment.tries < TRIES => {
                self.persist(outbox, enrolment.stage());
                self.back_off(outbox, enrolment.tries, failure);
                Handled
            }
            FailureClass::Transient | FailureClass::NeedsUser => {
                Transition(self.next_person(outbox, enrolment))
            }
            FailureClass::Denied | FailureClass::Gone | FailureClass::Broken => {
                Transition(self.close(outbox, enrolment))
            }
        }
    }

    /// The join failed: what may have happened at the server decides, then the class.
    pub(crate) fn join_failed(
        &mut self,
        outbox: &mut Outbox,
        enrolment: &mut Enrolment,
        failure: &Failure,
    ) -> Outcome<State> {
        if let Some(post) = enrolment.post.take() {
            match failure.delivery {
                Delivery::InDoubt => self.note(outbox.now, post.request, None, LedgerKind::InDoubt),
                // Nothing left this machine, so nothing counts towards the three of a day.
                Delivery::NotSent => drop(self.posts.pop()),
                Delivery::Answered => {}
            }
        }
        self.persist(outbox, enrolment.stage());
        let in_doubt = failure.delivery == Delivery::InDoubt;
        let spent = self.posts.len() >= POSTS_A_DAY;
        match failure.class {
            FailureClass::Transient if spent => Transition(self.next_person(outbox, enrolment)),
            FailureClass::Denied | FailureClass::Gone | FailureClass::Broken if in_doubt => {
                Transition(self.next_person(outbox, enrolment))
            }
            _ => self.step_failed(outbox, enrolment, failure),
        }
    }

    /// The current sign-in is of no more use: the one who waits takes over, else the keys wait.
    fn next_person(&mut self, outbox: &mut Outbox, enrolment: &mut Enrolment) -> State {
        if self.leave.is_some() {
            return self.drop_enrolment(outbox, enrolment);
        }
        self.end_person(outbox);
        if self.person.is_some() {
            return self.go_on(outbox, enrolment);
        }
        if enrolment.keys.is_none() {
            return self.close(outbox, enrolment);
        }
        self.persist(outbox, enrolment.stage());
        State::awaiting_sign_in(enrolment.clone())
    }

    /// Closes the intent; its keys stay for the next one.
    fn close(&mut self, outbox: &mut Outbox, enrolment: &Enrolment) -> State {
        self.end_people(outbox);
        self.wake_at = None;
        let keys = enrolment.keys.clone().map(|keys| Box::new((enrolment.intent.clone(), keys)));
        self.persist(outbox, Stage::Unregistered { kept: keys.clone() });
        State::unregistered(Kept { keys })
    }

    /// The stored reply holds nothing usable: it stays on disk, and an object exists as a rule.
    pub(crate) fn reply_unusable(&mut self, outbox: &mut Outbox, enrolment: &mut Enrolment) -> State {
        if let Some(post) = &enrolment.post {
            self.note(outbox.now, post.request, None, LedgerKind::UnusableReply);
        }
        self.persist(outbox, enrolment.stage());
        if self.leave.is_some() {
            return self.drop_enrolment(outbox, enrolment);
        }
        self.end_people(outbox);
        State::awaiting_sign_in(enrolment.clone())
    }

    /// The identity is committed.
    pub(crate) fn registered_as(
        &mut self,
        outbox: &mut Outbox,
        enrolment: &Enrolment,
        issued: &Issued,
    ) -> State {
        let (Some(keys), Some(post)) = (enrolment.keys.clone(), enrolment.post.clone()) else {
            return State::awaiting_sign_in(enrolment.clone());
        };
        let identity = Box::new(Identity {
            intent: enrolment.intent.clone(),
            keys,
            issued: issued.clone(),
            endpoints: post.endpoints,
            owner: post.owner,
            registered_at: outbox.now,
            verified_at: None,
            intune: Intune::None,
            suspended: None,
        });
        self.persist(outbox, Stage::Registered(identity.clone()));
        match self.leave.take() {
            Some(ask) => self.depart(outbox, identity, ask),
            None => State::verifying(Membership::new(identity)),
        }
    }

    /// Somebody asks to leave while the registration is under way.
    pub(crate) fn leave_enrolling(
        &mut self,
        outbox: &mut Outbox,
        enrolment: &mut Enrolment,
        ask: Ask,
    ) -> Outcome<State> {
        self.leave = Some(ask);
        match self.in_flight {
            Some((op, Phase::Discover)) => {
                outbox.push(Command::Cancel(op));
                self.in_flight = None;
            }
            // What may change something outside is waited for.
            Some(_) => return Handled,
            None => {}
        }
        Transition(self.drop_enrolment(outbox, enrolment))
    }

    fn drop_enrolment(&mut self, outbox: &mut Outbox, enrolment: &Enrolment) -> State {
        self.end_people(outbox);
        self.wake_at = None;
        self.failure = None;
        match enrolment.keys.clone() {
            Some(keys) => State::discarding(Kept { keys: Some(Box::new((enrolment.intent.clone(), keys))) }),
            None => self.all_gone(outbox),
        }
    }

    fn resume_leaving(&mut self, identity: Box<Identity>, step: LeaveStep) -> State {
        let departure = super::Departure { identity, tries: 0, stuck: false };
        match step {
            LeaveStep::Retire => State::retiring(departure),
            LeaveStep::Unregister => State::unregistering(departure),
            LeaveStep::Erase => State::erasing(departure),
        }
    }
}

fn too_many_posts() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        model::Who::Nobody,
        "TooManyAttempts",
        "three registrations were tried in 24 hours without a certain end".to_owned(),
        "Sign in again tomorrow; aad-tool status lists what may have been made.",
    )
}

/// reliability.md D.3: at most so many requests an intent and day.
const POSTS_A_DAY: usize = 3;
const TRIES: u32 = 5;
