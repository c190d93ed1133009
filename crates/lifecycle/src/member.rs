//! A committed identity: where it goes on, and who has a session with it.

use crate::core::{Core, GRACE, Person};
use crate::{
    Command, Event, Identity, Intune, IntuneIntent, LeaveKind, LedgerKind, LedgerObject, Milestone, Phase,
    Reply, Stage, Suspension, Work,
};
use model::{Account, DeviceTrouble, Failure, TokenRef};

/// A committed identity, and what is being tried with it.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) identity: Box<Identity>,
    /// Whose session Intune's works use; none until somebody signs in who may.
    pub(crate) session: Option<Account>,
    /// Failures in a row.
    pub(crate) tries: u32,
}

/// What takes over once an event is handled.
pub(crate) enum Next {
    /// The identity in the state that it has come to.
    Settled(Member),
    /// The identity, which may not be used.
    Suspended(Member),
    /// The identity while its keys are bound anew.
    Rebinding(Member),
    /// The way out of the identity, as it was asked for.
    Departing(Box<Identity>, LeaveKind),
    /// Nothing is left of the identity.
    Unregistered,
}

impl Member {
    pub(crate) fn new(identity: Box<Identity>) -> Member {
        Member { identity, session: None, tries: 0 }
    }

    pub(crate) fn stage(&self) -> Stage {
        Stage::Registered(self.identity.clone())
    }

    /// Where a committed identity goes on after a start: before a key the intent of Intune is dropped, and a
    /// request whose end is not known is in doubt.
    pub(crate) fn resume(core: &mut Core, identity: Box<Identity>) -> Next {
        let resumed = match &identity.intune {
            Intune::Intent(_) => Some(Intune::None),
            Intune::Posting { intent, key, request, .. } => {
                core.note(*request, LedgerObject::Unknown, LedgerKind::IntuneInDoubt);
                Some(Intune::KeyReady(IntuneIntent { in_doubt: true, ..intent.clone() }, key.clone()))
            }
            _ => None,
        };
        let mut member = Member::new(identity);
        if let Some(intune) = resumed {
            member.identity.intune = intune;
            core.persist(member.stage());
        }
        if member.identity.suspended.is_some() { member.quarantine(core) } else { Next::Settled(member) }
    }

    /// The next step of an identity, or the way out if somebody asked for it meanwhile.
    pub(crate) fn settle_or_leave(self, core: &mut Core) -> Next {
        if let Some(ask) = core.leave.take() {
            return Next::Departing(self.identity, ask);
        }
        (core.asked_at, core.missing_since) = (None, None);
        Next::Settled(Member { tries: 0, ..self })
    }

    /// Asks the directory whether it knows the identity.
    pub(crate) fn verify(&self, core: &mut Core, token: TokenRef) {
        core.asked_at.get_or_insert(core.now);
        core.drop_nonce();
        let nonce = core.fresh_nonce();
        core.run(Work::Verify { identity: self.identity.clone(), token, nonce });
    }

    /// The directory knows the device.
    pub(crate) fn verified(mut self, core: &mut Core) -> Next {
        self.identity.verified_at = Some(core.now);
        core.persist_because(self.stage(), Milestone::Verified);
        self.hand_over_all(core);
        self.settle_or_leave(core)
    }

    /// Everybody who waits has a session from here on.
    pub(crate) fn hand_over_all(&mut self, core: &mut Core) {
        let people = [core.person.take(), core.queued.take()];
        let owner = self.identity.intune.owner().cloned();
        people.into_iter().flatten().for_each(|person| self.hand_over(core, owner.as_ref(), person));
    }

    /// A person's session owns their token set from here on; Intune uses the first that may, which is the
    /// owner's alone where there is one.
    pub(crate) fn hand_over(&mut self, core: &mut Core, owner: Option<&Account>, person: Person) {
        let Person { account, token, .. } = person;
        if self.session.is_none() && owner.is_none_or(|owner| owner.object == account.object) {
            self.session = Some(account.clone());
        }
        core.commands.push(Command::HandOver { account, token });
    }

