//! A computer in a test: a disk that is slow, works that end in any order, people, operators and power cuts
//! around one [`Tenancy`].

use super::disk::Disk;
use super::laws::Laws;
use super::replies::{boot_bound, keys, reply};
use super::samples::{ASKER, Person, Setting, disk_full, failures};
use crate::{
    Answer, Caller, Change, Command, Event, KeysReply, KeysWork, OperatorRequest, PairTest, PreparedView,
    Tenancy, TenantView,
};
use accounts::{LocalFacts, ReservedAccount};
use lifecycle::{DeviceKeys, Work};
use machine::{Machine, OpId, Ticket};
use model::{Asked, DomainName, Failure, LocalAccount, Memory, ObjectId, TenantId, Timestamp, TokenRef, Upn};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// A person on the way through a sign-in.
#[derive(Debug)]
pub(super) struct OpenSignIn {
    pub(super) person: Person,
    next: Next,
    /// For whose answer it waits.
    waiting: Option<Caller>,
}

/// What a sign-in does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Ask,
    PinDomain,
    PinAccount,
    Finish,
    Leave,
}

/// For what somebody waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    Facts(Person),
    Memory(Memory),
    Taken(Person),
    Operator(OperatorRequest),
    /// A sign-in failed.
    Suspicion,
    /// To be let in.
    Account(Person),
}

pub(super) struct Computer {
    pub(super) tenancy: Tenancy,
    pub(super) setting: Setting,
    pub(super) now: Timestamp,
    pub(super) disk: Disk,
    /// Commits that are not durable yet.
    pub(super) open: VecDeque<(Ticket, Vec<Change>)>,
    pub(super) works: BTreeMap<OpId, Work>,
    pub(super) key_works: BTreeMap<OpId, KeysWork>,
    pub(super) waiting: BTreeMap<Caller, Wish>,
    pub(super) visits: Vec<OpenSignIn>,
    pub(super) answers: Vec<(Wish, Result<Answer, Failure>)>,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) views: BTreeMap<TenantId, TenantView>,
    pub(super) prepared: PreparedView,
    pub(super) leads_to: BTreeMap<DomainName, TenantId>,
    /// The accounts that every process may read.
    pub(super) local_accounts: BTreeMap<(TenantId, ObjectId), LocalAccount>,
    pub(super) reserved: BTreeMap<Upn, ReservedAccount>,
    pub(super) laws: Laws,
    /// Keys that are gone, by their public halves.
    pub(super) destroyed: BTreeSet<Vec<u8>>,
    /// Whether the disk is to be read back.
    pub(super) reread: bool,
    numbers: u64,
    pub(super) trace: Option<Vec<String>>,
}

impl Computer {
    pub(super) fn new(setting: Setting) -> Computer {
        Computer::under("", setting)
    }

    /// A computer that is judged by one law alone; by all where none is named.
    pub(super) fn under(law: &'static str, setting: Setting) -> Computer {
        let mut computer = Computer::off(law, setting);
        computer.restore();
        computer
    }

    /// A computer that is not started yet.
    pub(super) fn off(law: &'static str, setting: Setting) -> Computer {
        Computer {
            tenancy: Tenancy::new(setting.facts(), 7),
            setting,
            now: Timestamp::from_secs(1_000_000),
            disk: Disk::default(),
            open: VecDeque::new(),
            works: BTreeMap::new(),
            key_works: BTreeMap::new(),
            waiting: BTreeMap::new(),
            visits: Vec::new(),
            answers: Vec::new(),
            wake_at: None,
            views: BTreeMap::new(),
            prepared: PreparedView::default(),
            leads_to: BTreeMap::new(),
            local_accounts: BTreeMap::new(),
            reserved: BTreeMap::new(),
            laws: Laws::new(law),
            destroyed: BTreeSet::new(),
            reread: false,
            numbers: 0,
            trace: None,
        }
    }

