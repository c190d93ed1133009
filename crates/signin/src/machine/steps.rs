//! What every part of a sign-in does: look the domain up, poll, judge, welcome, refuse.

use super::{Code, Machine, Pending, Person, RealmQuestion, State};
use crate::judge::{self, Verdict};
use crate::outbox::Outbox;
use crate::{Command, Event, Memory, Notice, Outcome as Ending, Reason, Reply, Scope, Standing, Work};
use admission::Groups;
use model::{Account, Cause, Failure, FailureClass, GroupUse, TenantId, TokenRef};
use statig::blocking::*;
use std::time::Duration;

impl Person {
    /// Tokens of somebody who is not known yet.
    pub(super) fn unknown(token: TokenRef) -> Person {
        Person { token, came: None, memory: Vec::new(), groups: Groups::NotAsked, op: None }
    }
}

impl Code {
    /// The service answered; the person hears it where they heard that it did not.
    fn heard(&mut self) -> Option<Notice> {
        self.last = None;
        (std::mem::take(&mut self.failed) >= TELLING).then_some(Notice::AnswersAgain)
    }

    /// A poll failed in passing; the person hears it once, after some.
    fn not_heard(&mut self, failure: &Failure) -> Option<Notice> {
        self.failed += 1;
        self.last = Some(failure.clone());
        let why = || Notice::NotAnswered { why: Box::new(failure.clone()), until: self.expires_at };
        (self.failed == TELLING).then(why)
    }
}

impl Machine {
    pub(super) fn look_up_domain(&mut self, context: &mut Outbox) {
        let domain = self.facts.asked.domain().clone();
        self.resolving = Some(context.run(Work::Resolve { domain }));
    }

    /// Takes in the metadata; another tenant than the wanted or pinned one is an error, not news. The keys are fetched beside
    /// whatever follows.
    pub(super) fn resolved(
        &mut self,
        context: &mut Outbox,
        result: &Result<Reply, Failure>,
    ) -> Result<(), Failure> {
        self.resolving = None;
        match result {
            Ok(Reply::Resolved { pin, keys_at }) => {
                if let Some(failure) = judge::foreign_tenant(&self.facts, pin.tenant) {
                    return Err(failure);
                }
                let news = self.pin.is_none().then_some(pin.tenant);
                (self.pin, self.keys_at) = (Some(pin.clone()), Some(keys_at.clone()));
                self.fetch_keys(context);
                self.prepare_join(news, context);
                Ok(())
            }
            Ok(_) => Err(judge::tenant_changed(&self.facts)),
            Err(failure) => Err(failure.clone()),
        }
    }

    /// Fetches the keys, or the metadata first, unless that is under way.
    pub(super) fn fetch_keys(&mut self, context: &mut Outbox) {
        match (&self.keys_at, self.keys.asked, self.resolving) {
            (Some(at), None, None) => {
                self.keys.asked = Some(context.run(Work::FetchKeys { keys_at: at.clone() }));
            }
            (None, _, None) => self.look_up_domain(context),
            _ => {}
        }
    }

    /// The end of the work that fetches the keys, if this is it.
    pub(super) fn keys_came(&mut self, event: &Event) -> Option<Result<(), Failure>> {
        self.keys.came(event, "signing keys", |reply| match reply {
            Reply::Keys(found) => Some(found),
            _ => None,
        })
    }

    /// Where to join is found out beside the token, where the machine may have to register.
    pub(super) fn prepare_join(&self, tenant: Option<TenantId>, context: &mut Outbox) {
        let unknown = self.facts.standing == Standing::Unregistered;
        context.commands.extend(tenant.filter(|_| unknown).map(Command::PrepareJoin));
    }

    /// What is asked first: who checks the password as soon as the sign-in begins, all else once the tenant is known.
    pub(super) fn first_question(&self) -> State {
        let asking = Pending { op: None };
        if self.given.is_none() && judge::may_use_password(&self.facts) {
            State::asking_realm(RealmQuestion::default())
        } else if self.pin.is_none() {
            State::resolving()
        } else if self.given.is_some() {
            State::taking_token(asking)
        } else {
            State::requesting_code(asking)
        }
    }

