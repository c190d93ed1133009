//! A random life of one machine: sign-ins, asks, answers good and bad, crashes.

use super::laws::Laws;
use ::machine::{Machine as _, OpId};
use lifecycle::*;
use model::{Delivery, FailureClass, Nonce, Timestamp, TokenRef};
use proptest::prelude::*;
use states::samples::{facts, failure, prepared, reply, signed_in};
use std::collections::BTreeMap;
use std::time::Duration;

/// One step, chosen by the generator.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    /// Answer the work in flight well.
    Succeed,
    /// Answer it with this failure.
    Fail(u8),
    /// Let the timer come, or some time pass.
    Wait(u32),
    /// Somebody signs in.
    SignIn,
    /// Somebody of another tenant signs in.
    StrangerSignsIn,
    /// An operator asks.
    Leave(LeaveKind),
    /// A session met this failure.
    Suspect(u8),
    /// Another person of the tenant signs in.
    OtherSignsIn,
    /// An answer with an id that is not in flight.
    Stale(u64),
    /// The machine stops and starts from what is on disk.
    Crash,
    /// Keys are made ahead of time.
    Prepare,
    /// The administrator says that it is the same machine.
    Rebind,
    /// From here on a nonce does not come at once, or does again.
    Nonces(bool),
    /// The nonce comes, or does not.
    Nonce(bool),
}

/// 80 % answers to the work in flight (or the wait for its next), 10 % stale ids, 10 % unasked events.
pub(super) fn steps(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        46 => Just(Step::Succeed),
        18 => any::<u8>().prop_map(Step::Fail),
        12 => (0u32..2_000).prop_map(Step::Wait),
        8 => Just(Step::SignIn),
        8 => (0u64..60).prop_map(Step::Stale),
        1 => Just(Step::StrangerSignsIn),
        4 => Just(Step::OtherSignsIn),
        4 => any::<u8>().prop_map(Step::Suspect),
        5 => Just(Step::Leave(LeaveKind::Unregister)),
        4 => Just(Step::Leave(LeaveKind::Force)),
        9 => Just(Step::Crash),
        3 => Just(Step::Prepare),
        15 => Just(Step::Rebind),
        2 => any::<bool>().prop_map(Step::Nonces),
        6 => any::<bool>().prop_map(Step::Nonce),
    ];
    proptest::collection::vec(step, 1..longest)
}

/// What a failure byte stands for.
fn failures(n: u8) -> model::Failure {
    let classes = [
        (FailureClass::Transient, "Unreachable"),
        (FailureClass::Transient, "AADSTS90055"),
        (FailureClass::NeedsUser, "AADSTS50076"),
        (FailureClass::NeedsUser, "AADSTS50155"),
        (FailureClass::Denied, "AADSTS135011"),
        (FailureClass::Denied, "AADSTS700003"),
        (FailureClass::Denied, "error_directory_quota_exceeded"),
        (FailureClass::Gone, "error_missing_device"),
        (FailureClass::Broken, "KeyUnavailable"),
        (FailureClass::Broken, "Strange"),
        (FailureClass::Transient, "AADSTS140000"),
    ];
    let deliveries = [Delivery::NotSent, Delivery::Answered, Delivery::InDoubt];
    let (class, code) = classes[usize::from(n) % classes.len()];
    failure(class, deliveries[usize::from(n) / 16 % 3], code)
}

/// What a session may hear about the device, and what says nothing of it.
fn suspicion(n: u8) -> model::Failure {
    let codes = ["AADSTS135011", "AADSTS700003", "AADSTS50155", "KeyUnavailable", "ClonedMachine", "Strange"];
    failure(FailureClass::Denied, Delivery::Answered, codes[usize::from(n) % codes.len()])
}

