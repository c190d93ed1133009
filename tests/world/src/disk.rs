//! The store's records in memory. A commit is decided, then written, then reported, and the power may go between
//! any two of these; several commits may share one sync, which reports the last of them.

use lifecycle::Snapshot;
use machine::Ticket;
use model::{Failure, TenantId};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use store::{RecordKey, StoreError};
use tenancy::{Change, Found, Role};

#[derive(Default)]
pub(crate) struct Disk {
    records: BTreeMap<RecordKey, Vec<u8>>,
    /// What the records say, once somebody looked.
    read: OnceCell<Found>,
    /// Decided and not written yet, in their order.
    pending: VecDeque<Commit>,
    /// How many of them the sync that goes on takes along.
    syncing: usize,
    /// Written and not reported yet.
    written: Vec<Ticket>,
    reports: VecDeque<Report>,
    /// Commits whose end nobody was told, by the tenants that they are about.
    open: BTreeMap<Ticket, BTreeSet<TenantId>>,
    /// How many more commits are written before one fails, and whether the next start finds that one nevertheless.
    fails: Option<(u64, bool)>,
    broken: bool,
    /// What failed and will be found nevertheless.
    doubtful: Vec<Change>,
    /// Commits that were written so far.
    pub(crate) writes: u64,
}

struct Commit {
    ticket: Ticket,
    changes: Vec<Change>,
}

/// What the store says of a sync.
#[derive(Debug)]
pub(crate) enum Report {
    Durable(Ticket),
    Failed(Ticket, Failure),
}

impl Disk {
    /// A commit that was decided.
    pub(crate) fn commit(&mut self, ticket: Ticket, changes: Vec<Change>) {
        self.open.insert(ticket, changes.iter().filter_map(tenant).collect());
        self.pending.push_back(Commit { ticket, changes });
    }

    /// Whether something waits to be written.
    pub(crate) fn has_work(&self) -> bool {
        !self.pending.is_empty() && !self.broken
    }

    /// Writes the next commit of the sync that goes on, or of a new one that takes all that waits along.
    pub(crate) fn write(&mut self) {
        if self.syncing == 0 {
            self.syncing = self.pending.len();
        }
        let Some(Commit { ticket, changes }) = self.pending.pop_front() else { return };
        self.syncing -= 1;
        self.writes += 1;
        self.written.push(ticket);
        match &mut self.fails {
            Some((0, stays)) => {
                self.doubtful = if *stays { changes } else { Vec::new() };
                return self.fail();
            }
            Some((left, _)) => *left -= 1,
            None => {}
        }
        changes.iter().for_each(|change| self.apply(change));
        if self.syncing == 0 {
            self.written.clear();
            self.reports.push_back(Report::Durable(ticket));
        }
    }

    /// The next thing that the store has to say.
    pub(crate) fn report(&mut self) -> Option<Report> {
        let report = self.reports.pop_front()?;
        match &report {
            Report::Durable(ticket) => self.open.retain(|open, _| open > ticket),
            Report::Failed(..) => self.open.clear(),
        }
        Some(report)
    }

    pub(crate) fn has_report(&self) -> bool {
        !self.reports.is_empty()
    }

    /// A commit fails after so many more; `stays`: the next start finds it nevertheless.
    pub(crate) fn fail_after(&mut self, commits: u64, stays: bool) {
        self.fails = Some((commits, stays));
    }

    /// No later commit fails.
    pub(crate) fn never_fail(&mut self) {
        self.fails = None;
    }

    /// Whether a commit failed.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// What was not written is gone, and the disk works again.
    pub(crate) fn restart(&mut self) {
        std::mem::take(&mut self.doubtful).iter().for_each(|change| self.apply(change));
        self.pending.clear();
        self.written.clear();
        self.reports.clear();
        self.open.clear();
        self.fails = self.fails.filter(|_| !self.broken);
        (self.syncing, self.broken) = (0, false);
    }

    /// Everything that was written, as the service reads it at its start.
    pub(crate) fn found(&self) -> &Found {
        self.read.get_or_init(|| {
            let records = self.records.iter().map(|(key, bytes)| (key.clone(), Ok(bytes.clone())));
            snapshot::found(records.collect(), None)
        })
    }

    pub(crate) fn snapshot(&self, role: Role, tenant: TenantId) -> Option<Snapshot> {
        let mut identities = self.found().identities.iter();
        let found = identities.find(|(is, snapshot)| (*is, snapshot.tenant) == (role, tenant));
        found.map(|(_, snapshot)| snapshot.clone())
    }

    /// Whether everything that was decided about this tenant is durable, and known to be.
    pub(crate) fn is_settled(&self, about: TenantId) -> bool {
        !self.open.values().any(|tenants| tenants.contains(&about))
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.broken || self.open.is_empty()
    }

    fn apply(&mut self, change: &Change) {
        self.read.take();
        match snapshot::to_change(change) {
            store::Change::Put(key, bytes) => drop(self.records.insert(key, bytes)),
            store::Change::Delete(key) => drop(self.records.remove(&key)),
            store::Change::GiveUpMissing => {}
        }
    }

    /// One sync is one answer: what it took along before may be there and is not reported either.
    fn fail(&mut self) {
        let Some(first) = self.written.first() else { return };
        let cause = std::io::Error::other("input/output error");
        let failure = snapshot::failure(&StoreError::Write { key: "device".to_owned(), cause });
        self.reports.push_back(Report::Failed(*first, failure));
        (self.broken, self.syncing) = (true, 0);
        self.pending.clear();
    }
}

fn tenant(change: &Change) -> Option<TenantId> {
    match change {
        Change::Identity { snapshot, .. } => Some(snapshot.tenant),
        Change::NoIdentity { tenant, .. } => Some(*tenant),
        Change::Domain { pin, .. } => Some(pin.tenant),
        Change::Account(pin) => Some(pin.tenant),
        Change::LocalAccount(account) => Some(account.person.tenant),
        Change::NoLocalAccount(tenant, _) => Some(*tenant),
        Change::Offline(change) => change.tenant(),
        Change::NoDomain(_)
        | Change::NoAccount(_)
        | Change::Reserved(_)
        | Change::NoReserved(_)
        | Change::PreparedKeys { .. }
        | Change::NoPreparedKeys(_)
        | Change::GiveUpMissing => None,
    }
}