    pub(super) fn redeem_given(&self, asking: &mut Pending, context: &mut Outbox) {
        let (Some(pin), Some(token)) = (&self.pin, self.given) else { return };
        asking.op = Some(context.run(Work::RedeemGiven { tenant: pin.tenant, token }));
    }

    /// The given token is redeemed: whose it is, is checked as after any sign-in.
    pub(super) fn taking_token(
        &mut self,
        asking: &mut Pending,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        let Event::Done(op, result) = event else { return Super };
        if asking.op != Some(*op) {
            return Super;
        }
        asking.op = None;
        match result {
            Ok(Reply::Tokens(token)) => Transition(State::checking(Person::unknown(*token))),
            Ok(_) => self.fail(context, judge::token_without_answer()),
            Err(failure) => self.fail(context, judge::of_given(failure)),
        }
    }

    pub(super) fn end_given(&mut self, asking: &mut Pending, context: &mut Outbox) {
        context.commands.extend(asking.op.take().map(Command::Cancel));
        context.commands.extend(self.given.take().map(Command::Forget));
    }

    /// Whether the timer has come.
    pub(super) fn is_due(&self, context: &Outbox) -> bool {
        self.wake_at.is_some_and(|at| at <= context.now)
    }

    /// Asks for a code, which is permitted.
    pub(super) fn request_code(&self, asking: &mut Pending, context: &mut Outbox) {
        let Some(pin) = &self.pin else { return };
        let claims = self.claims.clone();
        asking.op = Some(context.run(Work::RequestCode { tenant: pin.tenant, scope: self.scope, claims }));
    }

    pub(super) fn code_refused(&mut self, context: &mut Outbox, failure: &Failure) -> Outcome<State> {
        if self.scope == Scope::Registration && judge::is_scope_refusal(failure) {
            self.scope = Scope::Portal;
            return Transition(State::requesting_code(Pending { op: None }));
        }
        self.fail(context, judge::of_code(&self.facts, failure))
    }

    pub(super) fn poll(&mut self, code: &mut Code, context: &mut Outbox) -> Outcome<State> {
        if code.expires_at <= context.now {
            return self.fail(context, judge::expired(code.last.as_ref()));
        }
        self.wake_at = Some(code.expires_at);
        if let (Some(pin), None) = (&self.pin, code.poll) {
            code.poll = Some(context.run(Work::Poll { tenant: pin.tenant, code: code.name }));
        }
        Handled
    }

    pub(super) fn polled(
        &mut self,
        code: &mut Code,
        context: &mut Outbox,
        result: &Result<Reply, Failure>,
    ) -> Outcome<State> {
        let (now, expires_at) = (context.now, code.expires_at);
        let again_after = |wait: Duration| Some(now.after(wait).min(expires_at));
        match result {
            Ok(Reply::Tokens(token)) => Transition(State::checking(Person::unknown(*token))),
            Ok(reply) => {
                if *reply == Reply::SlowDown {
                    code.interval = (code.interval + SLOWER).min(SLOWEST);
                }
                context.commands.extend(code.heard().map(Command::Tell));
                self.wake_at = again_after(code.interval);
                Handled
            }
            Err(failure) if failure.class == FailureClass::Transient => {
                context.commands.extend(code.not_heard(failure).map(Command::Tell));
                self.wake_at = again_after(failure.retry_after.unwrap_or_default().max(code.interval));
                Handled
            }
            // What came between is why nobody heard whether the person approved.
            Err(failure) if failure.cause == Some(Cause::CodeExpired) && code.last.is_some() => {
                self.fail(context, judge::expired(code.last.as_ref()))
            }
            Err(failure) => match judge::step_up(&self.facts, failure) {
                Some(claims) if !self.stepped_up => self.ask_again(claims),
                _ => self.code_refused(context, failure),
            },
        }
    }

