//! Walks the machine breadth-first with one sample of every event, to draw docs/states.md.

use crate::Device;
use crate::samples::{facts, failure, prepared, reply, signed_in};
use crate::{Ask, Command, Event, IntunePolicy, OpId, Snapshot, Stage, Work};
use ::machine::Machine as _;
use model::{Delivery, FailureClass, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One arrow: from a state, by an event, to a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The state before.
    pub from: &'static str,
    /// The event in a few words.
    pub event: &'static str,
    /// The state after.
    pub to: &'static str,
}

/// Every arrow that the walk found, in order; those that stay in their state are left out.
pub fn arrows() -> Vec<Arrow> {
    let mut found = BTreeSet::new();
    for policy in [IntunePolicy::Stay, IntunePolicy::Enrol] {
        walk(policy, &mut found);
    }
    found.into_iter().filter(|arrow| arrow.from != arrow.to).collect()
}

/// The pairs of states that an arrow joins.
pub fn transitions() -> BTreeSet<(&'static str, &'static str)> {
    arrows().into_iter().map(|arrow| (arrow.from, arrow.to)).collect()
}

/// A way to a state: the moves that lead there from the beginning.
type Way = Vec<Move>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    SignIn,
    Leave,
    ForceLeave,
    Wake,
    Succeed,
    Fail(FailureClass, Delivery, &'static str),
    Suspect(&'static str),
    Prepare,
    Rebind,
}

const MOVES: [(Move, &str); 15] = [
    (Move::SignIn, "a person signs in"),
    (Move::Leave, "leave"),
    (Move::ForceLeave, "leave --force"),
    (Move::Wake, "the timer comes"),
    (Move::Succeed, "it succeeds"),
    (Move::Fail(FailureClass::Transient, Delivery::InDoubt, "NoAnswer"), "no answer, in doubt"),
    (Move::Fail(FailureClass::NeedsUser, Delivery::Answered, "AADSTS50076"), "a person is needed"),
    (Move::Fail(FailureClass::Denied, Delivery::Answered, "Denied"), "refused"),
    (Move::Fail(FailureClass::Denied, Delivery::Answered, "AADSTS135011"), "the device is disabled"),
    (Move::Fail(FailureClass::Gone, Delivery::Answered, "Gone"), "already gone"),
    (Move::Fail(FailureClass::Broken, Delivery::Answered, "Strange"), "not understood"),
    (Move::Fail(FailureClass::Transient, Delivery::NotSent, "Unreachable"), "out of reach"),
    (Move::Suspect("AADSTS135011"), "a session hears that the device is disabled"),
    (Move::Prepare, "keys are made ahead of time"),
    (Move::Rebind, "rebind"),
];

fn walk(policy: IntunePolicy, found: &mut BTreeSet<Arrow>) {
    let mut seen = BTreeMap::new();
    let mut queue: VecDeque<Way> = VecDeque::from([Vec::new()]);
    found.insert(Arrow { from: "booting", event: "a snapshot is restored", to: "unregistered" });
    while let Some(way) = queue.pop_front() {
        let here = Walker::along(policy, &way);
        let from = here.device.status().state.as_str();
        restore(policy, &here, found);
        // Two ways to a state may differ in what it remembers; a few of each are walked.
        let visits: &mut u32 = seen.entry((from, here.before, here.busy())).or_default();
        *visits += 1;
        if *visits > WAYS || way.len() > LONGEST {
            continue;
        }
        for (step, event) in MOVES {
            let mut next = Walker::along(policy, &way);
            if next.take(step) {
                found.insert(Arrow { from, event, to: next.device.status().state.as_str() });
                queue.push_back(way.iter().copied().chain([step]).collect());
            }
        }
    }
}

/// Where a crash here leads to.
fn restore(policy: IntunePolicy, here: &Walker, found: &mut BTreeSet<Arrow>) {
    let mut again = Device::new(facts(policy), 1);
    drop(again.handle(Event::Restored(here.disk.clone()), here.now).commands);
    found.insert(Arrow {
        from: "booting",
        event: "a snapshot is restored",
        to: again.status().state.as_str(),
    });
}

struct Walker {
    device: Device,
    disk: Snapshot,
    now: Timestamp,
    in_flight: Option<(OpId, Work)>,
    wake_at: Option<Timestamp>,
    tokens: u64,
    /// The state before the last move.
    before: &'static str,
}

impl Walker {
    fn along(policy: IntunePolicy, way: &[Move]) -> Walker {
        let disk = Snapshot::absent(crate::samples::tenant());
        let device = Device::new(facts(policy), 1);
        let now = Timestamp::from_secs(1_000_000);
        let mut walker =
            Walker { device, disk: disk.clone(), now, in_flight: None, wake_at: None, tokens: 0, before: "" };
        walker.feed(Event::Restored(disk));
        for step in way {
            walker.take(*step);
        }
        walker
    }

    fn busy(&self) -> (bool, bool) {
        (self.in_flight.is_some(), self.wake_at.is_some())
    }

    /// Takes a move; false when it does not apply here.
    fn take(&mut self, step: Move) -> bool {
        self.before = self.device.status().state.as_str();
        let event = match step {
            Move::SignIn => {
                self.tokens += 1;
                Some(signed_in(self.tokens))
            }
            // Taken in nowhere else, and every way that begins with it would hide another.
            Move::Prepare => (self.disk.stage == Stage::Unregistered { kept: None })
                .then(|| Event::Prepared(Box::new(prepared(3)))),
            Move::Rebind => Some(Event::Rebind),
            Move::Leave => Some(Event::Asked(Ask::Leave)),
            Move::ForceLeave => Some(Event::Asked(Ask::ForceLeave)),
            Move::Wake => self.wake_at.map(|due| {
                self.now = due.max(self.now);
                Event::Woke
            }),
            Move::Succeed => {
                self.in_flight.take().map(|(op, work)| Event::Done(op, Ok(reply(&work, self.now, 3))))
            }
            Move::Fail(class, delivery, code) => {
                self.in_flight.take().map(|(op, _)| Event::Done(op, Err(failure(class, delivery, code))))
            }
            Move::Suspect(code) => {
                Some(Event::Suspected(failure(FailureClass::Denied, Delivery::Answered, code)))
            }
        };
        event.map(|event| self.feed(event)).is_some()
    }

    fn feed(&mut self, event: Event) {
        let batch = self.device.handle(event, self.now);
        self.wake_at = batch.wake_at;
        for command in batch.commands {
            match command {
                Command::Persist { snapshot, .. } => self.disk = *snapshot,
                Command::Run(op, work) => self.in_flight = Some((op, *work)),
                Command::Cancel(_) => self.in_flight = None,
                Command::Forget(_) | Command::HandOver { .. } | Command::Report(_) | Command::Ignored(_) => {}
            }
        }
    }
}

/// Ways to one state that are walked on.
const WAYS: u32 = 8;
/// Moves of the longest way.
const LONGEST: usize = 16;
