//! What every part of the machine does: persist, run, judge answers, keep people.

use crate::member::Next;
use crate::nonces::Nonces;
use crate::{
    Attempt, Command, Event, EventKind, Facts, LeaveKind, LedgerKind, LedgerLine, LedgerObject, Milestone,
    OpId, Phase, Reply, Snapshot, Stage, StateName, Work,
};
use backoff::Backoff;
use machine::Generator;
use model::{Account, DomainName, Failure, RequestId, Timestamp, TokenRef};
use std::time::Duration;

/// A person who signed in, and their token set.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) domain: DomainName,
    pub(crate) token: TokenRef,
}

/// What is known besides the state, and what follows from the event that is being handled.
pub(crate) struct Core {
    pub(crate) facts: Facts,
    pub(crate) ledger: Vec<LedgerLine>,
    pub(crate) attempts: Vec<Attempt>,
    /// When join requests left.
    pub(crate) posts: Vec<Timestamp>,
    /// The person whose sign-in is being used.
    pub(crate) person: Option<Person>,
    /// The newest person who signed in meanwhile.
    pub(crate) queued: Option<Person>,
    pub(crate) failure: Option<Failure>,
    /// The work whose answer leads on.
    pub(crate) in_flight: Option<(OpId, Phase)>,
    pub(crate) nonces: Nonces,
    /// A leave that waits for the end of a work with outside effect.
    pub(crate) leave: Option<LeaveKind>,
    /// When the directory was first asked about the identity; it is given a minute to know it.
    pub(crate) asked_at: Option<Timestamp>,
    /// When the directory first said, after that minute, that it does not know the device.
    pub(crate) missing_since: Option<Timestamp>,
    pub(crate) wake_at: Option<Timestamp>,
    /// What takes over once the event is handled.
    pub(crate) next: Option<Next>,
    pub(crate) now: Timestamp,
    pub(crate) last_op: OpId,
    pub(crate) generator: Generator,
    pub(crate) commands: Vec<Command>,
}

impl Core {
    pub(crate) fn new(facts: Facts, seed: u64) -> Core {
        Core {
            facts,
            ledger: Vec::new(),
            attempts: Vec::new(),
            posts: Vec::new(),
            person: None,
            queued: None,
            failure: None,
            in_flight: None,
            nonces: Nonces::default(),
            leave: None,
            asked_at: None,
            missing_since: None,
            wake_at: None,
            next: None,
            now: Timestamp::default(),
            last_op: OpId(0),
            generator: Generator::new(seed),
            commands: Vec::new(),
        }
    }

    pub(crate) fn snapshot(&self, stage: Stage) -> Snapshot {
        Snapshot {
            tenant: self.facts.tenant,
            stage,
            ledger: self.ledger.clone(),
            attempts: self.attempts.clone(),
            posts: self.posts.clone(),
        }
    }

    /// Makes a stage the durable one.
    pub(crate) fn persist(&mut self, stage: Stage) {
        self.persist_because(stage, Milestone::Step);
    }

    /// The same, where more than this identity hangs on it.
    pub(crate) fn persist_because(&mut self, stage: Stage, because: Milestone) {
        self.forget_old_posts();
        let snapshot = Box::new(self.snapshot(stage));
        self.commands.push(Command::Persist { snapshot, because });
    }

    /// Join requests count for a day.
    pub(crate) fn forget_old_posts(&mut self) {
        let day_ago = self.now.as_millis().saturating_sub(DAY.as_millis() as i64);
        self.posts.retain(|at| at.as_millis() > day_ago);
    }

    /// Starts a work; its end is the only answer that counts from now on.
    pub(crate) fn run(&mut self, work: Work) {
        self.wake_at = None;
        let op = self.last_op.advance();
        self.in_flight = Some((op, work.phase()));
        self.commands.push(Command::Run(op, Box::new(work)));
    }

