//! A random life of one person's session, and the laws that hold after each of its events.

use super::{HOUR, PRT_LIFE, refused};
use crate::OpId;
use crate::{SessionState, UserCommand, UserEvent, UserReply, UserSession, UserStatus, UserWork};
use ::machine::Machine as _;
use model::{Cause, Failure, FailureClass, Timestamp, TokenRef};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// One step, chosen by the generator.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Answer the work in flight well.
    Succeed,
    /// Answer it with this failure.
    Fail(u8),
    /// Let the timer come, and some time more pass.
    Wait(u32),
    /// Wake the session before its time.
    WakeEarly,
    /// The person signs in.
    Give,
    /// The token set that is held is given once more.
    GiveAgain,
    /// The machine leaves.
    End,
    /// An answer with an id that is not in flight.
    Stale(u64),
}

/// 80 % answers to the work in flight (or the wait for its next), 10 % stale ids, 10 % unasked events.
pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        36 => Just(Step::Succeed),
        30 => any::<u8>().prop_map(Step::Fail),
        14 => (0u32..2_000).prop_map(Step::Wait),
        10 => (0u64..60).prop_map(Step::Stale),
        3 => Just(Step::Give),
        2 => Just(Step::GiveAgain),
        3 => Just(Step::WakeEarly),
        2 => Just(Step::End),
    ];
    proptest::collection::vec(step, 1..80)
}

/// What a failure byte stands for.
fn failures(n: u8) -> Failure {
    let codes = [
        (FailureClass::Transient, "Unreachable"),
        (FailureClass::Transient, "AADSTS90055"),
        (FailureClass::Transient, "AADSTS90033"),
        (FailureClass::NeedsUser, "AADSTS70008"),
        (FailureClass::NeedsUser, "AADSTS50155"),
        (FailureClass::NeedsUser, "AADSTS530036"),
        (FailureClass::Denied, "AADSTS135011"),
        (FailureClass::Denied, "AADSTS50057"),
        (FailureClass::Gone, "error_missing_device"),
        (FailureClass::Broken, "KeyUnavailable"),
        (FailureClass::Broken, "Strange"),
    ];
    let (class, code) = codes[usize::from(n) % codes.len()];
    let retry_after = n.is_multiple_of(3).then(|| Duration::from_secs(u64::from(n) * 60));
    Failure { retry_after, ..refused(code, class) }
}

/// A session, and everything that happened to it.
pub(super) struct Harness {
    pub(super) session: UserSession,
    pub(super) now: Timestamp,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) in_flight: BTreeMap<OpId, UserWork>,
    pub(super) given: BTreeSet<TokenRef>,
    pub(super) ended: BTreeSet<TokenRef>,
    /// The commands of the last event.
    pub(super) last: Vec<UserCommand>,
    /// Every work, and when it began.
    pub(super) works: Vec<(Timestamp, UserWork)>,
    /// The state after each event.
    pub(super) states: Vec<&'static str>,
    /// Whether the token set that is held has got a PRT.
    has_prt: bool,
    /// Not to be asked before.
    not_before: Option<Timestamp>,
}

impl Harness {
    pub(super) fn new(seed: u64) -> Harness {
        Harness {
            session: UserSession::new(seed),
            now: Timestamp::from_secs(1_000_000),
            wake_at: None,
            in_flight: BTreeMap::new(),
            given: BTreeSet::new(),
            ended: BTreeSet::new(),
            last: Vec::new(),
            works: Vec::new(),
            states: vec!["empty"],
            has_prt: false,
            not_before: None,
        }
    }