    pub(super) fn restore(&mut self) {
        self.reread = false;
        let found = self.disk.found();
        self.feed(Event::Restored(Box::new(found)));
    }

    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn feed(&mut self, event: Event) {
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{event:?}"));
        }
        self.laws.hears(&event, &self.disk);
        let batch = self.tenancy.handle(event, self.now);
        self.wake_at = batch.wake_at;
        for command in batch.commands {
            if let Some(trace) = &mut self.trace {
                trace.push(format!("{command:?}"));
            }
            self.judge(&command);
            self.perform(command);
        }
        self.judge_rest();
    }

    fn perform(&mut self, command: Command) {
        match command {
            Command::Commit(ticket, changes) => self.open.push_back((ticket, changes)),
            Command::Run { op, work, .. } => drop(self.works.insert(op, *work)),
            Command::RunKeys(op, work) => drop(self.key_works.insert(op, work)),
            Command::Cancel(op) => drop(self.works.remove(&op)),
            Command::Answer(caller, answer) => self.answered(caller, answer),
            Command::Publish(view) => drop(self.views.insert(view.tenant, *view)),
            Command::PublishDomains(domains) => self.leads_to = domains,
            Command::PublishPrepared(view) => self.prepared = view,
            Command::PublishAccount(account) => {
                let name = (account.person.tenant, account.person.object);
                drop(self.local_accounts.insert(name, *account));
            }
            Command::PublishNoAccount(tenant, object) => {
                drop(self.local_accounts.remove(&(tenant, object)));
            }
            Command::PublishReserved(it) => drop(self.reserved.insert(it.upn.clone(), *it)),
            Command::PublishNoReserved(upn) => drop(self.reserved.remove(&upn)),
            Command::Reread => self.reread = true,
            Command::Forget(_)
            | Command::HandOver { .. }
            | Command::EndSessions(_)
            | Command::Announce(_)
            | Command::Unserved(_)
            | Command::PublishMissing(_)
            | Command::PublishOffline(..)
            | Command::NotWritable(_)
            | Command::Stop(_)
            | Command::Ignored(..) => {}
        }
    }

    fn answered(&mut self, caller: Caller, answer: Result<Answer, Failure>) {
        let Some(wish) = self.waiting.remove(&caller) else { return };
        let visit = self.visits.iter_mut().find(|visit| visit.waiting == Some(caller));
        if let Some(visit) = visit {
            visit.waiting = None;
            visit.next = match (&answer, visit.next) {
                (Ok(Answer::SignIn(facts, _)), _) if facts.pinned.is_none() => Next::PinDomain,
                (Ok(Answer::SignIn(facts, _)), _)
                    if facts.accounts.iter().all(|pin| Some(&pin.upn) != facts.asked.person()) =>
                {
                    Next::PinAccount
                }
                (Ok(Answer::SignIn(..)), _) | (Ok(Answer::Remembered), Next::PinAccount) => Next::Finish,
                (Ok(Answer::Remembered), Next::PinDomain) => Next::PinAccount,
                _ => Next::Leave,
            };
        }
        self.visits.retain(|visit| visit.next != Next::Leave);
        self.answers.push((wish, answer));
    }

    /// Somebody asks for something.
    pub(super) fn wish(&mut self, wish: Wish, event: impl FnOnce(Caller) -> Event) -> Caller {
        let caller = Caller(self.number());
        self.waiting.insert(caller, wish);
        let event = event(caller);
        self.feed(event);
        caller
    }

    pub(super) fn ask(&mut self, request: OperatorRequest) -> Caller {
        self.wish(Wish::Operator(request.clone()), |caller| Event::Asked { caller, request })
    }

    /// What the last caller who got one was told.
    pub(super) fn last_answer(&self) -> &Result<Answer, Failure> {
        &self.answers.last().unwrap().1
    }

    /// Somebody asks what their sign-in begins with, and goes no further.
    pub(super) fn signs_on(&mut self, person: Person) {
        let asked = person.upn();
        self.wish(Wish::Facts(person), |caller| Event::SignInAsked {
            caller,
            asked: Asked::Person(asked),
            asker: ASKER,
        });
    }

    /// Somebody who is checked wants to be let in.
    pub(super) fn wants_in(&mut self, person: Person, local: LocalFacts) -> Caller {
        let (local, groups) = (Box::new(local), Some(Vec::new()));
        let wanted = |caller| Event::AccountWanted { caller, person: person.account(), groups, local };
        self.wish(Wish::Account(person), wanted)
    }

    /// Somebody comes to sign in.
    pub(super) fn comes(&mut self, person: Person) {
        self.visits.push(OpenSignIn { person, next: Next::Ask, waiting: None });
    }

    /// The nth sign-in that waits for nothing goes on.
    pub(super) fn advance(&mut self, n: u8) {
        let free: Vec<usize> =
            (0..self.visits.len()).filter(|at| self.visits[*at].waiting.is_none()).collect();
        let Some(at) = nth(&free, n) else { return };
        let OpenSignIn { person, next, .. } = self.visits[at];
        let caller = Caller(self.number());
        self.visits[at].waiting = Some(caller);
        let (wish, event) = self.next_of(person, next, caller);
        self.waiting.insert(caller, wish);
        self.feed(event);
    }

    fn next_of(&mut self, person: Person, next: Next, caller: Caller) -> (Wish, Event) {
        let memory = match next {
            Next::PinDomain => Memory::Domain { domain: person.domain(), pin: person.domain_pin() },
            Next::PinAccount => Memory::Account(person.account_pin()),
            Next::Ask | Next::Leave => {
                return (
                    Wish::Facts(person),
                    Event::SignInAsked { caller, asked: Asked::Person(person.upn()), asker: ASKER },
                );
            }
            Next::Finish => {
                let token = TokenRef(self.number());
                let (asked, account) = (person.upn(), person.account());
                return (
                    Wish::Taken(person),
                    Event::SignedIn { caller, asked, asker: ASKER, account, token },
                );
            }
        };
        (Wish::Memory(memory.clone()), Event::Learnt { caller, memory })
    }

    /// Some of the open commits become durable, the oldest first.
    pub(super) fn make_durable(&mut self, n: u8) {
        let count = usize::from(n) % self.open.len().max(1) + 1;
        let mut last = None;
        for (ticket, changes) in self.open.drain(..count.min(self.open.len())) {
            self.laws.written(&changes, &mut self.disk);
            last = Some(ticket);
        }
        match last {
            Some(ticket) => self.feed(Event::Durable(ticket)),
            None if self.reread => self.restore(),
            None => {}
        }
    }

    /// The oldest open commit cannot be made durable; it may be on the disk all the same.
    pub(super) fn disk_fails(&mut self, written: bool) {
        let Some((ticket, changes)) = self.open.pop_front() else { return };
        if written {
            self.laws.written(&changes, &mut self.disk);
        }
        self.open.clear();
        self.feed(Event::NotDurable(ticket, disk_full()));
    }

    /// Ends the nth work in flight, well or with the failure of this number.
    pub(super) fn end_work(&mut self, n: u8, bad: Option<u8>) {
        let ops: Vec<OpId> = self.works.keys().copied().collect();
        let Some((op, work)) = nth(&ops, n).and_then(|op| Some((op, self.works.remove(&op)?))) else {
            return;
        };
        if let (Work::EraseKeys(keys), None) = (&work, bad) {
            self.destroyed.extend(keys.iter().map(|key| key.public.modulus.clone()));
        }
        let number = self.number();
        let result = match bad {
            Some(bad) => Err(failures(bad)),
            None => Ok(reply(&work, self.now, number)),
        };
        self.feed(Event::Done(op, result));
    }

    /// Ends the nth work with keys.
    pub(super) fn end_key_work(&mut self, n: u8, bad: Option<u8>) {
        let ops: Vec<OpId> = self.key_works.keys().copied().collect();
        let found = nth(&ops, n).and_then(|op| Some((op, self.key_works.remove(&op)?)));
        let Some((op, work)) = found else { return };
        let result = match bad {
            None => Ok(self.keys_reply(&work)),
            Some(n) => match work {
                KeysWork::Test(_) if n.is_multiple_of(2) => Ok(KeysReply::Tested(PairTest::Lost)),
                _ => Err(failures(n)),
            },
        };
        self.feed(Event::KeysDone(op, result));
    }

    fn keys_reply(&mut self, work: &KeysWork) -> KeysReply {
        let number = self.number();
        match work {
            KeysWork::Ready(_) => KeysReply::Ready,
            KeysWork::Create { id, backend } => {
                let made = keys(*id, *backend, number);
                KeysReply::Created(if self.setting.boot_bound { boot_bound(made) } else { made })
            }
            KeysWork::Test(keys) if self.destroyed.contains(&keys.device.public.modulus) => {
                KeysReply::Tested(PairTest::Lost)
            }
            KeysWork::Test(_) => KeysReply::Tested(PairTest::Usable),
            KeysWork::Destroy(keys) => {
                self.destroy(keys);
                KeysReply::Destroyed
            }
        }
    }

    fn destroy(&mut self, keys: &DeviceKeys) {
        self.destroyed.insert(keys.device.public.modulus.clone());
    }

    /// Time passes, up to the moment that was asked for if there is one.
    pub(super) fn wait(&mut self, seconds: u32) {
        let passed = self.now.after(Duration::from_secs(seconds.into()));
        self.now = self.wake_at.map_or(passed, |due| due.max(self.now));
        self.feed(Event::Woke);
    }

    /// The power is cut; some of the open commits are on the disk, and a destruction under way may be done.
    pub(super) fn crash(&mut self, n: u8, setting: Setting) {
        let written = usize::from(n) % (self.open.len() + 1);
        for (_, changes) in self.open.drain(..written) {
            self.laws.written(&changes, &mut self.disk);
        }
        let works = std::mem::take(&mut self.key_works);
        for work in works.into_values().filter(|_| n.is_multiple_of(2)) {
            if let KeysWork::Destroy(keys) = work {
                self.destroy(&keys);
            }
        }
        self.open.clear();
        self.works.clear();
        self.waiting.clear();
        self.visits.clear();
        self.views.clear();
        self.local_accounts.clear();
        self.reserved.clear();
        self.prepared = PreparedView::default();
        self.setting = setting;
        // Never that of the first start.
        let seed = 1_000 + self.number();
        self.tenancy = Tenancy::new(setting.facts(), seed);
        self.laws.crashed(&self.disk);
        self.restore();
    }
}

fn nth<T: Copy>(all: &[T], n: u8) -> Option<T> {
    all.get(usize::from(n) % all.len().max(1)).copied()
}
