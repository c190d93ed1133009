//! The decisions of a registration: what a step, a failure or a person leads to.

use super::{Enrolment, Outcome, State};
use crate::core::{APART, Core, GRACE};
use crate::member::{Member, suspension};
use crate::{
    Held, Identity, Intent, Intune, Issued, LedgerKind, LedgerObject, Milestone, Post, RetainedKeys, Stage,
    StoredReply, Suspension,
};
use model::{Delivery, DeviceTrouble, Failure, FailureClass, IntentId, Who};
use statig::blocking::*;

pub(super) fn intent(core: &Core, id: IntentId) -> Intent {
    let facts = &core.facts;
    Intent {
        id,
        tenant: facts.tenant,
        join_type: facts.join_type,
        backend: facts.backend,
        binding: facts.binding.clone(),
        at: core.now,
    }
}

/// A first sign-in: the decision is on disk before anything is done.
pub(super) fn begin(core: &mut Core, retained: Option<&RetainedKeys>) -> State {
    core.failure = None;
    // Keys of another backend, or bound to another machine, would be refused for ever.
    let fits = |known: &Intent| (known.backend, &known.binding) == (core.facts.backend, &core.facts.binding);
    let (id, held) = match retained.filter(|it| fits(&it.intent)) {
        Some(RetainedKeys { intent, keys }) => (intent.id, Held::Keys(keys.clone())),
        None => (IntentId::new(core.generator.guid()), Held::Nothing),
    };
    let enrolment = Enrolment { intent: intent(core, id), endpoints: None, tries: 0 };
    core.persist(held.stage(&enrolment.intent));
    proceed(core, &enrolment, &held)
}

/// The next step of a registration, by what it has already; or the end of it, if somebody asked to leave.
pub(super) fn go_on(core: &mut Core, enrolment: &Enrolment, held: &Held) -> State {
    if core.leave.is_some() {
        return drop_intent(core, enrolment, held);
    }
    core.forget_old_posts();
    proceed(core, &Enrolment { tries: 0, ..enrolment.clone() }, held)
}

pub(super) fn proceed(core: &mut Core, enrolment: &Enrolment, held: &Held) -> State {
    let (enrolment, held) = (enrolment.clone(), held.clone());
    match (core.person.clone(), enrolment.endpoints.clone(), held.keys().cloned()) {
        (None, _, _) => State::awaiting(enrolment, held),
        (Some(person), None, _) => State::discovering(enrolment, held, person.token),
        (Some(_), Some(_), None) => State::creating_keys(enrolment),
        (Some(_), Some(_), Some(_)) if core.posts.len() >= POSTS_A_DAY => {
            core.failure = Some(too_many_posts());
            core.end_people();
            State::awaiting(enrolment, held)
        }
        (Some(person), Some(endpoints), Some(keys)) => {
            let attempt = u32::try_from(core.posts.len()).unwrap_or(u32::MAX).saturating_add(1);
            let post =
                Post { keys, attempt, request: core.request(), endpoints, owner: person.account.clone() };
            State::joining(enrolment, post, person)
        }
    }
}

/// A step failed without an effect outside.
pub(super) fn step_failed(core: &mut Core, enrolment: &Enrolment, held: &Held, failure: &Failure) -> State {
    if core.leave.is_some() {
        return drop_intent(core, enrolment, held);
    }
    let tries = enrolment.tries + 1;
    match failure.class {
        FailureClass::Transient => {
            core.persist(held.stage(&enrolment.intent));
            core.back_off(tries, failure);
            State::resting(Enrolment { tries, ..enrolment.clone() }, held.clone())
        }
        FailureClass::NeedsUser => next_person(core, enrolment, held),
        FailureClass::Denied | FailureClass::Gone | FailureClass::Broken => close(core, enrolment, held),
    }
}

/// The join failed: what may have happened at the server decides, then the class.
pub(super) fn join_failed(core: &mut Core, enrolment: &Enrolment, post: &Post, failure: &Failure) -> State {
    match (failure.delivery, failure.class) {
        (Delivery::InDoubt, _) => core.note(post.request, LedgerObject::Unknown, LedgerKind::InDoubt),
        // Nothing left, or a service that does not work let nothing in: neither counts towards the three of a day.
        (Delivery::NotSent, _) | (Delivery::Answered, FailureClass::Transient) => drop(core.posts.pop()),
        (Delivery::Answered, _) => {}
    }
    let held = Held::Keys(post.keys.clone());
    core.persist(held.stage(&enrolment.intent));
    let over = match failure.class {
        FailureClass::Transient => core.posts.len() >= POSTS_A_DAY,
        FailureClass::NeedsUser => false,
        _ => failure.delivery == Delivery::InDoubt,
    };
    if over { next_person(core, enrolment, &held) } else { step_failed(core, enrolment, &held, failure) }
}

