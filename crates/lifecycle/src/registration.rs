//! From the first sign-in to an identity that the directory knows.

mod steps;

pub(crate) use steps::all_gone;

use crate::core::{Core, Person, RETRY_FOREVER};
use crate::member::Member;
use crate::{
    Endpoints, Event, Held, Intent, JoinOrder, Milestone, Post, Reply, RetainedKeys, Stage, StateName,
    StoredReply, Work,
};
use model::TokenRef;
use statig::blocking::*;
use steps::*;

/// The way in.
pub(crate) struct Registration;

/// An intent, and what is known besides what each state holds.
#[derive(Clone)]
pub(crate) struct Enrolment {
    pub(crate) intent: Intent,
    /// Where to join, once that is known.
    pub(crate) endpoints: Option<Endpoints>,
    /// Failures in a row.
    pub(crate) tries: u32,
}

type Outcome = statig::Outcome<State>;

machine::chart! {
    (registration: Registration, event: Event, core: Core) starts as State::unregistered(None);

    pub(crate) enum State {
        Unregistered { retained: Option<Box<RetainedKeys>> } = unregistered in Root {}:
            Registration::unregistered(retained, core, event);
        Discarding { keys: Box<RetainedKeys> } = discarding in Root {}:
            Registration::discarding(keys, core, event), entry Registration::discard(keys, core);
        Discovering { enrolment: Enrolment, held: Held, token: TokenRef } = discovering in Enrolling {}:
            Registration::discovering(enrolment, held, core, event), entry Registration::discover(token, core);
        CreatingKeys { enrolment: Enrolment } = creating_keys in Enrolling {}:
            Registration::creating_keys(enrolment, core, event), entry Registration::create_keys(enrolment, core);
        Joining { enrolment: Enrolment, post: Post, person: Person } = joining in Enrolling {}:
            Registration::joining(enrolment, post, core, event),
            entry Registration::join(enrolment, post, person, core);
        ReadingReply { enrolment: Enrolment, post: Post, reply: StoredReply } = reading_reply in Enrolling {}:
            Registration::reading_reply(enrolment, post, reply, core, event),
            entry Registration::read_reply(enrolment, post, reply, core);
        Resting { enrolment: Enrolment, held: Held } = resting in Enrolling {}:
            Registration::resting(enrolment, held, core, event);
        Awaiting { enrolment: Enrolment, held: Held } = awaiting in Root {}:
            Registration::awaiting(enrolment, held, core, event);
        Unverified { member: Member } = unverified in Root {}: Registration::unverified(member, core, event);
        Verifying { member: Member, token: TokenRef } = verifying in Root {}:
            Registration::verifying(member, token, core, event), entry member.verify(core, *token);
    }

    enum Superstate<'state> {
        Enrolling {} in Root {}: Registration::enrolling(core, event);
        Root {}: core.pass_over(event);
    }
}

impl Registration {
    fn unregistered(retained: &mut Option<Box<RetainedKeys>>, core: &mut Core, event: &Event) -> Outcome {
        match (event, core.newcomer(event), &retained) {
            (_, Some(person), _) => {
                core.person = Some(person);
                Transition(begin(core, retained.as_deref()))
            }
            (Event::LeaveRequested(_), _, Some(keys)) => Transition(State::discarding(keys.clone())),
            (Event::LeaveRequested(_), _, None) if !core.attempts.is_empty() => Transition(all_gone(core)),
            (Event::Prepared(pair), _, None) if pair.keys.device.backend == core.facts.backend => {
                *retained = Held::Keys(pair.keys.clone()).retained(&intent(core, pair.id));
                let stage = Stage::Unregistered { retained: retained.clone() };
                core.persist_because(stage, Milestone::TookPreparedKeys);
                Handled
            }
            _ => Super,
        }
    }

    /// Keys without an identity are destroyed because somebody asked to leave.
    fn discarding(keys: &mut Box<RetainedKeys>, core: &mut Core, event: &Event) -> Outcome {
        match core.answer(event) {
            Some(Ok(_)) => Transition(all_gone(core)),
            Some(Err(failure)) => {
                core.persist(Stage::Unregistered { retained: Some(keys.clone()) });
                core.back_off(RETRY_FOREVER, failure);
                Handled
            }
            None if core.is_due(event) => Transition(State::discarding(keys.clone())),
            None => Super,
        }
    }

