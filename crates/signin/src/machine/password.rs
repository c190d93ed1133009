//! Sign-in by password. A machine with an identity vouches for it: the one nonce that this takes is fetched while the person
//! types, and serves every request of the login, so that two answers are waited for after the last key.

use super::{Machine, PasswordAttempt, Pending, Person, State};
use crate::judge;
use crate::outbox::Outbox;
use crate::{Command, Event, PasswordPrompt, Reason, Reply, Standing, Work};
use model::{Attempt, Cause, Failure, Nonce, PasswordResult, TokenRef};
use statig::blocking::*;
use std::time::Duration;

impl PasswordAttempt {
    fn new(password: TokenRef) -> PasswordAttempt {
        PasswordAttempt { password, op: None, permitted: false }
    }
}

impl Machine {
    /// Whether the machine shows itself with the password.
    pub(super) fn vouches(&self) -> bool {
        self.facts.standing == Standing::Registered
    }

    /// The nonce for a request that leaves now; where there is none it is fetched.
    pub(super) fn fresh_nonce(&mut self, context: &mut Outbox) -> Option<Nonce> {
        let fresh = self.nonces.held.clone().filter(|nonce| nonce.is_fresh(context.now));
        if let (None, None, Some(pin)) = (&fresh, self.nonces.asked, &self.pin) {
            self.nonces.asked = Some(context.run(Work::Nonce { tenant: pin.tenant }));
        }
        fresh
    }

    /// The end of the work that fetches a nonce, if this is it.
    pub(super) fn nonce_came(&mut self, event: &Event) -> Option<Result<(), Failure>> {
        self.nonces.came(event, "nonce", |reply| match reply {
            Reply::Nonce(found) => Some(found),
            _ => None,
        })
    }

    /// Whether a request is to be sent once more, because nothing of it was judged but its nonce.
    fn nonce_refused(&mut self, failure: &Failure) -> bool {
        let first = failure.cause == Some(Cause::Nonce) && !self.nonce_was_refused;
        if first {
            (self.nonce_was_refused, self.nonces.held) = (true, None);
        }
        first
    }

    /// The person types the password, or chooses a code.
    pub(super) fn asking_password(&mut self, context: &mut Outbox, event: &Event) -> Outcome<State> {
        match event {
            Event::Password(Some(password)) => {
                Transition(State::using_password(PasswordAttempt::new(*password)))
            }
            Event::Password(None) => Transition(State::requesting_code(Pending { op: None })),
            Event::Woke if self.is_due(context) => self.fail(context, judge::password_timeout()),
            _ => Super,
        }
    }

    pub(super) fn ask_password(&mut self, context: &mut Outbox) {
        let Some(name) = self.facts.asked.person().cloned() else { return };
        context.push(Command::AskPassword(PasswordPrompt { name, reason: self.reason }));
        self.wake_at = Some(context.now.after(PASSWORD_PATIENCE));
        if self.vouches() {
            self.fresh_nonce(context);
        }
    }

    pub(super) fn stop_timer(&mut self) {
        self.wake_at = None;
    }

    /// The password is tried, once.
    pub(super) fn using_password(
        &mut self,
        typed: &mut PasswordAttempt,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        if let Some(came) = self.nonce_came(event) {
            return match came {
                // Before it is permitted, it may be fetched once more.
                Err(failure) if typed.permitted => {
                    context.push(Command::PasswordTried(PasswordResult::NotSent));
                    self.fail(context, failure)
                }
                _ => {
                    self.send_password(typed, context);
                    Handled
                }
            };
        }
        match event {
            Event::Done(op, Ok(Reply::Permitted)) if typed.op == Some(*op) => {
                (typed.op, typed.permitted) = (None, true);
                self.send_password(typed, context);
                Handled
            }
            Event::Done(op, result) if typed.op == Some(*op) => {
                typed.op = None;
                self.password_judged(typed, context, result)
            }
            _ => Super,
        }
    }

