use crate::lanes::{Item, LaneName, Lanes, Step};
use crate::prepared_keys::PreparedKeys;
use accounts::Accounts;
use attempts::Attempts;
use lifecycle::{Device, Snapshot, Status};
use machine::{Generator, OpId, Ticket};
use model::{Backend, Failure, IntentId, TenantId, Timestamp, TokenRef, Upn};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use tenancy_model::{
    Caller, Change, Command, DomainConfig, Event, Facts, KeysWork, MemberId, MemberView, Pins, Role,
    TenantView,
};
use tenancy_model::{Member, Roster};

/// Everything that this computer decides about its identities.
///
/// What was decided and is not durable yet is never acted upon: see the lanes.
pub struct Tenancy {
    pub(crate) facts: Facts,
    pub(crate) now: Timestamp,
    pub(crate) tenants: BTreeMap<TenantId, Roster>,
    pub(crate) pins: Pins,
    pub(crate) accounts: Accounts,
    pub(crate) attempts: Attempts,
    pub(crate) offline: offline::Book,
    /// What was learnt and committed, and is not known to be durable.
    pub(crate) learning: VecDeque<(Ticket, Change)>,
    pub(crate) prepared: PreparedKeys,
    pub(crate) lanes: Lanes,
    /// The token sets that came in and are neither ended nor handed over.
    pub(crate) tokens: BTreeSet<TokenRef>,
    pub(crate) works: BTreeMap<OpId, Owner>,
    last_op: OpId,
    last_member: u64,
    pub(crate) generator: Generator,
    /// What comes out of the event that is being handled.
    pub(crate) commands: Vec<Command>,
    /// Steps for the end of the batch that is being taken apart.
    pub(crate) afterwards: Vec<Step>,
    /// Why nothing new may be registered: records were lost.
    pub(crate) missing: Option<Failure>,
    /// Why nothing can be written any more.
    pub(crate) not_writable: Option<Failure>,
    /// Whether the durable state is being read back.
    pub(crate) rereading: bool,
    /// Whether anything was asked for since the start that has to be written.
    pub(crate) asked: bool,
}

/// Whose a work in flight is.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    /// A machine's, by the name that it gave.
    Member(TenantId, MemberId, OpId),
    /// That of keys ahead of time.
    Prepared(IntentId),
    /// That of a move: whether keys can be made in the new place.
    Rekey { tenant: TenantId, caller: Caller, person: Upn, to: Backend },
}

impl Tenancy {
    /// A tenancy that waits for [`Event::Restored`]. `seed` feeds its generator of names and jitter.
    pub fn new(facts: Facts, seed: u64) -> Tenancy {
        Tenancy {
            facts,
            now: Timestamp::default(),
            tenants: BTreeMap::new(),
            pins: Pins::default(),
            accounts: Accounts::default(),
            attempts: Attempts::default(),
            offline: offline::Book::default(),
            learning: VecDeque::new(),
            prepared: PreparedKeys::default(),
            lanes: Lanes::default(),
            tokens: BTreeSet::new(),
            works: BTreeMap::new(),
            last_op: OpId(0),
            last_member: 0,
            generator: Generator::new(seed),
            commands: Vec::new(),
            afterwards: Vec::new(),
            missing: None,
            not_writable: None,
            rereading: false,
            asked: false,
        }
    }

    /// Whether nothing waits for a commit, for the destruction of keys, or to be read back.
    pub fn is_at_rest(&self) -> bool {
        self.lanes.is_empty() && !self.rereading
    }

    /// The token sets that are ours now.
    pub fn tokens(&self) -> impl Iterator<Item = TokenRef> {
        self.tokens.iter().copied()
    }

    pub(crate) fn queue(&mut self, lane: LaneName, event: Event) {
        self.lanes.queue(lane, Item::Event(event));
    }

    pub(crate) fn push(&mut self, lane: LaneName, step: Step) {
        self.lanes.push(lane, step);
    }

    /// Something to be done in the lane's turn.
    pub(crate) fn order(&mut self, lane: LaneName, command: Command) {
        self.push(lane, Step::Do(command));
    }

    /// Names a work.
    pub(crate) fn name_work(&mut self, owner: Owner) -> OpId {
        let op = self.last_op.advance();
        self.works.insert(op, owner);
        op
    }

    /// Starts a work with keys of nobody yet.
    pub(crate) fn run_keys(&mut self, lane: LaneName, owner: Owner, work: KeysWork) {
        let op = self.name_work(owner);
        self.order(lane, Command::RunKeys(op, work));
    }

    /// The configured domain whose cloud a tenant lives in: any that leads to it, else the first.
    pub(crate) fn config_of(&self, tenant: TenantId) -> Option<DomainConfig> {
        let known = self.pins.domains_of(tenant);
        let own = known.iter().find_map(|domain| self.facts.domain(domain));
        own.or(self.facts.domains.first()).cloned()
    }

    /// Starts the machine of one identity from its last durable state.
    pub(crate) fn begin(
        &mut self,
        config: &DomainConfig,
        (role, backend): (Role, Backend),
        snapshot: Snapshot,
    ) -> MemberId {
        let tenant = snapshot.tenant;
        self.last_member += 1;
        let id = MemberId(self.last_member);
        let facts = lifecycle::Facts {
            tenant,
            join_type: config.join_type,
            backend,
            binding: self.facts.binding.clone(),
            device: config.device.clone(),
            intune: config.intune,
        };
        // Few tenants have more than one identity: a place for three would be three times as much.
        let device = Box::new(Device::new(facts, self.generator.number()));
        // What is durable is known before the machine has heard of it.
        let status = Arc::new(Status { snapshot: snapshot.clone(), ..device.status() });
        let (shown, domain) = (status.clone(), config.name.clone());
        let member = Member { id, device, domain, backend, wake_at: None, status, shown };
        let roster = self.tenants.entry(tenant).or_default();
        match role {
            Role::Current => roster.current = Some(member),
            Role::Successor => roster.successor = Some(member),
            Role::Predecessor => roster.predecessor = Some(member),
        }
        self.tell(tenant, id, lifecycle::Event::Restored(snapshot));
        id
    }

    /// The tenant as it is decided; what is done with it waits in its lane.
    pub(crate) fn view(&self, tenant: TenantId) -> TenantView {
        self.view_of(tenant, |member| member.status.clone())
    }

    /// The tenant as others may see it: what is durable. A machine whose state cannot be written says so.
    pub(crate) fn shown(&self, tenant: TenantId) -> TenantView {
        self.view_of(tenant, |member| match &self.not_writable {
            None => member.shown.clone(),
            Some(failure) => {
                let failure = Some(failure.clone());
                Arc::new(Status { failure, ..member.shown.as_ref().clone() })
            }
        })
    }

    fn view_of(&self, tenant: TenantId, status: impl Fn(&Member) -> Arc<Status>) -> TenantView {
        let Some(roster) = self.tenants.get(&tenant) else { return TenantView::absent(tenant) };
        let shown = |member: &Member| MemberView { id: member.id, status: status(member) };
        TenantView {
            tenant,
            current: roster.current.as_ref().map(shown),
            successor: roster.successor.as_ref().map(shown),
            expected: roster.expected.clone(),
            predecessor: roster.predecessor.as_ref().map(shown),
            blocked: roster.blocked.clone(),
        }
    }
}