/// The current sign-in is of no more use: the one who waits takes over, else the keys wait.
pub(super) fn next_person(core: &mut Core, enrolment: &Enrolment, held: &Held) -> State {
    if core.leave.is_some() {
        return drop_intent(core, enrolment, held);
    }
    core.end_person();
    match (&core.person, held) {
        (Some(_), _) => go_on(core, enrolment, held),
        (None, Held::Nothing) => close(core, enrolment, held),
        (None, _) => {
            core.persist(held.stage(&enrolment.intent));
            State::awaiting(enrolment.clone(), held.clone())
        }
    }
}

/// Closes the intent; its keys stay for the next one.
pub(super) fn close(core: &mut Core, enrolment: &Enrolment, held: &Held) -> State {
    core.end_people();
    let retained = held.retained(&enrolment.intent);
    core.persist(Stage::Unregistered { retained: retained.clone() });
    State::unregistered(retained)
}

/// Somebody leaves before there is an identity.
pub(super) fn drop_intent(core: &mut Core, enrolment: &Enrolment, held: &Held) -> State {
    core.end_people();
    core.failure = None;
    match held.retained(&enrolment.intent) {
        Some(keys) => State::discarding(keys),
        None => all_gone(core),
    }
}

/// No key, certificate or record is left; what the ledger knows stays.
pub(crate) fn all_gone(core: &mut Core) -> State {
    core.end_people();
    (core.attempts, core.posts, core.failure, core.leave, core.wake_at) = Default::default();
    core.persist_because(Stage::Unregistered { retained: None }, Milestone::Left);
    State::unregistered(None)
}

/// The stored reply holds nothing usable: it stays on disk, and an object exists as a rule.
pub(super) fn reply_unusable(
    core: &mut Core,
    enrolment: &Enrolment,
    post: &Post,
    reply: &StoredReply,
) -> State {
    core.note(post.request, LedgerObject::Unknown, LedgerKind::UnusableReply);
    let held = Held::Unusable(post.clone(), reply.clone());
    core.persist(held.stage(&enrolment.intent));
    core.end_people();
    go_on(core, enrolment, &held)
}

/// The identity is committed.
pub(super) fn registered(core: &mut Core, intent: &Intent, post: &Post, issued: &Issued) -> Outcome {
    let Post { keys, endpoints, owner, .. } = post.clone();
    let identity = Box::new(Identity {
        intent: intent.clone(),
        keys,
        issued: issued.clone(),
        endpoints,
        owner,
        registered_at: core.now,
        verified_at: None,
        intune: Intune::None,
        suspended: None,
    });
    let member = Member::new(identity);
    core.persist(member.stage());
    core.hand_on(|core| member.settle_or_leave(core))
}

/// The directory did not say that it knows the device.
pub(super) fn verify_failed(core: &mut Core, member: &mut Member, failure: &Failure) -> Outcome {
    if core.nonce_refused(failure) {
        return Transition(State::of_unverified(core, member.clone()));
    }
    member.tries += 1;
    let known_since = member.identity.registered_at.max(core.asked_at.unwrap_or_default());
    let in_grace = core.now.since(known_since) < GRACE && core.missing_since.is_none();
    let unknown = failure.trouble == Some(DeviceTrouble::NotKnown);
    // Right after the join that is replication; later it takes two such answers, ten minutes apart.
    let missing = unknown && !in_grace && core.is_missing();
    if let Some(why) = suspension(failure).or(missing.then_some(Suspension::Deleted)) {
        return core.hand_on(|core| member.clone().suspend(core, why));
    }
    core.persist(member.stage());
    if unknown && !in_grace {
        core.wake_at = core.missing_since.map(|since| since.after(APART));
    } else if unknown || failure.class == FailureClass::Transient {
        core.back_off(member.tries, failure);
    } else {
        core.end_person();
        (member.tries, core.asked_at) = (0, None);
        return Transition(State::of_unverified(core, member.clone()));
    }
    Handled
}

pub(super) fn too_many_posts() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        Who::Nobody,
        "TooManyAttempts",
        "three registrations were tried in 24 hours without a certain end".to_owned(),
        "Sign in again tomorrow; aad-tool status lists what may have been made.",
    )
}

/// reliability.md D.3: at most so many requests an intent and day.
const POSTS_A_DAY: usize = 3;
