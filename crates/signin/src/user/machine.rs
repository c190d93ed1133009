use super::judge::{self, Next};
use crate::OpId;
use crate::outbox::UserOutbox;
use crate::{SessionState, UserCommand, UserEvent, UserReply, UserStatus, UserWork};
use ::machine::Generator;
use model::{Cause, Failure, Timestamp, TokenRef};
use statig::blocking::*;

/// What is known besides the state.
pub(crate) struct Machine {
    generator: Generator,
    obtained_at: Option<Timestamp>,
    renewed_at: Option<Timestamp>,
    expires_at: Option<Timestamp>,
    failure: Option<Failure>,
    wake_at: Option<Timestamp>,
}

/// A token set, and the try to get or renew its PRT.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    token: TokenRef,
    /// A try that fails after this moment was the last one.
    until: Timestamp,
    /// How many tries in a row failed in passing.
    tries: u32,
    op: Option<OpId>,
}

impl Held {
    fn new(token: TokenRef, until: Timestamp) -> Held {
        Held { token, until, tries: 0, op: None }
    }
}

::machine::chart! {
    (machine: Machine, event: UserEvent, context: UserOutbox) starts as State::empty();

    #[derive(Debug, Clone)]
    pub(crate) enum State {
        // Nobody signed in since the start or the last leave.
        Empty {} = empty in Root {}: Super, entry machine.clear();
        Obtaining { held: Held } = obtaining in WithToken { held }:
            machine.obtaining(held, context, event), entry machine.obtain(held, context);
        Holding { held: Held } = holding in WithToken { held }:
            machine.holding(held, context, event), entry machine.rest(held, context);
        Renewing { held: Held } = renewing in WithToken { held }:
            machine.renewing(held, context, event), entry machine.renew(held, context);
        Lost {} = lost in Root {}: Machine::lost(event), entry machine.lose();
    }

    enum Superstate<'state> {
        WithToken { held: &'state mut Held } in Root {}: Machine::with_token(held, context, event);
        Root {}: machine.root(context, event);
    }
}

impl Machine {
    /// The first PRT of a sign-in is asked for, or its next try is waited for.
    fn obtaining(&mut self, held: &mut Held, context: &mut UserOutbox, event: &UserEvent) -> Outcome<State> {
        match event {
            UserEvent::Done(op, Ok(UserReply::Prt { expires_at })) if held.op == Some(*op) => {
                self.obtained_at = Some(context.now);
                Transition(State::holding(Held::new(held.token, *expires_at)))
            }
            UserEvent::Done(op, Err(failure)) if held.op == Some(*op) => self.failed(held, context, failure),
            UserEvent::Woke if self.is_due(context) => Transition(State::obtaining(held.clone())),
            _ => Super,
        }
    }

    fn obtain(&mut self, held: &mut Held, context: &mut UserOutbox) {
        self.wake_at = None;
        held.op = Some(context.run(UserWork::Obtain { token: held.token }));
    }

    /// A PRT is held; its renewal is waited for.
    fn holding(&mut self, held: &mut Held, context: &mut UserOutbox, event: &UserEvent) -> Outcome<State> {
        match event {
            UserEvent::Woke if self.is_due(context) => Transition(State::renewing(held.clone())),
            _ => Super,
        }
    }

    fn rest(&mut self, held: &mut Held, context: &mut UserOutbox) {
        let wait = judge::rest(held.until.since(context.now), self.generator.number());
        self.failure = None;
        self.expires_at = Some(held.until);
        self.wake_at = Some(context.now.after(wait));
    }

    /// The PRT is being renewed, or the next try is waited for.
    fn renewing(&mut self, held: &mut Held, context: &mut UserOutbox, event: &UserEvent) -> Outcome<State> {
        match event {
            UserEvent::Done(op, Ok(UserReply::Prt { expires_at })) if held.op == Some(*op) => {
                self.renewed_at = Some(context.now);
                Transition(State::holding(Held::new(held.token, *expires_at)))
            }
            UserEvent::Done(op, Err(failure)) if held.op == Some(*op) => self.failed(held, context, failure),
            UserEvent::Woke if self.is_due(context) => Transition(State::renewing(held.clone())),
            _ => Super,
        }
    }

    fn renew(&mut self, held: &mut Held, context: &mut UserOutbox) {
        self.wake_at = None;
        held.op = Some(context.run(UserWork::Renew { token: held.token }));
    }

