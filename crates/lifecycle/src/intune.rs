//! From a verified identity to an enrolled one; a failure here never disturbs the registration.
//!
//! In these states the Intune half of the identity is the state's own; [`State::member`] puts both together.

use crate::core::{Core, HOUR, NOTHING, RETRY};
use crate::member::{Member, suspension};
use crate::{
    EnrolOrder, Event, Intune, IntuneEnrolment, IntuneIdentity, IntuneIntent, LedgerKind, LedgerObject,
    Posting, Reply, Stage, StateName, StoredReply, Work,
};
use model::{Delivery, Failure, FailureClass, IntentId};
use statig::blocking::*;
use std::time::Duration;

/// The way into Intune.
pub(crate) struct Enrolment;

type Outcome = statig::Outcome<State>;
type Enrolled = Box<IntuneIdentity>;

machine::chart! {
    (enrolment: Enrolment, event: Event, core: Core) starts as State::nowhere();

    pub(crate) enum State {
        // Before its first state, and nothing else.
        Nowhere {} = nowhere: Super;
        // Nothing more is wanted, of an identity that is enrolled or need not be.
        AtRest { member: Member, half: Intune } = at_rest in Root {}: signed_in(member, half, core, event);
        Waiting { member: Member, half: Intune } = waiting in Root {}:
            Enrolment::waiting(member, half, core, event);
        Preparing { member: Member, intent: IntuneIntent } = preparing in Working { member }:
            Enrolment::preparing(member, intent, core, event), entry Enrolment::make_key(member, intent, core);
        Enrolling { member: Member, posting: Posting } = enrolling in Working { member }:
            Enrolment::enrolling(member, posting, core, event), entry Enrolment::post(member, posting, core);
        Reading { member: Member, posting: Posting, reply: StoredReply } = reading in Root {}:
            Enrolment::reading(member, posting, reply, core, event), entry Enrolment::read(posting, reply, core);
        CheckingIn { member: Member, enrolled: Enrolled } = checking_in in Working { member }:
            Enrolment::checking_in(member, enrolled, core, event),
            entry Enrolment::send_inventory(member, enrolled, core);
    }

    enum Superstate<'state> {
        // A work goes on for a person whose session it uses; who signs in meanwhile has one as well.
        Working { member: &'state mut Member } in Root {}: signed_in(member, &Intune::None, core, event);
        Root {}: core.pass_over(event);
    }
}

impl Enrolment {
    /// The next step waits for a person who may take it, or for its time.
    fn waiting(member: &mut Member, half: &mut Intune, core: &mut Core, event: &Event) -> Outcome {
        let waited = member.session.is_none();
        let outcome = signed_in(member, half, core, event);
        if core.is_due(event) || waited && member.session.is_some() {
            return Transition(settle(core, member.with(half.clone())));
        }
        outcome
    }

    /// The intent is on disk, and its key is being made.
    fn preparing(member: &mut Member, intent: &mut IntuneIntent, core: &mut Core, event: &Event) -> Outcome {
        match core.answer(event) {
            Some(Ok(Reply::IntuneKey(key))) => {
                succeeded(core, member.with(Intune::KeyReady(intent.clone(), key.clone())))
            }
            Some(Err(failure)) => failed(core, member.with(Intune::Intent(intent.clone())), failure),
            _ => Super,
        }
    }

    fn make_key(member: &mut Member, intent: &mut IntuneIntent, core: &mut Core) {
        core.persist(member.with(Intune::Intent(intent.clone())).stage());
        let backend = member.identity.keys.device.backend;
        core.run(Work::CreateIntuneKey { intent: intent.clone(), backend });
    }