    /// A second code, once a session, whose sign-in brings what was missing.
    pub(super) fn ask_again(&mut self, claims: String) -> Outcome<State> {
        self.stepped_up = true;
        self.claims = Some(claims);
        self.reason = Some(Reason::SecondFactor);
        Transition(State::requesting_code(Pending { op: None }))
    }

    pub(super) fn judged(
        &mut self,
        person: &mut Person,
        context: &mut Outbox,
        verdict: Verdict,
    ) -> Outcome<State> {
        match verdict {
            Verdict::AskGraph => Transition(State::looking_up(person.clone())),
            Verdict::Refused(failure) => self.refuse(person, context, failure),
            Verdict::Welcome(memory) => {
                person.memory = memory;
                self.ask_for_groups(person, context)
            }
        }
    }

    /// Who is judged by groups is judged before anything else is done for them.
    fn ask_for_groups(&mut self, person: &mut Person, context: &mut Outbox) -> Outcome<State> {
        let of_token = person.came.as_ref().and_then(|came| came.groups.as_deref());
        match (&self.facts.groups, of_token) {
            (GroupUse::Nothing, _) => self.let_in(person, context),
            (_, Some(groups)) => self.groups_judged(person, context, admission::groups_of_token(groups)),
            (_, None) => Transition(State::listing_groups(person.clone())),
        }
    }

    pub(super) fn groups_judged(
        &mut self,
        person: &mut Person,
        context: &mut Outbox,
        groups: Groups,
    ) -> Outcome<State> {
        match admission::by_groups(&self.facts, &groups) {
            Ok(()) => {
                person.groups = groups;
                self.let_in(person, context)
            }
            Err(failure) => match judge::step_up(&self.facts, &failure) {
                Some(claims) if !self.stepped_up => {
                    context.push(Command::Forget(person.token));
                    self.ask_again(claims)
                }
                _ => self.refuse(person, context, failure),
            },
        }
    }

    fn let_in(&mut self, person: &mut Person, context: &mut Outbox) -> Outcome<State> {
        match self.scope {
            Scope::Registration => self.welcome(person, context),
            Scope::Portal => Transition(State::redeeming(person.clone())),
        }
    }

    pub(super) fn welcome(&mut self, person: &mut Person, context: &mut Outbox) -> Outcome<State> {
        let (Some(came), Some(pin)) = (person.came.clone(), self.pin.clone()) else { return Handled };
        // A token may give another name of the same account: everybody knows it by the one that was asked for.
        let upn = self.facts.asked.person().unwrap_or(&came.upn).clone();
        let account = Account { tenant: came.tenant, object: came.object, upn };
        if self.facts.pinned.is_none() {
            let domain = self.facts.asked.domain().clone();
            context.push(Command::Remember(Memory::Domain { domain, pin }));
        }
        context.commands.extend(person.memory.drain(..).map(Command::Remember));
        let (token, groups) = (person.token, person.groups.clone());
        context.push(Command::Finish(Box::new(Ending::SignedIn { account, token, groups })));
        Transition(State::ended())
    }

    pub(super) fn refuse(
        &mut self,
        person: &Person,
        context: &mut Outbox,
        failure: Failure,
    ) -> Outcome<State> {
        context.push(Command::Forget(person.token));
        self.fail(context, failure)
    }

    pub(super) fn fail(&mut self, context: &mut Outbox, failure: Failure) -> Outcome<State> {
        context.push(Command::Finish(Box::new(Ending::Failed(failure))));
        Transition(State::ended())
    }
}

/// After so many failed polls in a row the person is told.
const TELLING: u32 = 3;
/// RFC 8628 section 3.5: what "slow down" adds to the interval, up to what an interval may be.
const SLOWER: Duration = Duration::from_secs(5);
const SLOWEST: Duration = Duration::from_secs(60);