    /// The token set is gone; only a sign-in helps.
    fn lost(event: &UserEvent) -> Outcome<State> {
        match event {
            UserEvent::Ended => Transition(State::empty()),
            _ => Super,
        }
    }

    fn lose(&mut self) {
        self.expires_at = None;
        self.wake_at = None;
    }

    /// A token set is held: what is in flight for it and the set itself end together.
    fn with_token(held: &mut Held, context: &mut UserOutbox, event: &UserEvent) -> Outcome<State> {
        match event {
            // The same set once more is no news, and must not be ended.
            UserEvent::Given(token) if *token == held.token => {
                context.push(UserCommand::Ignored("given"));
                Handled
            }
            UserEvent::Given(_) => {
                release(held, context);
                Super
            }
            UserEvent::Ended => {
                release(held, context);
                Transition(State::empty())
            }
            _ => Super,
        }
    }

    fn root(&mut self, context: &mut UserOutbox, event: &UserEvent) -> Outcome<State> {
        match event {
            UserEvent::Given(token) => {
                self.clear();
                let until = context.now.after(judge::UNUSED_LIFE);
                Transition(State::obtaining(Held::new(*token, until)))
            }
            _ => {
                context.push(UserCommand::Ignored(kind(event)));
                Handled
            }
        }
    }

    fn clear(&mut self) {
        self.obtained_at = None;
        self.renewed_at = None;
        self.expires_at = None;
        self.failure = None;
        self.wake_at = None;
    }
}

impl Machine {
    pub(super) fn new(seed: u64) -> Machine {
        let (obtained_at, renewed_at, expires_at) = (None, None, None);
        Machine {
            generator: Generator::new(seed),
            obtained_at,
            renewed_at,
            expires_at,
            failure: None,
            wake_at: None,
        }
    }

    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        self.wake_at
    }

    pub(super) fn status(&self, state: &State) -> UserStatus {
        UserStatus {
            state: name(state),
            obtained_at: self.obtained_at,
            renewed_at: self.renewed_at,
            expires_at: self.expires_at,
            next_at: self.wake_at,
            failure: self.failure.clone(),
        }
    }

    /// Whether the timer has come.
    fn is_due(&self, context: &UserOutbox) -> bool {
        self.wake_at.is_some_and(|at| at <= context.now)
    }

    /// A try failed: wait for the next one, or give the token set up.
    fn failed(&mut self, held: &mut Held, context: &mut UserOutbox, failure: &Failure) -> Outcome<State> {
        held.op = None;
        self.failure = Some(failure.clone());
        // It may mean the device rather than the person (reliability.md D.3), or the person wherever they are.
        let refuses_person = matches!(
            failure.cause,
            Some(Cause::AccountDisabled | Cause::NoSuchAccount | Cause::PasswordExpired | Cause::GrantEnded)
        );
        if failure.trouble.is_some() || refuses_person {
            context.push(UserCommand::Suspect(failure.clone()));
        }
        let wait = match judge::next(failure) {
            // The clock alone ends nothing, because it may be wrong: a try after the end has to fail as well.
            Next::SignIn => return give_up(held, context),
            _ if held.until <= context.now => return give_up(held, context),
            Next::Soon => {
                held.tries = held.tries.saturating_add(1);
                judge::retry_wait(failure, held.tries, self.generator.number())
            }
            Next::Later => judge::LATER,
        };
        // Never later than the token set lives: a try at its end says whether it has ended.
        self.wake_at = Some(context.now.after(wait).min(held.until));
        Handled
    }
}

fn give_up(held: &mut Held, context: &mut UserOutbox) -> Outcome<State> {
    release(held, context);
    Transition(State::lost())
}

fn release(held: &mut Held, context: &mut UserOutbox) {
    context.commands.extend(held.op.take().map(UserCommand::Cancel));
    context.push(UserCommand::Forget(held.token));
}

fn name(state: &State) -> SessionState {
    match state {
        State::Empty {} => SessionState::Empty,
        State::Obtaining { .. } => SessionState::Obtaining,
        State::Holding { .. } => SessionState::Holding,
        State::Renewing { .. } => SessionState::Renewing,
        State::Lost {} => SessionState::Lost,
    }
}

fn kind(event: &UserEvent) -> &'static str {
    match event {
        UserEvent::Given(_) => "given",
        UserEvent::Done(..) => "done",
        UserEvent::Woke => "woke",
        UserEvent::Ended => "ended",
    }
}