    /// The request is announced on disk, and sent; once enrolled, never again.
    fn enrolling(member: &mut Member, posting: &mut Posting, core: &mut Core, event: &Event) -> Outcome {
        let Posting { intent, key, request, .. } = posting.clone();
        match core.answer(event) {
            Some(Ok(Reply::IntuneAnswered(reply))) => {
                core.persist(member.with(posting.answered(reply.clone())).stage());
                // Whoever asks to leave meanwhile waits: only what was read can be retired.
                Transition(State::reading(member.clone(), posting.clone(), reply.clone()))
            }
            Some(Err(failure)) => {
                let in_doubt = failure.delivery == Delivery::InDoubt;
                if in_doubt && !intent.in_doubt {
                    core.note(request, LedgerObject::Unknown, LedgerKind::IntuneInDoubt);
                }
                let intent = IntuneIntent { in_doubt: intent.in_doubt || in_doubt, ..intent };
                failed(core, member.with(Intune::KeyReady(intent, key)), failure)
            }
            _ => Super,
        }
    }

    fn post(member: &mut Member, posting: &mut Posting, core: &mut Core) {
        let whole = member.with(posting.announced());
        core.persist(whole.stage());
        let identity = whole.identity;
        let (Posting { intent, key, request, .. }, device) = (posting.clone(), core.facts.device.clone());
        core.run(Work::EnrolIntune(Box::new(EnrolOrder { identity, intent, key, request, device })));
    }

    /// What is on disk is read; no network.
    fn reading(
        member: &mut Member,
        posting: &mut Posting,
        reply: &mut StoredReply,
        core: &mut Core,
        event: &Event,
    ) -> Outcome {
        let Posting { intent, key, request, .. } = posting.clone();
        match core.answer(event) {
            Some(Ok(Reply::IntuneIssued(issued))) => {
                let (owner, issued, enrolled_at) = (intent.owner, *issued.clone(), core.now);
                let enrolled = IntuneIdentity { owner, key, issued, enrolled_at, inventory_at: None };
                succeeded(core, member.with(Intune::Enrolled(Box::new(enrolled))))
            }
            Some(Err(failure)) => {
                core.note(request, LedgerObject::Named(failure), LedgerKind::IntuneUnusableReply);
                let intent = IntuneIntent { in_doubt: true, ..intent };
                let member = member.with(Intune::KeyReady(intent, key));
                succeeded(core, Member { session: None, ..member })
            }
            _ => signed_in(member, &posting.answered(reply.clone()), core, event),
        }
    }

    fn read(posting: &mut Posting, reply: &mut StoredReply, core: &mut Core) {
        core.run(Work::ReadEnrolment { key: posting.key.clone(), reply: reply.clone() });
    }

    /// The inventory is being sent.
    fn checking_in(member: &mut Member, enrolled: &mut Enrolled, core: &mut Core, event: &Event) -> Outcome {
        let mut enrolled = enrolled.clone();
        match core.answer(event) {
            Some(Ok(_)) => {
                enrolled.inventory_at = Some(core.now);
                succeeded(core, member.with(Intune::Enrolled(enrolled)))
            }
            Some(Err(failure)) => failed(core, member.with(Intune::Enrolled(enrolled)), failure),
            None => Super,
        }
    }

    fn send_inventory(member: &mut Member, enrolled: &mut Enrolled, core: &mut Core) {
        let identity = member.with(Intune::Enrolled(enrolled.clone())).identity;
        let device = core.facts.device.clone();
        core.run(Work::CheckIn { identity, device });
    }
}

impl Member {
    /// The same with this as the Intune half of its identity.
    fn with(&self, half: Intune) -> Member {
        let mut whole = self.clone();
        whole.identity.intune = half;
        whole
    }
}

impl State {
    /// The Intune half; none before the first state.
    fn half(&self) -> Option<(&Member, Intune)> {
        Some(match self {
            State::Nowhere {} => return None,
            State::AtRest { member, half } | State::Waiting { member, half } => (member, half.clone()),
            State::Preparing { member, intent } => (member, Intune::Intent(intent.clone())),
            State::Enrolling { member, posting } => (member, posting.announced()),
            State::Reading { member, posting, reply } => (member, posting.answered(reply.clone())),
            State::CheckingIn { member, enrolled } => (member, Intune::Enrolled(enrolled.clone())),
        })
    }

