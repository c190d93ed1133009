//! What every part of the machine does: persist, run, judge answers, keep people.

use super::{Kept, Machine, State};
use crate::outbox::Outbox;
use crate::words::{
    Attempt, Command, Event, Facts, LedgerKind, LedgerLine, Milestone, Reply, Snapshot, Stage, Work,
};
use backoff::Backoff;
use model::{Account, DeviceId, DomainName, Failure, Phase, RequestId, Timestamp, TokenRef};
use statig::blocking::*;
use std::time::Duration;

/// A person who signed in, and their token set.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) domain: DomainName,
    pub(crate) token: TokenRef,
}

impl Machine {
    pub(crate) fn new(facts: Facts) -> Machine {
        let stage = Stage::Unregistered { kept: None };
        Machine {
            facts,
            stage,
            ledger: Vec::new(),
            attempts: Vec::new(),
            posts: Vec::new(),
            person: None,
            spare: None,
            failure: None,
            in_flight: None,
            leave: None,
            wake_at: None,
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            tenant: self.facts.tenant,
            stage: self.stage.clone(),
            ledger: self.ledger.clone(),
            attempts: self.attempts.clone(),
            posts: self.posts.clone(),
        }
    }

    /// Makes a stage the durable one.
    pub(crate) fn persist(&mut self, outbox: &mut Outbox, stage: Stage) {
        self.persist_because(outbox, stage, Milestone::Step);
    }

    /// The same, where more than this identity hangs on it.
    pub(crate) fn persist_because(&mut self, outbox: &mut Outbox, stage: Stage, because: Milestone) {
        self.stage = stage;
        self.forget_old_posts(outbox);
        outbox.push(Command::Persist { snapshot: Box::new(self.snapshot()), because });
    }

    /// Join requests count for a day.
    pub(crate) fn forget_old_posts(&mut self, outbox: &Outbox) {
        let day_ago = outbox.now.as_millis().saturating_sub(DAY.as_millis() as i64);
        self.posts.retain(|at| at.as_millis() > day_ago);
    }

    /// Starts a work; its end is the only answer that counts from now on.
    pub(crate) fn run(&mut self, outbox: &mut Outbox, work: Work) {
        let phase = work.phase();
        self.wake_at = None;
        self.in_flight = Some((outbox.run(work), phase));
    }

    /// The answer to the work in flight, filed as its phase's last attempt.
    pub(crate) fn answer<'e>(
        &mut self,
        outbox: &Outbox,
        event: &'e Event,
    ) -> Option<&'e Result<Reply, Failure>> {
        let (Event::Done(op, result), Some((wanted, phase))) = (event, self.in_flight) else { return None };
        if *op != wanted {
            return None;
        }
        self.in_flight = None;
        let failure = result.as_ref().err().cloned();
        let attempt = Attempt { phase, at: outbox.now, failure: failure.clone() };
        self.attempts.retain(|old| old.phase != phase);
        self.attempts.push(attempt);
        self.attempts.sort_by_key(|attempt| Phase::ALL.iter().position(|phase| *phase == attempt.phase));
        self.failure = failure;
        Some(result)
    }

    /// Ends the current person's tokens; the one who waits moves up.
    pub(crate) fn end_person(&mut self, outbox: &mut Outbox) {
        outbox.commands.extend(self.person.take().map(|person| Command::Forget(person.token)));
        self.person = self.spare.take();
    }

    /// Ends everybody's tokens.
    pub(crate) fn end_people(&mut self, outbox: &mut Outbox) {
        self.end_person(outbox);
        self.end_person(outbox);
    }

    /// Takes a person in for later; whoever waited before is ended.
    pub(crate) fn keep_spare(&mut self, outbox: &mut Outbox, person: Person) {
        let place = if self.person.is_none() { &mut self.person } else { &mut self.spare };
        outbox.commands.extend(place.replace(person).map(|old| Command::Forget(old.token)));
    }

    /// Adds a line once per request and kind.
    pub(crate) fn note(
        &mut self,
        at: Timestamp,
        request: RequestId,
        device: Option<DeviceId>,
        kind: LedgerKind,
    ) {
        if !self.ledger.iter().any(|line| line.request == request && line.kind == kind) {
            self.ledger.push(LedgerLine { at, request, device, kind });
        }
    }

    /// Sets the timer for the next try: what the server wished for, else a growing delay.
    pub(crate) fn back_off(&mut self, outbox: &mut Outbox, tries: u32, failure: &Failure) {
        let entropy = outbox.random();
        let wish = failure.retry_after.map(|wait| wait.min(HOUR));
        let wait = wish.unwrap_or_default().max(RETRY.delay(tries, entropy));
        self.wake_at = Some(outbox.now.after(wait));
    }

    /// Whether the timer has come.
    pub(crate) fn is_due(&self, outbox: &Outbox) -> bool {
        self.in_flight.is_none() && self.wake_at.is_some_and(|at| at <= outbox.now)
    }

    /// The person of a sign-in event of this tenant.
    pub(crate) fn newcomer(&self, event: &Event) -> Option<Person> {
        match event {
            Event::SignedIn { account, domain, token } if account.tenant == self.facts.tenant => {
                Some(Person { account: account.clone(), domain: domain.clone(), token: *token })
            }
            _ => None,
        }
    }
}

impl Machine {
    /// A retry is the same state entered anew, once its timer has come.
    pub(crate) fn wait_or_wake(
        &mut self,
        outbox: &mut Outbox,
        event: &Event,
        again: State,
    ) -> Outcome<State> {
        if matches!(event, Event::Woke) && self.is_due(outbox) { Transition(again) } else { Super }
    }

    /// No key, certificate or record is left; what the ledger knows stays.
    pub(crate) fn all_gone(&mut self, outbox: &mut Outbox) -> State {
        self.end_people(outbox);
        self.attempts.clear();
        self.posts.clear();
        self.failure = None;
        self.leave = None;
        self.wake_at = None;
        self.persist_because(outbox, Stage::Unregistered { kept: None }, Milestone::Left);
        State::unregistered(Kept { keys: None })
    }
}

pub(crate) const RETRY: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(300) };
/// The longest delay of [`RETRY`], for what is tried for ever.
pub(crate) const RETRY_FOREVER: u32 = 9;
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
