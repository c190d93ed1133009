mod password;
mod steps;

use crate::judge;
use crate::outbox::Outbox;
use crate::{Command, Event, Facts, Memory, OpId, Prompt, Realm, Reason, Reply, Scope, TenantPin, Work};
use admission::Groups;
use model::{Attempt, Cause, Failure, Jwks, Nonce, Timestamp, TokenRef, TokenSubject};
use statig::blocking::*;
use std::time::Duration;

/// What is known besides the state.
pub(crate) struct Machine {
    facts: Facts,
    pin: Option<TenantPin>,
    /// The look at the domain's metadata, which may go on while the person types.
    resolving: Option<OpId>,
    /// What verifies the id_tokens of the tenant; fetched beside the token.
    keys: Beside<Jwks>,
    /// Where they are, once the metadata said it.
    keys_at: Option<String>,
    nonces: Beside<Nonce>,
    /// Whether the service refused one; it does so once.
    nonce_was_refused: bool,
    /// The refresh token that somebody gave beforehand: nobody is there who could be asked.
    given: Option<TokenRef>,
    scope: Scope,
    claims: Option<String>,
    reason: Option<Reason>,
    stepped_up: bool,
    looked_again: bool,
    wake_at: Option<Timestamp>,
    over: bool,
}

/// A code that the person has or is about to get.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    name: TokenRef,
    expires_at: Timestamp,
    interval: Duration,
    poll: Option<OpId>,
    /// Polls in a row that failed.
    failed: u32,
    /// Why the last poll failed, if it did.
    last: Option<Failure>,
}

/// A password that was typed.
#[derive(Debug, Clone)]
pub(crate) struct PasswordAttempt {
    password: TokenRef,
    op: Option<OpId>,
    /// Whether it may be tried; it is on its way then.
    permitted: bool,
}

/// What is fetched beside the step that goes on.
#[derive(Debug)]
struct Beside<T> {
    held: Option<T>,
    /// The work that fetches it.
    asked: Option<OpId>,
}

impl<T: Clone> Beside<T> {
    const NOTHING: Beside<T> = Beside { held: None, asked: None };

    /// Takes in the end of the work that fetches it, if this is it; `of` finds it in the reply, `what` names it.
    fn came(
        &mut self,
        event: &Event,
        what: &'static str,
        of: fn(&Reply) -> Option<&T>,
    ) -> Option<Result<(), Failure>> {
        let Event::Done(op, result) = event else { return None };
        self.asked.take_if(|asked| asked == op)?;
        Some(match result.as_ref().map(of) {
            Ok(Some(found)) => {
                self.held = Some(found.clone());
                Ok(())
            }
            Ok(None) => Err(judge::unusable(what)),
            Err(failure) => Err(failure.clone()),
        })
    }
}

/// Who checks the passwords of the domain, which is asked beside the metadata.
#[derive(Debug, Clone, Default)]
pub(crate) struct RealmQuestion {
    op: Option<OpId>,
    /// Whether a password may be asked for, once that is known.
    by_password: Option<bool>,
}

/// A person whose tokens came.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    token: TokenRef,
    came: Option<TokenSubject>,
    memory: Vec<Memory>,
    groups: Groups,
    op: Option<OpId>,
}

/// A work that is waited for.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    op: Option<OpId>,
}

impl Machine {
    pub(crate) fn new(facts: Facts) -> Machine {
        let (pin, claims) = (facts.pinned.clone(), facts.claims.clone());
        Machine {
            facts,
            pin,
            resolving: None,
            keys: Beside::NOTHING,
            keys_at: None,
            nonces: Beside::NOTHING,
            nonce_was_refused: false,
            given: None,
            scope: Scope::Registration,
            claims,
            reason: None,
            stepped_up: false,
            looked_again: false,
            wake_at: None,
            over: false,
        }
    }

    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        self.wake_at
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }
}