/// A machine, its disk, and everything that happened.
pub(super) struct Harness {
    pub(super) device: Device,
    policy: IntuneEnrolment,
    pub(super) now: Timestamp,
    pub(super) disk: Snapshot,
    pub(super) in_flight: BTreeMap<OpId, Work>,
    pub(super) wake_at: Option<Timestamp>,
    /// Whether a nonce comes at once, as most stories have it.
    pub(super) nonces_come: bool,
    pub(super) laws: Laws,
    tokens: u64,
    pairs: u8,
    /// Every event and command; kept on request only, because printing them costs more than judging them.
    pub(super) trace: Option<Vec<String>>,
    /// The state after each event.
    pub(super) states: Vec<&'static str>,
}

impl Harness {
    pub(super) fn new(policy: IntuneEnrolment) -> Harness {
        let disk = Snapshot::absent(states::samples::tenant());
        let mut life = Harness {
            device: Device::new(facts(policy), 7),
            policy,
            now: Timestamp::from_secs(1_000_000),
            disk: disk.clone(),
            in_flight: BTreeMap::new(),
            wake_at: None,
            nonces_come: true,
            laws: Laws::default(),
            tokens: 0,
            pairs: 0,
            trace: None,
            states: vec!["booting"],
        };
        life.feed(Event::Restored(disk));
        life
    }

    pub(super) fn play(policy: IntuneEnrolment, steps: &[Step]) -> Harness {
        let mut life = Harness::new(policy);
        steps.iter().for_each(|step| life.step(*step));
        life
    }

    /// The same under one law alone.
    pub(super) fn under(law: &'static str, policy: IntuneEnrolment, steps: &[Step]) {
        let mut life = Harness::new(policy);
        life.laws = Laws::only(law);
        steps.iter().for_each(|step| life.step(*step));
    }

    /// The same, with its trace.
    pub(super) fn traced(policy: IntuneEnrolment, steps: &[Step]) -> Vec<String> {
        let mut life = Harness::new(policy);
        life.trace = Some(Vec::new());
        steps.iter().for_each(|step| life.step(*step));
        life.trace.unwrap_or_default()
    }