    pub(super) fn use_password(&mut self, typed: &mut PasswordAttempt, context: &mut Outbox) {
        typed.op = Some(context.ask_for(Attempt::Password));
        if self.vouches() {
            self.fresh_nonce(context);
        }
    }

    pub(super) fn end_password(&mut self, typed: &mut PasswordAttempt, context: &mut Outbox) {
        context.commands.extend(typed.op.take().map(Command::Cancel));
        context.push(Command::Forget(typed.password));
    }

    /// The one use of the password, once it is permitted and the nonce is there.
    fn send_password(&mut self, typed: &mut PasswordAttempt, context: &mut Outbox) {
        if !typed.permitted || typed.op.is_some() {
            return;
        }
        let nonce = if self.vouches() { self.fresh_nonce(context) } else { None };
        if self.vouches() && nonce.is_none() {
            return;
        }
        let (Some(pin), Some(name)) = (&self.pin, self.facts.asked.person().cloned()) else { return };
        let (tenant, password, standing) = (pin.tenant, typed.password, self.facts.standing);
        typed.op = Some(context.run(Work::Password { tenant, name, password, standing, nonce }));
    }

    /// What follows from the one use of the password: a code if it may bring what is missing.
    fn password_judged(
        &mut self,
        typed: &mut PasswordAttempt,
        context: &mut Outbox,
        result: &Result<Reply, Failure>,
    ) -> Outcome<State> {
        if result.as_ref().is_err_and(|failure| typed.permitted && self.nonce_refused(failure)) {
            self.send_password(typed, context);
            return Handled;
        }
        let tried = typed.permitted.then(|| judge::password_result(result));
        context.commands.extend(tried.map(Command::PasswordTried));
        match result {
            Ok(Reply::Tokens(token)) => Transition(State::checking(Person::unknown(*token))),
            Ok(Reply::Vouched(token)) => Transition(State::exchanging(Person::unknown(*token))),
            Ok(_) => Transition(State::requesting_code(Pending { op: None })),
            Err(failure) if judge::wants_more_than_password(failure) => self.more_is_wanted(failure),
            Err(failure) => self.fail(context, failure.clone()),
        }
    }

    /// A code may bring what the password could not.
    fn more_is_wanted(&mut self, failure: &Failure) -> Outcome<State> {
        self.claims = failure.claims.clone();
        self.reason = Some(Reason::MoreThanPassword);
        Transition(State::requesting_code(Pending { op: None }))
    }

    /// The password is right: the PRT brings the tokens that say whose it is.
    pub(super) fn exchanging(
        &mut self,
        person: &mut Person,
        context: &mut Outbox,
        event: &Event,
    ) -> Outcome<State> {
        if let Some(came) = self.nonce_came(event) {
            return match came {
                Ok(()) => {
                    self.exchange(person, context);
                    Handled
                }
                Err(failure) => self.refuse(person, context, failure),
            };
        }
        let Event::Done(op, result) = event else { return Super };
        if person.op != Some(*op) {
            return Super;
        }
        person.op = None;
        match result {
            Ok(_) => Transition(State::checking(person.clone())),
            Err(failure) if self.nonce_refused(failure) => {
                self.exchange(person, context);
                Handled
            }
            Err(failure) if judge::wants_more_than_password(failure) => {
                context.push(Command::Forget(person.token));
                self.more_is_wanted(failure)
            }
            Err(failure) => self.refuse(person, context, failure.clone()),
        }
    }

    pub(super) fn exchange(&mut self, person: &mut Person, context: &mut Outbox) {
        let (Some(nonce), Some(pin)) = (self.fresh_nonce(context), &self.pin) else { return };
        person.op = Some(context.run(Work::Exchange { tenant: pin.tenant, token: person.token, nonce }));
    }
}

/// How long the question for a password stands.
const PASSWORD_PATIENCE: Duration = Duration::from_secs(5 * 60);