    /// The identity with both its halves; none before the first state.
    pub(crate) fn member(&self) -> Option<Member> {
        self.half().map(|(member, half)| member.with(half))
    }

    /// Its name, and what of it is on disk.
    pub(crate) fn view(&self) -> (StateName, Stage) {
        let Some(member) = self.member() else { return NOTHING };
        let name = match (self, &member.identity.intune) {
            (State::AtRest { .. }, Intune::Enrolled(_)) => StateName::IntuneEnrolled,
            (State::AtRest { .. }, _) => StateName::Idle,
            (_, Intune::None | Intune::Intent(_)) => StateName::IntunePreparing,
            (_, Intune::KeyReady(..) | Intune::Posting { .. }) => StateName::IntuneEnrolling,
            (_, Intune::ReplyStored { .. }) => StateName::IntuneReading,
            (_, Intune::Enrolled(_)) => StateName::CheckingIn,
        };
        (name, member.stage())
    }
}

/// The state that a verified identity has come to.
pub(crate) fn settle(core: &mut Core, mut member: Member) -> State {
    let half = std::mem::replace(&mut member.identity.intune, Intune::None);
    let wanted = core.facts.intune == IntuneEnrolment::Enabled;
    match (half, member.session.clone()) {
        (half, _) if !wanted || half.is_complete() => State::at_rest(member, half),
        (Intune::ReplyStored { intent, key, attempt, request, reply }, _) => {
            State::reading(member, Posting { intent, key, attempt, request }, reply)
        }
        (half, None) => State::waiting(member, half),
        (Intune::None, Some(owner)) => {
            let id = IntentId::new(core.generator.guid());
            State::preparing(member, IntuneIntent { id, owner, at: core.now, in_doubt: false })
        }
        (Intune::Intent(intent), Some(owner)) => {
            State::preparing(member, IntuneIntent { id: intent.id, owner, at: core.now, in_doubt: false })
        }
        (Intune::KeyReady(mut intent, key) | Intune::Posting { mut intent, key, .. }, Some(session)) => {
            if !intent.in_doubt {
                intent.owner = session;
            }
            let request = core.request();
            State::enrolling(member, Posting { intent, key, attempt: 1, request })
        }
        (Intune::Enrolled(enrolled), Some(_)) => State::checking_in(member, enrolled),
    }
}

/// Whoever signs in has a session; nothing else is of interest here.
fn signed_in(member: &mut Member, half: &Intune, core: &mut Core, event: &Event) -> Outcome {
    let Some(person) = core.newcomer(event) else { return Super };
    member.hand_over(core, half.owner(), person);
    Handled
}

/// A step is done, and what it brought is written down before the next.
fn succeeded(core: &mut Core, member: Member) -> Outcome {
    core.persist(member.stage());
    core.hand_on(|core| member.settle_or_leave(core))
}

/// A passing fault is tried again after 1, 3 and 5 seconds, then ever more rarely; anything else waits for a
/// sign-in.
fn failed(core: &mut Core, mut member: Member, failure: &Failure) -> Outcome {
    member.tries += 1;
    core.persist(member.stage());
    if let Some(why) = suspension(failure).filter(|_| core.leave.is_none()) {
        return core.hand_on(|core| member.suspend(core, why));
    }
    if core.leave.is_some() || failure.class != FailureClass::Transient {
        member.session = None;
        return core.hand_on(|core| member.settle_or_leave(core));
    }
    let entropy = core.generator.number();
    let index = usize::try_from(member.tries - 1).unwrap_or(usize::MAX);
    let later = || LATER.delay(member.tries - SOON.len() as u32, entropy);
    core.rest(SOON.get(index).copied().unwrap_or_else(later), failure);
    let half = std::mem::replace(&mut member.identity.intune, Intune::None);
    Transition(State::waiting(member, half))
}

/// intune.md 2.4: what the service's own clients wait.
const SOON: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(5)];
const LATER: backoff::Backoff = backoff::Backoff { base: RETRY.cap, cap: HOUR };