    fn discard(keys: &mut Box<RetainedKeys>, core: &mut Core) {
        core.leave = None;
        core.persist(Stage::Unregistered { retained: Some(keys.clone()) });
        core.run(Work::EraseKeys(vec![keys.keys.device.clone(), keys.keys.transport.clone()]));
    }

    fn discovering(enrolment: &mut Enrolment, held: &mut Held, core: &mut Core, event: &Event) -> Outcome {
        if let Event::LeaveRequested(ask) = event {
            core.leave = Some(*ask);
            core.cancel();
            return Transition(drop_intent(core, enrolment, held));
        }
        match core.answer(event) {
            Some(Ok(Reply::Discovered(endpoints) | Reply::Documented(endpoints, _))) => {
                enrolment.endpoints = Some(endpoints.clone());
                Transition(go_on(core, enrolment, held))
            }
            Some(Err(failure)) => Transition(step_failed(core, enrolment, held, failure)),
            _ => Super,
        }
    }

    fn discover(token: &mut TokenRef, core: &mut Core) {
        core.run(Work::Discover { tenant: core.facts.tenant, token: *token });
    }

    fn creating_keys(enrolment: &mut Enrolment, core: &mut Core, event: &Event) -> Outcome {
        match core.answer(event) {
            Some(Ok(Reply::Keys(keys))) => {
                let held = Held::Keys(keys.clone());
                core.persist(held.stage(&enrolment.intent));
                Transition(go_on(core, enrolment, &held))
            }
            Some(Err(failure)) => Transition(step_failed(core, enrolment, &Held::Nothing, failure)),
            _ => Super,
        }
    }

    fn create_keys(enrolment: &mut Enrolment, core: &mut Core) {
        core.run(Work::CreateKeys(enrolment.intent.clone()));
    }

    fn joining(enrolment: &mut Enrolment, post: &mut Post, core: &mut Core, event: &Event) -> Outcome {
        match core.answer(event) {
            Some(Ok(Reply::JoinAnswered(reply))) => {
                core.persist(post.answered(&enrolment.intent, reply.clone()));
                Transition(State::reading_reply(enrolment.clone(), post.clone(), reply.clone()))
            }
            Some(Err(failure)) => Transition(join_failed(core, enrolment, post, failure)),
            _ => Super,
        }
    }

    /// Writes down that a request is about to leave, then sends it.
    fn join(enrolment: &mut Enrolment, post: &mut Post, person: &mut Person, core: &mut Core) {
        core.posts.push(core.now);
        core.persist(post.announced(&enrolment.intent));
        let Post { keys, attempt, request, endpoints, .. } = post.clone();
        let Person { domain, token, .. } = person.clone();
        let (intent, device) = (enrolment.intent.clone(), core.facts.device.clone());
        let order = JoinOrder { intent, keys, endpoints, attempt, request, domain, token, device };
        core.run(Work::Join(Box::new(order)));
        core.fetch_nonce();
    }

    fn reading_reply(
        enrolment: &mut Enrolment,
        post: &mut Post,
        reply: &mut StoredReply,
        core: &mut Core,
        event: &Event,
    ) -> Outcome {
        match core.answer(event) {
            Some(Ok(Reply::Issued(issued))) => registered(core, &enrolment.intent, post, issued),
            Some(Err(_)) => Transition(reply_unusable(core, enrolment, post, reply)),
            _ => Super,
        }
    }

    fn read_reply(enrolment: &mut Enrolment, post: &mut Post, reply: &mut StoredReply, core: &mut Core) {
        let (intent, keys, reply) = (enrolment.intent.clone(), post.keys.clone(), reply.clone());
        core.run(Work::ReadJoin { intent, keys, reply });
    }

