//! One lane for each tenant and one for what belongs to none: what follows a commit is held in its lane until the
//! commit is durable, and so are the tenant's next events. Other lanes go on.

use crate::commands::{Change, Command, Ticket};
use crate::events::Event;
use crate::roster::MemberId;
use model::{Account, IntentId, TenantId, TokenRef, Upn};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A tenant's lane, or the computer's.
pub(crate) type LaneName = Option<TenantId>;

/// One thing to do, when its turn comes.
pub(crate) enum Step {
    /// Everything after it waits until these changes are durable.
    Commit(Vec<Change>),
    Do(Command),
    /// Another machine of the tenant hears this.
    Tell(MemberId, lifecycle::Event),
    /// Say how the tenant is now.
    Publish(TenantId),
    /// The pairs of keys that are nobody's are destroyed, then these changes are committed.
    DestroyPrepared(Vec<Change>),
    /// The same, once every one of them is gone.
    CommitDestroyed(Vec<Change>),
    /// The keys of a pair are on disk.
    Stored(IntentId),
    /// A registration that waited for keys has begun.
    Begun,
}

/// What a lane has to deal with.
pub(crate) enum Item {
    Event(Event),
    /// A sign-in whose caller has been answered.
    SignIn(SignIn),
}

/// A person who is checked, for the machine of their tenant.
#[derive(Debug, Clone)]
pub(crate) struct SignIn {
    pub(crate) asked: Upn,
    pub(crate) account: Account,
    pub(crate) token: TokenRef,
    /// Whether its registration waited for keys.
    pub(crate) waited: bool,
}

#[derive(Default)]
struct Lane {
    held: VecDeque<Step>,
    waiting: VecDeque<Item>,
    ticket: Option<Ticket>,
    /// Waits until no key of nobody is left.
    destroying: bool,
}

/// Every lane that has something to do.
#[derive(Default)]
pub(crate) struct Lanes {
    lanes: BTreeMap<LaneName, Lane>,
    last_ticket: u64,
    /// Lanes that may go on.
    ready: BTreeSet<LaneName>,
}

/// What a lane does next.
pub(crate) enum Next {
    Step(Step),
    Item(Item),
}

impl Lanes {
    /// Something new to deal with, after everything before it.
    pub(crate) fn queue(&mut self, name: LaneName, item: Item) {
        self.lanes.entry(name).or_default().waiting.push_back(item);
        self.ready.insert(name);
    }

    /// Something to do before the lane deals with anything else.
    pub(crate) fn push(&mut self, name: LaneName, step: Step) {
        self.lanes.entry(name).or_default().held.push_back(step);
        self.ready.insert(name);
    }

    /// Something to do next.
    pub(crate) fn push_front(&mut self, name: LaneName, step: Step) {
        self.lanes.entry(name).or_default().held.push_front(step);
        self.ready.insert(name);
    }

    /// The next thing to do in any lane that waits for nothing.
    pub(crate) fn next(&mut self) -> Option<(LaneName, Next)> {
        while let Some(name) = self.ready.first().copied() {
            if let Some(next) = self.lanes.get_mut(&name).and_then(Lane::next) {
                return Some((name, next));
            }
            self.ready.remove(&name);
            self.lanes.retain(|_, lane| lane.is_in_use());
        }
        None
    }

    /// Whether this lane has come to rest.
    pub(crate) fn is_open(&self, name: LaneName) -> bool {
        !self.lanes.contains_key(&name)
    }

    /// The lane waits for this commit from here on.
    pub(crate) fn issue(&mut self, name: LaneName) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.lanes.entry(name).or_default().ticket = Some(ticket);
        ticket
    }

    /// Every lane whose commit is not later than this one goes on.
    pub(crate) fn durable(&mut self, ticket: Ticket) {
        for (name, lane) in &mut self.lanes {
            if lane.ticket.take_if(|open| *open <= ticket).is_some() {
                self.ready.insert(*name);
            }
        }
    }

    /// The lane waits until no key of nobody is left.
    pub(crate) fn await_destruction(&mut self, name: LaneName) {
        self.lanes.entry(name).or_default().destroying = true;
    }

    /// No key of nobody is left, or none can be destroyed: whoever waited for that goes on.
    pub(crate) fn destroyed(&mut self) {
        for (name, lane) in &mut self.lanes {
            if std::mem::take(&mut lane.destroying) {
                self.ready.insert(*name);
            }
        }
    }

    /// Everything that was to be done, which nobody will do now.
    pub(crate) fn abandon(&mut self) -> (Vec<Step>, Vec<Item>) {
        self.ready.clear();
        let lanes = std::mem::take(&mut self.lanes);
        let (held, waiting): (Vec<_>, Vec<_>) =
            lanes.into_values().map(|lane| (lane.held, lane.waiting)).unzip();
        (held.into_iter().flatten().collect(), waiting.into_iter().flatten().collect())
    }
}

impl Lane {
    fn next(&mut self) -> Option<Next> {
        if self.ticket.is_some() || self.destroying {
            return None;
        }
        let step = self.held.pop_front().map(Next::Step);
        step.or_else(|| self.waiting.pop_front().map(Next::Item))
    }

    fn is_in_use(&self) -> bool {
        self.ticket.is_some() || self.destroying || !self.held.is_empty() || !self.waiting.is_empty()
    }
}