    fn tell(&mut self, what: &impl std::fmt::Debug) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{what:?}"));
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        match step {
            Step::Succeed => self.answer(None),
            Step::Fail(n) => self.answer(Some(failures(n))),
            Step::Wait(seconds) => self.wait(seconds),
            Step::SignIn => self.sign_in(),
            Step::StrangerSignsIn => self.stranger(),
            Step::OtherSignsIn => self.other(),
            Step::Suspect(n) => {
                self.laws.suspected(&suspicion(n));
                self.feed(Event::Suspected(suspicion(n)));
            }
            Step::Leave(ask) => {
                self.laws.asked();
                self.feed(Event::LeaveRequested(ask));
            }
            Step::Stale(n) if self.in_flight.contains_key(&OpId(n)) => {}
            Step::Stale(n) => self.stale(n),
            Step::Crash => self.crash(),
            Step::Prepare => self.prepare(),
            Step::Rebind => self.feed(Event::Rebind),
            Step::Nonces(come) => self.nonces_come = come,
            Step::Nonce(comes) => self.nonce(comes),
        }
    }

    /// Answers the oldest work in flight; without one, the timer comes, else somebody signs in.
    fn answer(&mut self, failure: Option<model::Failure>) {
        let leads_on = |(_, work): &(&OpId, &Work)| !matches!(work, Work::Nonce { .. });
        let op = self.in_flight.iter().find(leads_on).map(|(op, _)| *op);
        let Some((op, work)) = op.and_then(|op| self.in_flight.remove_entry(&op)) else {
            return if self.wake_at.is_some() { self.wait(0) } else { self.sign_in() };
        };
        self.pairs = self.pairs.wrapping_add(1);
        let result = match failure {
            Some(failure) => Err(failure),
            None => Ok(reply(&work, self.now, self.pairs)),
        };
        self.laws.answered(&work, &result);
        self.feed(Event::Done(op, result));
    }

    /// Ends the work that fetches a nonce, where there is one.
    pub(super) fn nonce(&mut self, comes: bool) {
        let fetches = |(_, work): &(&OpId, &Work)| matches!(work, Work::Nonce { .. });
        let Some(op) = self.in_flight.iter().find(fetches).map(|(op, _)| *op) else { return };
        self.in_flight.remove(&op);
        let result = match comes {
            true => Ok(Reply::Nonce(Nonce { value: "AwAB".to_owned(), at: self.now })),
            false => Err(failures(0)),
        };
        self.feed(Event::Done(op, result));
    }

    fn prepare(&mut self) {
        self.pairs = self.pairs.wrapping_add(1);
        let pair = prepared(self.pairs);
        let bare = self.disk.stage == Stage::Unregistered { retained: None };
        self.laws.prepared(&pair);
        self.feed(Event::Prepared(Box::new(pair.clone())));
        let kept =
            matches!(&self.disk.stage, Stage::Unregistered { retained: Some(it) } if it.keys == pair.keys);
        assert_eq!(bare, kept, "keys made ahead are taken exactly where there are none");
    }

    fn wait(&mut self, seconds: u32) {
        let passed = self.now.after(Duration::from_secs(seconds.into()));
        self.now = self.wake_at.map_or(passed, |due| due.max(self.now));
        self.feed(Event::Woke);
    }

    pub(super) fn sign_in(&mut self) {
        self.tokens += 1;
        self.laws.token_came(TokenRef(self.tokens));
        self.feed(signed_in(self.tokens));
    }

    fn stranger(&mut self) {
        self.tokens += 1;
        self.laws.token_came(TokenRef(self.tokens));
        let Event::SignedIn { mut account, domain, token } = signed_in(self.tokens) else { return };
        account.tenant = states::samples::id(77);
        self.feed(Event::SignedIn { account, domain, token });
    }

    fn other(&mut self) {
        self.tokens += 1;
        self.laws.token_came(TokenRef(self.tokens));
        let Event::SignedIn { mut account, domain, token } = signed_in(self.tokens) else { return };
        account.object = states::samples::id(88);
        self.feed(Event::SignedIn { account, domain, token });
    }

    fn stale(&mut self, n: u64) {
        let before = (self.device.status(), self.wake_at);
        let batch = self.device.handle(Event::Done(OpId(n), Ok(Reply::Verified)), self.now);
        assert_eq!(batch.commands, [Command::Ignored(EventKind::StaleDone)]);
        assert_eq!((self.device.status(), batch.wake_at), before, "a stale answer changes nothing");
    }

    fn crash(&mut self) {
        self.start_as(facts(self.policy));
    }

    /// Stops, and starts from what is on disk under these facts.
    pub(super) fn start_as(&mut self, facts: Facts) {
        self.laws.crashed(&self.in_flight);
        self.in_flight.clear();
        self.device = Device::new(facts, self.tokens + 99);
        self.states.push("booting");
        self.feed(Event::Restored(self.disk.clone()));
    }

    pub(super) fn feed(&mut self, event: Event) {
        self.tell(&event);
        let batch = self.device.handle(event, self.now);
        self.wake_at = batch.wake_at;
        for command in batch.commands {
            self.tell(&command);
            self.laws.judge(&command, &self.disk, self.now);
            match command {
                Command::Persist { snapshot, .. } => self.disk = *snapshot,
                Command::Run(op, work) => drop(self.in_flight.insert(op, *work)),
                Command::Cancel(op) => drop(self.in_flight.remove(&op)),
                Command::Forget(_) | Command::HandOver { .. } | Command::Report(_) | Command::Ignored(_) => {}
            }
        }
        let status = self.device.status();
        self.states.push(status.state.as_str());
        self.laws.settled(&status, &self.in_flight, self.wake_at);
        assert_eq!(status.snapshot.stage, self.disk.stage, "what is reported is what is on disk");
        if self.nonces_come {
            self.nonce(true);
        }
    }
}