    /// The next try waits for its time.
    fn resting(enrolment: &mut Enrolment, held: &mut Held, core: &mut Core, event: &Event) -> Outcome {
        match event {
            Event::LeaveRequested(_) => Transition(drop_intent(core, enrolment, held)),
            _ if core.is_due(event) => Transition(proceed(core, enrolment, held)),
            _ => Super,
        }
    }

    /// The keys wait for the next sign-in.
    fn awaiting(enrolment: &mut Enrolment, held: &mut Held, core: &mut Core, event: &Event) -> Outcome {
        match (event, core.newcomer(event)) {
            (_, Some(person)) => {
                core.person = Some(person);
                core.failure = None;
                Transition(go_on(core, enrolment, held))
            }
            (Event::LeaveRequested(_), None) => Transition(drop_intent(core, enrolment, held)),
            _ => Super,
        }
    }

    /// Whoever asks to leave waits for the end of what may change something outside.
    fn enrolling(core: &mut Core, event: &Event) -> Outcome {
        match (event, core.newcomer(event)) {
            (_, Some(person)) => core.queue(person),
            (Event::LeaveRequested(ask), None) => core.leave = Some(*ask),
            _ => return Super,
        }
        Handled
    }

    /// The first proof that the directory knows the identity waits for a person.
    fn unverified(member: &mut Member, core: &mut Core, event: &Event) -> Outcome {
        let Some(person) = core.newcomer(event) else { return Super };
        core.queue(person);
        Transition(State::of_unverified(core, member.clone()))
    }

    fn verifying(member: &mut Member, token: &mut TokenRef, core: &mut Core, event: &Event) -> Outcome {
        match (core.answer(event), core.newcomer(event)) {
            (Some(Ok(_)), _) => core.hand_on(|core| member.clone().verified(core)),
            (Some(Err(failure)), _) => verify_failed(core, member, failure),
            (None, Some(person)) => {
                core.queue(person);
                Handled
            }
            (None, None) if core.is_due(event) => Transition(State::verifying(member.clone(), *token)),
            (None, None) => Super,
        }
    }
}

impl State {
    /// An identity that the directory has not proved to know.
    pub(crate) fn of_unverified(core: &Core, member: Member) -> State {
        match &core.person {
            Some(person) => State::verifying(member, person.token),
            None => State::unverified(member),
        }
    }

    /// The identity, once it is committed.
    pub(crate) fn member(&self) -> Option<&Member> {
        match self {
            State::Unverified { member } | State::Verifying { member, .. } => Some(member),
            _ => None,
        }
    }

    /// Its name, and what of it is on disk.
    pub(crate) fn view(&self) -> (StateName, Stage) {
        match self {
            State::Unregistered { retained } => {
                (StateName::Unregistered, Stage::Unregistered { retained: retained.clone() })
            }
            State::Discarding { keys } => {
                (StateName::Discarding, Stage::Unregistered { retained: Some(keys.clone()) })
            }
            State::Discovering { enrolment: it, held, .. } => {
                (StateName::Discovering, held.stage(&it.intent))
            }
            State::CreatingKeys { enrolment: it } => {
                (StateName::CreatingKeys, Stage::Intent(it.intent.clone()))
            }
            State::Joining { enrolment: it, post, .. } => (StateName::Joining, post.announced(&it.intent)),
            State::ReadingReply { enrolment: it, post, reply } => {
                (StateName::ReadingReply, post.answered(&it.intent, reply.clone()))
            }
            State::Resting { enrolment: it, held } => (next_step(it, held), held.stage(&it.intent)),
            State::Awaiting { enrolment: it, held } => (StateName::AwaitingSignIn, held.stage(&it.intent)),
            State::Unverified { member } | State::Verifying { member, .. } => {
                (StateName::Verifying, member.stage())
            }
        }
    }
}

/// What is tried again after `resting`.
fn next_step(enrolment: &Enrolment, held: &Held) -> StateName {
    match (&enrolment.endpoints, held.keys()) {
        (None, _) => StateName::Discovering,
        (Some(_), None) => StateName::CreatingKeys,
        (Some(_), Some(_)) => StateName::Joining,
    }
}