    pub(crate) fn suspend(mut self, core: &mut Core, why: Suspension) -> Next {
        self.identity.suspended = Some(why);
        core.persist(self.stage());
        (core.asked_at, core.missing_since) = (None, None);
        Member::new(self.identity).quarantine(core)
    }

    /// The keys stay, and whoever waits signs in anew.
    fn quarantine(self, core: &mut Core) -> Next {
        core.end_people();
        core.wake_at = None;
        Next::Suspended(self)
    }
}

/// Somebody asks to leave: what only reads is abandoned, what may change something is waited for.
pub(crate) fn leave(core: &mut Core, member: Member, ask: LeaveKind) {
    if core.in_flight.is_some_and(|(_, phase)| phase == Phase::Verify) {
        core.cancel();
    }
    match core.in_flight {
        Some(_) => core.leave = Some(ask),
        None => core.next = Some(Next::Departing(member.identity, ask)),
    }
}

/// A session met a failure: only the exact list says something about the device.
pub(crate) fn suspected(core: &mut Core, member: Member, failure: &Failure, event: &Event) {
    let open = core.in_flight.is_none() && member.identity.suspended.is_none();
    let unknown = open && failure.trouble == Some(DeviceTrouble::NotKnown);
    let in_grace = core.now.since(member.identity.registered_at) < GRACE;
    let missing = unknown && !in_grace && core.is_missing();
    match suspension(failure).or(missing.then_some(Suspension::Deleted)).filter(|_| open) {
        Some(why) => core.next = Some(member.suspend(core, why)),
        None => core.ignore(event),
    }
}

/// While the identity may not be used, each sign-in asks the directory whether the cause is gone.
pub(crate) fn suspended(core: &mut Core, member: &mut Member, event: &Event) {
    match (core.answer(event), core.newcomer(event)) {
        (Some(Ok(_)), _) => {
            member.identity.suspended = None;
            core.next = Some(member.clone().verified(core));
        }
        (Some(Err(failure)), _) => {
            core.persist(member.stage());
            if !core.nonce_refused(failure) {
                core.end_person();
            }
            recheck(core, member);
        }
        (None, Some(person)) => {
            core.queue(person);
            recheck(core, member);
        }
        (None, None) => core.ignore(event),
    }
}

fn recheck(core: &mut Core, member: &Member) {
    let token = core.person.as_ref().map(|person| person.token);
    if let Some(token) = token.filter(|_| core.in_flight.is_none()) {
        member.verify(core, token);
    }
}

/// Whoever signs in while the keys are bound anew waits for its end.
pub(crate) fn rebinding(core: &mut Core, member: &mut Member, event: &Event) {
    match (core.answer(event), core.newcomer(event)) {
        (Some(answer), _) => core.next = Some(rebound(core, member.clone(), answer)),
        (None, Some(person)) => core.queue(person),
        (None, None) => core.ignore(event),
    }
}

/// The new handles are the identity's from here on; without them it is as it was before.
fn rebound(core: &mut Core, mut member: Member, answer: &Result<Reply, Failure>) -> Next {
    let identity = &mut member.identity;
    if let Ok(Reply::Rebound { keys, intune }) = answer {
        identity.keys = keys.clone();
        identity.intent.binding = core.facts.binding.clone();
        intune.iter().cloned().for_each(|key| identity.intune.replace_key(key));
        identity.suspended = identity.suspended.filter(|why| *why != Suspension::ClonedMachine);
    }
    core.persist(member.stage());
    if let Some(ask) = core.leave.take() {
        return Next::Departing(member.identity, ask);
    }
    if member.identity.suspended.is_some() {
        return member.quarantine(core);
    }
    if member.identity.verified_at.is_some() {
        member.hand_over_all(core);
    }
    Next::Settled(member)
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