::machine::chart! {
    (machine: Machine, event: Event, context: Outbox) starts as State::waiting_to_start();

    #[derive(Debug, Clone)]
    pub(crate) enum State {
        WaitingToStart {} = waiting_to_start in Root {}: machine.waiting_to_start(context, event);
        Resolving {} = resolving in Root {}: machine.resolving(context, event);
        AskingRealm { asking: RealmQuestion } = asking_realm in Root {}:
            machine.asking_realm(asking, context, event),
            entry machine.ask_realm(asking, context), exit machine.leave_realm(asking, context);
        AskingPassword {} = asking_password in Root {}:
            machine.asking_password(context, event),
            entry machine.ask_password(context), exit machine.stop_timer();
        UsingPassword { typed: PasswordAttempt } = using_password in Root {}:
            machine.using_password(typed, context, event),
            entry machine.use_password(typed, context), exit machine.end_password(typed, context);
        Exchanging { person: Person } = exchanging in WithPerson { person }:
            machine.exchanging(person, context, event), entry machine.exchange(person, context);
        RequestingCode { asking: Pending } = requesting_code in Root {}:
            machine.requesting_code(asking, context, event), entry machine.ask_for_code(asking, context);
        Waiting { code: Code } = waiting in Root {}:
            machine.waiting(code, context, event), exit machine.end_code(code, context);
        TakingToken { asking: Pending } = taking_token in Root {}:
            machine.taking_token(asking, context, event),
            entry machine.redeem_given(asking, context), exit machine.end_given(asking, context);
        Checking { person: Person } = checking in WithPerson { person }:
            machine.checking(person, context, event), entry machine.ask_who(person, context);
        LookingUp { person: Person } = looking_up in WithPerson { person }:
            machine.looking_up(person, context, event), entry machine.ask_graph(person, context);
        ListingGroups { person: Person } = listing_groups in WithPerson { person }:
            machine.listing_groups(person, context, event), entry machine.list_groups(person, context);
        Redeeming { person: Person } = redeeming in WithPerson { person }:
            machine.redeeming(person, context, event), entry machine.redeem(person, context);
        Ended {} = ended in Root {}: Super, entry machine.end(context);
    }

    enum Superstate<'state> {
        WithPerson { person: &'state mut Person } in Root {}: Machine::with_person(person, context, event);
        Root {}: machine.root(context, event);
    }
}