    pub(super) fn play(steps: &[Step]) -> Harness {
        let mut life = Harness::new(7);
        steps.iter().for_each(|step| life.step(*step));
        life
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Succeed => self.succeed(),
            Step::Fail(n) => self.fail(failures(n)),
            Step::Wait(seconds) => self.wait(seconds),
            Step::WakeEarly if self.wake_at.is_none_or(|due| due > self.now) => {
                self.changes_nothing(UserEvent::Woke, "woke");
            }
            Step::Give => self.give(),
            Step::GiveAgain => {
                let held = self.given.difference(&self.ended).copied().next();
                held.into_iter().for_each(|token| self.changes_nothing(UserEvent::Given(token), "given"));
            }
            Step::End => self.end(),
            Step::Stale(n) if !self.in_flight.contains_key(&OpId(n)) => {
                let reply = UserReply::Prt { expires_at: self.now.after(PRT_LIFE) };
                self.changes_nothing(UserEvent::Done(OpId(n), Ok(reply)), "done");
                let failure = refused("AADSTS135011", FailureClass::Denied);
                self.changes_nothing(UserEvent::Done(OpId(n), Err(failure)), "done");
            }
            Step::WakeEarly | Step::Stale(_) => {}
        }
    }

    /// Answers the work in flight well; without one, the timer comes, else the person signs in.
    pub(super) fn succeed(&mut self) {
        match self.in_flight.pop_first() {
            Some((op, _)) => {
                self.has_prt = true;
                let expires_at = self.now.after(PRT_LIFE);
                self.feed(UserEvent::Done(op, Ok(UserReply::Prt { expires_at })));
                let status = self.session.status();
                assert_eq!((status.state, status.expires_at), (SessionState::Holding, Some(expires_at)));
                assert_eq!(status.failure, None);
            }
            None => self.idle(),
        }
    }

    /// Answers the work in flight with a failure; without one, the timer comes, else the person signs in.
    pub(super) fn fail(&mut self, failure: Failure) {
        let Some((op, _)) = self.in_flight.pop_first() else { return self.idle() };
        // A wish is honoured as long as there is anything to try with.
        let ends = self.session.status().expires_at;
        let wish = failure.retry_after.map(|wish| self.now.after(wish.min(HOUR)));
        self.not_before =
            wish.map(|wish| ends.filter(|ends| *ends > self.now).map_or(wish, |ends| wish.min(ends)));
        let refuses_person = matches!(
            failure.cause,
            Some(Cause::AccountDisabled | Cause::NoSuchAccount | Cause::PasswordExpired | Cause::GrantEnded)
        );
        let suspected = failure.trouble.is_some() || refuses_person;
        self.feed(UserEvent::Done(op, Err(failure.clone())));
        let suspects =
            self.last.iter().filter(|command| **command == UserCommand::Suspect(failure.clone())).count();
        assert_eq!(suspects, usize::from(suspected), "{failure:?}");
        assert_eq!(self.session.status().failure, Some(failure));
    }

    fn idle(&mut self) {
        if self.wake_at.is_some() { self.wait(0) } else { self.give() }
    }

    pub(super) fn wait(&mut self, seconds: u32) {
        let due = self.wake_at.unwrap_or(self.now).max(self.now);
        self.now = due.after(Duration::from_secs(seconds.into()));
        self.feed(UserEvent::Woke);
    }

    pub(super) fn give(&mut self) {
        let token = TokenRef(self.given.len() as u64 + 1);
        self.given.insert(token);
        (self.has_prt, self.not_before) = (false, None);
        self.feed(UserEvent::Given(token));
        assert_eq!(self.session.status().state, SessionState::Obtaining);
    }

    pub(super) fn end(&mut self) {
        self.feed(UserEvent::Ended);
        assert_eq!(self.session.status(), UserSession::new(0).status());
    }

    fn changes_nothing(&mut self, event: UserEvent, kind: &'static str) {
        let before = (self.session.status(), self.wake_at);
        let batch = self.session.handle(event, self.now);
        assert_eq!(batch.commands, [UserCommand::Ignored(kind)]);
        assert_eq!((self.session.status(), batch.wake_at), before);
    }

    fn feed(&mut self, event: UserEvent) {
        let before = self.session.status();
        let batch = self.session.handle(event, self.now);
        self.wake_at = batch.wake_at;
        for command in &batch.commands {
            match command {
                UserCommand::Run(op, work) => self.started(*op, *work),
                UserCommand::Cancel(op) => assert!(self.in_flight.remove(op).is_some()),
                UserCommand::Forget(token) => self.forgotten(*token),
                UserCommand::Suspect(_) | UserCommand::Report(_) | UserCommand::Ignored(_) => {}
            }
        }
        self.last = batch.commands;
        self.settled(&before);
    }

    fn started(&mut self, op: OpId, work: UserWork) {
        let (UserWork::Obtain { token } | UserWork::Renew { token }) = work;
        assert!(self.given.contains(&token) && !self.ended.contains(&token), "{token:?} is over");
        assert!(self.in_flight.is_empty(), "two works in flight");
        assert_eq!(matches!(work, UserWork::Renew { .. }), self.has_prt, "{work:?}");
        assert!(self.not_before.is_none_or(|at| at <= self.now), "the wish to wait was not honoured");
        self.not_before = None;
        self.in_flight.insert(op, work);
        self.works.push((self.now, work));
    }

    fn forgotten(&mut self, token: TokenRef) {
        assert!(self.given.contains(&token), "{token:?} was never given");
        assert!(self.ended.insert(token), "{token:?} ended twice");
        assert!(self.in_flight.is_empty(), "ended while it is used");
    }

    fn settled(&mut self, before: &UserStatus) {
        let status = self.session.status();
        let report = self.last.iter().position(|command| matches!(command, UserCommand::Report(_)));
        if status == *before {
            assert_eq!(report, None, "a report of no change");
        } else {
            assert_eq!(report, Some(self.last.len() - 1), "a report ends each change");
            assert_eq!(self.last.last(), Some(&UserCommand::Report(status.clone())));
        }
        let held = self.given.len() - self.ended.len();
        let (busy, timer) = (!self.in_flight.is_empty(), self.wake_at.is_some());
        match status.state {
            SessionState::Empty | SessionState::Lost => assert_eq!((held, busy, timer), (0, false, false)),
            SessionState::Holding => assert_eq!((held, busy, timer), (1, false, true)),
            SessionState::Obtaining | SessionState::Renewing => {
                assert!(held == 1 && busy != timer, "{status:?}")
            }
        }
        assert_eq!(status.next_at, self.wake_at);
        self.states.push(status.state.as_str());
    }
}