    /// The answer to the work in flight, filed as its phase's last attempt.
    pub(crate) fn answer<'e>(&mut self, event: &'e Event) -> Option<&'e Result<Reply, Failure>> {
        let (Event::Done(op, result), Some((wanted, phase))) = (event, self.in_flight) else { return None };
        if *op != wanted {
            return None;
        }
        self.in_flight = None;
        self.failure = result.as_ref().err().cloned();
        self.attempts.retain(|old| old.phase != phase);
        let failure = match result {
            Ok(Reply::Documented(_, why)) => Some((**why).clone()),
            _ => self.failure.clone(),
        };
        self.attempts.push(Attempt { phase, at: self.now, failure });
        self.attempts.sort_by_key(|attempt| Phase::ALL.iter().position(|phase| *phase == attempt.phase));
        Some(result)
    }

    /// Abandons a work that only reads.
    pub(crate) fn cancel(&mut self) {
        self.commands.extend(self.in_flight.take().map(|(op, _)| Command::Cancel(op)));
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

    /// Takes a person in for later; whoever waited before is ended.
    pub(crate) fn queue(&mut self, person: Person) {
        let place = if self.person.is_none() { &mut self.person } else { &mut self.queued };
        self.commands.extend(place.replace(person).map(|old| Command::Forget(old.token)));
    }

    /// Ends the current person's tokens; the one who waits moves up.
    pub(crate) fn end_person(&mut self) {
        self.commands.extend(self.person.take().map(|person| Command::Forget(person.token)));
        self.person = self.queued.take();
    }

    /// Ends everybody's tokens.
    pub(crate) fn end_people(&mut self) {
        self.end_person();
        self.end_person();
    }

    /// Adds a line once per request and kind.
    pub(crate) fn note(&mut self, request: RequestId, object: LedgerObject<'_>, kind: LedgerKind) {
        if !self.ledger.iter().any(|line| line.request == request && line.kind == kind) {
            self.ledger.push(LedgerLine::new((self.now, request), object, kind));
        }
    }

    /// Sets the timer for the next try: what the server wished for, else a growing delay.
    pub(crate) fn back_off(&mut self, tries: u32, failure: &Failure) {
        let delay = RETRY.delay(tries, self.generator.number());
        self.rest(delay, failure);
    }

    /// Sets the timer: the delay, or the server's wish where that is longer.
    pub(crate) fn rest(&mut self, delay: Duration, failure: &Failure) {
        let wish = failure.retry_after.unwrap_or_default().min(HOUR);
        self.wake_at = Some(self.now.after(delay.max(wish)));
    }

    /// Whether the timer has come.
    pub(crate) fn is_due(&self, event: &Event) -> bool {
        let due = self.wake_at.is_some_and(|at| at <= self.now);
        *event == Event::Woke && self.in_flight.is_none() && due
    }

    /// Whether the directory has said long enough that it does not know the device; it says so now.
    pub(crate) fn is_missing(&mut self) -> bool {
        let since = *self.missing_since.get_or_insert(self.now);
        self.now.since(since) >= APART
    }

    pub(crate) fn request(&mut self) -> RequestId {
        RequestId::new(self.generator.guid())
    }

    /// Another machine takes over from the one that handles this event, as soon as it is handled.
    pub(crate) fn hand_on<S>(&mut self, next: impl FnOnce(&mut Core) -> Next) -> statig::Outcome<S> {
        self.next = Some(next(self));
        statig::Outcome::Handled
    }

    /// The same as the last word on an event.
    pub(crate) fn pass_over<S>(&mut self, event: &Event) -> statig::Outcome<S> {
        self.ignore(event);
        statig::Outcome::Handled
    }

    /// Records what nobody wanted; a token that came with it is ended.
    pub(crate) fn ignore(&mut self, event: &Event) {
        let kind = match event {
            Event::Restored(_) => EventKind::Restored,
            Event::Prepared(_) => EventKind::Prepared,
            Event::SignedIn { token, .. } => {
                self.commands.push(Command::Forget(*token));
                EventKind::SignedIn
            }
            Event::LeaveRequested(_) => EventKind::LeaveRequested,
            Event::Rebind => EventKind::Rebind,
            Event::Suspected(_) => EventKind::Suspected,
            Event::Done(..) => EventKind::StaleDone,
            Event::Woke => EventKind::Woke,
        };
        self.commands.push(Command::Ignored(kind));
    }
}

/// The view of a machine that does not know its last durable state yet.
pub(crate) const NOTHING: (StateName, Stage) = (StateName::Booting, Stage::Unregistered { retained: None });
/// How long the directory may take to know a new device.
pub(crate) const GRACE: Duration = Duration::from_secs(60);
/// How far apart two answers that it does not know it must lie to count as "deleted".
pub(crate) const APART: Duration = Duration::from_secs(600);
pub(crate) const RETRY: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_secs(300) };
/// The longest delay of [`RETRY`], for what is tried for ever.
pub(crate) const RETRY_FOREVER: u32 = 9;
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