impl Machine {
    fn waiting_to_start(&mut self, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::Started | Event::Given(_) => {
                if let Event::Given(token) = event {
                    (self.given, self.stepped_up) = (Some(*token), true);
                }
                let pinned = self.pin.as_ref().map(|pin| pin.tenant);
                if let Some(failure) = pinned.and_then(|it| judge::foreign_tenant(&self.facts, it)) {
                    return self.fail(context, failure);
                }
                self.look_up_domain(context);
                self.prepare_join(pinned, context);
                Transition(self.first_question())
            }
            _ => Super,
        }
    }

    /// The tenant is not known yet.
    fn resolving(&mut self, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::Done(op, result) if self.resolving == Some(*op) => match self.resolved(context, result) {
                Ok(()) => Transition(self.first_question()),
                Err(failure) => self.fail(context, failure),
            },
            _ => Super,
        }
    }

    /// Who checks the person's password? Without an answer a code serves as well.
    fn asking_realm(
        &mut self,
        asking: &mut RealmQuestion,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        let Event::Done(op, result) = event else { return Super };
        if asking.op == Some(*op) {
            asking.op = None;
            // Nobody would give a code either: it is said before anything is asked (login.md 5).
            if let Err(failure) = result
                && failure.cause == Some(Cause::Unreachable)
            {
                return self.fail(context, failure.clone());
            }
            asking.by_password = Some(matches!(result, Ok(Reply::Realm(Realm::Managed))));
        } else if self.pin.is_none() && self.resolving == Some(*op) {
            if let Err(failure) = self.resolved(context, result) {
                return self.fail(context, failure);
            }
        } else {
            return Super;
        }
        match (asking.by_password, &self.pin) {
            (Some(true), Some(_)) => Transition(State::asking_password()),
            (Some(false), Some(_)) => Transition(State::requesting_code(Pending { op: None })),
            _ => Handled,
        }
    }

    fn ask_realm(&mut self, asking: &mut RealmQuestion, context: &mut Outbox) {
        let Some(name) = self.facts.asked.person().cloned() else { return };
        asking.op = Some(context.run(Work::AskRealm { name }));
        if self.vouches() {
            self.fresh_nonce(context);
        }
    }

    fn leave_realm(&mut self, asking: &mut RealmQuestion, context: &mut Outbox) {
        context.commands.extend(asking.op.take().map(Command::Cancel));
    }

    fn requesting_code(
        &mut self,
        asking: &mut Pending,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        match event {
            Event::Done(op, Ok(Reply::Permitted)) if asking.op == Some(*op) => {
                self.request_code(asking, context);
                Handled
            }
            Event::Done(op, Ok(Reply::Code { code, user_code, verification_uri, expires_in, interval }))
                if asking.op == Some(*op) =>
            {
                let expires_at = context.now.after(*expires_in);
                context.push(Command::Show(Prompt {
                    user_code: user_code.clone(),
                    verification_uri: verification_uri.clone(),
                    expires_at,
                    reason: self.reason,
                }));
                self.wake_at = Some(context.now.after(*interval));
                let (name, interval) = (*code, *interval);
                Transition(State::waiting(Code {
                    name,
                    expires_at,
                    interval,
                    poll: None,
                    failed: 0,
                    last: None,
                }))
            }
            Event::Done(op, Err(failure)) if asking.op == Some(*op) => self.code_refused(context, failure),
            Event::HungUp => {
                context.commands.extend(asking.op.take().map(Command::Cancel));
                Transition(State::ended())
            }
            _ => Super,
        }
    }

    fn ask_for_code(&mut self, asking: &mut Pending, context: &mut Outbox) {
        asking.op = Some(context.ask_for(Attempt::Code));
    }

    /// The person types; polls go out at the service's interval.
    fn waiting(&mut self, code: &mut Code, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::Woke if self.is_due(context) => self.poll(code, context),
            Event::Done(op, result) if code.poll == Some(*op) => {
                code.poll = None;
                self.polled(code, context, result)
            }
            _ => Super,
        }
    }

    fn end_code(&mut self, code: &mut Code, context: &mut Outbox) {
        context.commands.extend(code.poll.take().map(Command::Cancel));
        context.push(Command::Forget(code.name));
        self.wake_at = None;
    }

    /// Tokens came: who are they?
    fn checking(&mut self, person: &mut Person, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::Done(op, Ok(Reply::Identified(came))) if person.op == Some(*op) => {
                person.came = Some(came.clone());
                match judge::now_asked(&self.facts, came) {
                    Ok(asked) => self.facts.asked = asked,
                    Err(failure) => return self.refuse(person, context, failure),
                }
                let verdict = judge::by_name(&self.facts, came, context.now);
                self.judged(person, context, verdict)
            }
            Event::Done(op, Err(failure)) if person.op == Some(*op) => {
                let stale_keys = failure.cause == Some(Cause::UnknownSigningKey) && !self.looked_again;
                if !stale_keys {
                    return self.refuse(person, context, failure.clone());
                }
                (self.looked_again, self.keys.held) = (true, None);
                Transition(State::checking(person.clone()))
            }
            Event::Done(op, result) if self.resolving == Some(*op) => match self.resolved(context, result) {
                Ok(()) => Handled,
                Err(failure) => self.refuse(person, context, failure),
            },
            _ => match self.keys_came(event) {
                Some(Ok(())) => Transition(State::checking(person.clone())),
                Some(Err(failure)) => self.refuse(person, context, failure),
                None => Super,
            },
        }
    }

    fn ask_who(&mut self, person: &mut Person, context: &mut Outbox) {
        let (Some(pin), Some(keys)) = (self.pin.clone(), self.keys.held.clone()) else {
            person.op = None;
            return self.fetch_keys(context);
        };
        person.op = Some(context.run(Work::Identify { pin, keys, token: person.token }));
    }

    /// The names differ: the one look at Graph.
    fn looking_up(&mut self, person: &mut Person, context: &mut Outbox, event: &Event) -> Outcome<State> {
        let (Event::Done(op, result), Some(came)) = (event, person.came.clone()) else { return Super };
        if person.op != Some(*op) {
            return Super;
        }
        let me = match result {
            Ok(Reply::Me { object, upn }) => Some((*object, upn.as_str())),
            _ => None,
        };
        let verdict = judge::by_graph(&self.facts, &came, me, context.now);
        self.judged(person, context, verdict)
    }

    fn ask_graph(&mut self, person: &mut Person, context: &mut Outbox) {
        let Some(pin) = &self.pin else { return };
        person.op = Some(context.run(Work::LookUpMe { tenant: pin.tenant, token: person.token }));
    }

    /// The person is who was asked for, and the token does not say in which groups they are.
    fn listing_groups(&mut self, person: &mut Person, context: &mut Outbox, event: &Event) -> Outcome<State> {
        let Event::Done(op, result) = event else { return Super };
        if person.op != Some(*op) {
            return Super;
        }
        person.op = None;
        self.groups_judged(person, context, judge::groups_of(result))
    }

    fn list_groups(&mut self, person: &mut Person, context: &mut Outbox) {
        let Some(pin) = &self.pin else { return };
        person.op = Some(context.run(Work::ListGroups { tenant: pin.tenant, token: person.token }));
    }

    /// The portal's tokens are exchanged for registration's.
    fn redeeming(&mut self, person: &mut Person, context: &mut Outbox, event: &Event) -> Outcome<State> {
        let Event::Done(op, result) = event else { return Super };
        if person.op != Some(*op) {
            return Super;
        }
        match result.as_ref().err().and_then(|failure| judge::step_up(&self.facts, failure)) {
            Some(claims) if !self.stepped_up => {
                context.push(Command::Forget(person.token));
                self.ask_again(claims)
            }
            // The account is checked, and that is what a login is answered by: the join will say why.
            _ => self.welcome(person, context),
        }
    }

    fn redeem(&mut self, person: &mut Person, context: &mut Outbox) {
        let Some(pin) = &self.pin else { return };
        person.op = Some(context.run(Work::Redeem { tenant: pin.tenant, token: person.token }));
    }

    fn end(&mut self, context: &mut Outbox) {
        context.commands.extend(self.resolving.take().map(Command::Cancel));
        let besides = [self.keys.asked.take(), self.nonces.asked.take()];
        context.commands.extend(besides.into_iter().flatten().map(Command::Cancel));
        context.commands.extend(self.given.take().map(Command::Forget));
        self.wake_at = None;
        self.over = true;
    }

    /// Tokens are held: whoever hangs up now leaves them to be ended.
    fn with_person(person: &mut Person, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::HungUp => {
                context.commands.extend(person.op.take().map(Command::Cancel));
                context.push(Command::Forget(person.token));
                Transition(State::ended())
            }
            _ => Super,
        }
    }

    fn root(&mut self, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::HungUp if !self.over => Transition(State::ended()),
            Event::Done(op, result) if self.resolving == Some(*op) => match self.resolved(context, result) {
                Ok(()) => Handled,
                Err(failure) if failure.cause == Some(Cause::ForeignTenant) => self.fail(context, failure),
                // The keys are asked for once more when they are needed.
                Err(_) => Handled,
            },
            // What is needed is fetched once more.
            _ if self.nonce_came(event).is_some() || self.keys_came(event).is_some() => Handled,
            Event::Done(
                _,
                Ok(Reply::Tokens(token) | Reply::Vouched(token) | Reply::Code { code: token, .. }),
            )
            | Event::Password(Some(token))
            | Event::Given(token) => {
                context.push(Command::Forget(*token));
                Handled
            }
            _ => {
                context.push(Command::Ignored(kind(event)));
                Handled
            }
        }
    }
}

fn kind(event: &Event) -> &'static str {
    match event {
        Event::Started => "started",
        Event::Given(_) => "given",
        Event::Done(..) => "done",
        Event::Password(_) => "password",
        Event::Woke => "woke",
        Event::HungUp => "hung up",
    }
}
