//! The machine of one tenant's device identity.

use crate::samples::{facts, failure, prepared, reply, signed_in, tenant};
use crate::{Arrow, Walker, drawn, walk};
use lifecycle::{Command, Device, Event, IntuneEnrolment, LeaveKind, Snapshot, Work};
use machine::{Machine as _, OpId};
use model::{Delivery, FailureClass, Timestamp};
use std::collections::BTreeSet;

/// Every arrow that the walk found, in order; those that stay in their state are left out.
pub fn arrows() -> Vec<Arrow> {
    let mut found = BTreeSet::new();
    for policy in [IntuneEnrolment::Disabled, IntuneEnrolment::Enabled] {
        let mut restored = BTreeSet::new();
        found.extend(walk(
            || Harness::new(policy),
            |here| {
                restored.insert(restore(policy, here));
            },
        ));
        found.extend(restored);
    }
    drawn(found)
}

/// The pairs of states that an arrow joins.
pub fn transitions() -> BTreeSet<(&'static str, &'static str)> {
    arrows().into_iter().map(|arrow| (arrow.from, arrow.to)).collect()
}

/// Where a crash here leads to.
fn restore(policy: IntuneEnrolment, here: &Harness) -> Arrow {
    let mut again = Device::new(facts(policy), 1);
    drop(again.handle(Event::Restored(here.disk.clone()), here.now).commands);
    Arrow { from: "booting", event: "a snapshot is restored", to: again.status().state.as_str() }
}

#[derive(Debug, Clone, Copy)]
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

struct Harness {
    device: Device,
    disk: Snapshot,
    now: Timestamp,
    in_flight: Option<(OpId, Work)>,
    wake_at: Option<Timestamp>,
    tokens: u64,
}

impl Harness {
    fn new(policy: IntuneEnrolment) -> Harness {
        let (disk, now) = (Snapshot::absent(tenant()), Timestamp::from_secs(1_000_000));
        let device = Device::new(facts(policy), 1);
        let mut life = Harness { device, disk: disk.clone(), now, in_flight: None, wake_at: None, tokens: 0 };
        life.feed(Event::Restored(disk));
        life
    }

    fn feed(&mut self, event: Event) {
        let batch = self.device.handle(event, self.now);
        self.wake_at = batch.wake_at;
        let mut nonce = None;
        for command in batch.commands {
            match command {
                // It comes at once: that it is waited for is no state.
                Command::Run(op, work) if matches!(*work, Work::Nonce { .. }) => nonce = Some((op, work)),
                Command::Persist { snapshot, .. } => self.disk = *snapshot,
                Command::Run(op, work) => self.in_flight = Some((op, *work)),
                Command::Cancel(_) => self.in_flight = None,
                Command::Forget(_) | Command::HandOver { .. } | Command::Report(_) | Command::Ignored(_) => {}
            }
        }
        if let Some((op, work)) = nonce {
            self.feed(Event::Done(op, Ok(reply(&work, self.now, 3))));
        }
    }
}

impl Walker for Harness {
    type Move = Move;
    const MOVES: &'static [(Move, &'static str)] = &[
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

    fn state(&self) -> &'static str {
        self.device.status().state.as_str()
    }

    fn mark(&self) -> [bool; 3] {
        [self.in_flight.is_some(), self.wake_at.is_some(), false]
    }

    fn take(&mut self, step: Move) -> bool {
        let event = match step {
            Move::SignIn => {
                self.tokens += 1;
                Some(signed_in(self.tokens))
            }
            // Taken in nowhere else, and every way that begins with it would hide another.
            Move::Prepare => self.disk.stage.is_bare().then(|| Event::Prepared(Box::new(prepared(3)))),
            Move::Rebind => Some(Event::Rebind),
            Move::Leave => Some(Event::LeaveRequested(LeaveKind::Unregister)),
            Move::ForceLeave => Some(Event::LeaveRequested(LeaveKind::Force)),
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
}
