//! The laws, judged at every event, command and write of a life.

use super::computer::{Computer, Wish};
use super::disk::{BARE, Disk, ROLES, resumed};
use crate::lanes::LaneName;
use crate::{Answer, Caller, Change, Command, Event, KeysWork, OperatorRequest, Role, TenantView};
use lifecycle::{LeaveStep, Snapshot, Stage, Work};
use machine::Ticket;
use model::{
    Account, DomainName, Failure, IntentId, Memory, ObjectId, Registration, Standing, TenantId, TokenRef, Upn,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

#[derive(Default)]
pub(super) struct Laws {
    /// The only one that is judged; all where none is named.
    only: &'static str,
    /// The disk as it will be when everything that was decided is durable.
    pub(super) decided: Disk,
    last_ticket: Option<Ticket>,
    /// The lanes that wait for a commit.
    lanes: BTreeMap<LaneName, Ticket>,
    /// The tokens that came in and have not ended.
    pub(super) tokens: BTreeSet<TokenRef>,
    owners: BTreeMap<IntentId, TenantId>,
    /// The identity that each session was given its tokens for.
    sessions: BTreeMap<(TenantId, ObjectId), IntentId>,
    answered: BTreeSet<Caller>,
    pub(super) failed: bool,
    /// The tenants that somebody asked to leave.
    leaving: BTreeSet<TenantId>,
    /// Whether a sign-in must be answered at once.
    at_once: Option<(Caller, LaneName)>,
}

impl Laws {
    pub(super) fn new(only: &'static str) -> Laws {
        Laws { only, ..Laws::default() }
    }

    /// Whether any of these is judged: finding out costs more than a life.
    fn judges(&self, names: &[&str]) -> bool {
        self.only.is_empty() || names.contains(&self.only)
    }

    #[track_caller]
    fn law(&self, name: &str, holds: bool, why: impl Debug) {
        if self.only.is_empty() || self.only == name {
            assert!(holds, "{name}: {why:?}");
        }
    }

    pub(super) fn hears(&mut self, event: &Event, disk: &Disk) {
        match event {
            Event::Durable(ticket) => self.lanes.retain(|_, open| *open > *ticket),
            Event::NotDurable(..) => {
                self.failed = true;
                self.lanes.clear();
                self.sessions.clear();
            }
            Event::Restored(_) => self.decided = disk.clone(),
            Event::SignedIn { token, .. } => drop(self.tokens.insert(*token)),
            Event::SignInAsked { caller, asked, .. } => {
                let decided = self.decided.domains.get(asked.domain());
                let lane = decided.or(disk.domains.get(asked.domain())).map(|pin| pin.tenant);
                let waits = self.lanes.contains_key(&lane) || self.lanes.contains_key(&None);
                let leaving = |it: &Snapshot| matches!(it.stage, Stage::Leaving { .. });
                let mut own = disk.identities.values().filter(|it| Some(it.tenant) == lane);
                // Whoever leaves may wait for keys that have to go.
                let leaves = lane.is_some_and(|tenant| self.leaving.contains(&tenant)) || own.any(leaving);
                self.at_once = (!waits && !leaves).then_some((*caller, lane));
            }
            Event::Asked { request: OperatorRequest::Leave { domain, .. }, .. } => {
                let pin = self.decided.domains.get(domain).or(disk.domains.get(domain));
                self.leaving.extend(pin.map(|pin| pin.tenant));
            }
            _ => {}
        }
    }

    pub(super) fn crashed(&mut self, disk: &Disk) {
        let (owners, answered) = (std::mem::take(&mut self.owners), std::mem::take(&mut self.answered));
        *self = Laws { only: self.only, answered, owners, decided: disk.clone(), ..Laws::default() };
    }

    /// A commit has reached the disk.
    pub(super) fn written(&mut self, changes: &[Change], disk: &mut Disk) {
        disk.apply(changes);
        if self.judges(&["accounts"]) {
            let accounts = || disk.local_accounts.values();
            let ids: BTreeSet<u32> = accounts().map(|it| it.uid).collect();
            let names: BTreeSet<&str> = accounts().map(|it| it.name.as_str()).collect();
            let distinct = ids.len() == accounts().count() && names.len() == accounts().count();
            self.law("accounts", distinct, ("two of a name or number", &disk.local_accounts));
        }
        if !self.judges(&["owner", "one_in_force"]) {
            return;
        }
        for ((tenant, role), snapshot) in &disk.identities {
            let Some(intent) = super::intent(&snapshot.stage) else { continue };
            let elsewhere = disk.identities.iter().filter(|(place, _)| **place != (*tenant, *role));
            let twice =
                elsewhere.filter(|(_, it)| super::intent(&it.stage) == Some(intent)).map(|(place, _)| *place);
            self.law("owner", twice.clone().count() == 0, (intent, twice.collect::<Vec<_>>()));
            self.law("owner", !disk.prepared.contains_key(&intent), ("somebody's and nobody's", intent));
            let owner = *self.owners.entry(intent).or_insert(*tenant);
            self.law("owner", owner == *tenant, ("two owners", intent, owner, tenant));
        }
        for tenant in disk.identities.keys().map(|(tenant, _)| *tenant) {
            let proved = matches!(disk.stage(tenant, Role::Successor), Stage::Registered(identity)
                if identity.verified_at.is_some());
            self.law("one_in_force", !proved || disk.in_force(tenant).is_none(), tenant);
        }
    }
}

impl Computer {
    pub(super) fn judge(&mut self, command: &Command) {
        if self.laws.failed {
            let idle = !matches!(
                command,
                Command::Commit(..)
                    | Command::Run { .. }
                    | Command::RunKeys(..)
                    | Command::HandOver { .. }
                    | Command::EndSessions(_)
                    | Command::Announce(_)
            );
            self.laws.law("failed", idle, command);
        }
        match command {
            Command::Commit(ticket, changes) => self.judge_commit(*ticket, changes),
            Command::Run { work, .. } => self.judge_run(work),
            Command::RunKeys(_, work) => self.judge_keys(work),
            Command::Forget(token) => self.judge_end(*token),
            Command::HandOver { account, token, .. } => {
                self.judge_end(*token);
                self.judge_hand_over(account);
            }
            Command::EndSessions(tenant) => {
                self.judge_lane(*tenant, command);
                self.laws.sessions.retain(|(of, _), _| of != tenant);
            }
            Command::Publish(view) => self.judge_view(view),
            Command::PublishAccount(account) => {
                let name = (account.person.tenant, account.person.object);
                let durable = self.disk.local_accounts.get(&name);
                self.laws.law("accounts", durable == Some(account), ("not durable", account, durable));
            }
            Command::PublishNoAccount(tenant, object) => {
                let durable = self.disk.local_accounts.get(&(*tenant, *object));
                self.laws.law("accounts", durable.is_none(), ("still on disk", durable));
            }
            Command::PublishReserved(reserved) => {
                let durable = self.disk.reserved.all.get(&reserved.upn);
                self.laws.law("accounts", durable == Some(reserved), ("not durable", reserved, durable));
            }
            Command::PublishNoReserved(upn) => {
                let durable = self.disk.reserved.all.get(upn);
                self.laws.law("accounts", durable.is_none(), ("still on disk", durable));
            }
            Command::Announce(status) => {
                self.judge_lane(status.tenant, command);
                let durable = self.disk.stage(status.tenant, Role::Current);
                self.laws.law("durable", status.snapshot.stage == *durable, (status, durable));
            }
            Command::Answer(caller, answer) => self.judge_answer(*caller, answer),
            _ => {}
        }
    }

    /// After every event.
    pub(super) fn judge_rest(&mut self) {
        for ((tenant, object), intent) in &self.laws.sessions {
            let current = super::intent(self.disk.stage(*tenant, Role::Current));
            self.laws.law("sessions", current == Some(*intent), ("of another device", tenant, object));
        }
        if let Some((caller, lane)) = self.laws.at_once.take() {
            // A start may have told the last machine to leave, which waits for keys that have to go.
            let mut others = self.disk.identities.values().filter(|it| Some(it.tenant) != lane);
            let last = !self.key_works.is_empty() && others.all(|it| it.stage.is_bare());
            let told = !self.waiting.contains_key(&caller);
            self.laws.law("others", told || last, ("not at once", caller));
        }
        self.judge_whole();
        if self.laws.judges(&["tokens"]) {
            let known: BTreeSet<TokenRef> = self.tenancy.tokens().collect();
            self.laws.law("tokens", known.is_subset(&self.laws.tokens), ("more than came", &known));
            let rest = self.laws.lanes.is_empty() && self.is_at_rest();
            self.laws.law("tokens", !rest || known == self.laws.tokens, ("lost", &self.laws.tokens));
        }
        if self.laws.failed {
            self.laws.law("failed", self.laws.tokens.is_empty() && self.waiting.is_empty(), &self.waiting);
        }
    }

    /// What stands for the whole computer is what is durable, and within its bounds.
    fn judge_whole(&self) {
        if !self.laws.judges(&["durable", "bound"]) {
            return;
        }
        let durable = self.disk.domains.iter().map(|(domain, pin)| (domain.clone(), pin.tenant));
        let durable: BTreeMap<_, _> = durable.collect();
        let same = self.leads_to == durable || self.reread;
        self.laws.law("durable", same, ("domains", &self.leads_to, durable));
        let making = self.key_works.values().filter(|work| matches!(work, KeysWork::Create { .. })).count();
        let (making, most) = (making.max(self.prepared.being_made), self.setting.most_prepared);
        let facts = self.setting.facts();
        let registering = facts.domains.iter().filter(|it| it.registration != Registration::Off).count();
        let all = self.prepared.ready + making;
        self.laws.law("bound", all <= most.min(registering) && making <= 1, (self.prepared, making));
    }

    fn is_at_rest(&self) -> bool {
        self.waiting.is_empty() && self.works.is_empty() && self.key_works.is_empty()
    }

    fn judge_lane(&self, tenant: TenantId, what: &impl Debug) {
        self.laws.law("durable", !self.laws.lanes.contains_key(&Some(tenant)), what);
    }

    fn judge_commit(&mut self, ticket: Ticket, changes: &[Change]) {
        let next = self.laws.last_ticket.is_none_or(|last| ticket.0 == last.0 + 1);
        self.laws.law("tickets", next, (self.laws.last_ticket, ticket));
        self.laws.last_ticket = Some(ticket);
        let lane = lane_of(changes, &self.laws.decided);
        self.laws.law("tickets", !self.laws.lanes.contains_key(&lane), ("two at once in", lane));
        self.laws.lanes.insert(lane, ticket);
        let judged = self.laws.judges(&["one_commit", "proved", "endings", "pins"]);
        let before = judged.then(|| self.laws.decided.clone());
        self.laws.decided.apply(changes);
        if let (Some(tenant), Some(before)) = (lane, before) {
            self.judge_succession(tenant, changes, &before);
            self.judge_endings(tenant, &before);
        }
    }

    /// Laws about a successor that takes the place of the one in force.
    fn judge_succession(&self, tenant: TenantId, changes: &[Change], before: &Disk) {
        let after = &self.laws.decided;
        let intent = |disk: &Disk, role| super::intent(disk.stage(tenant, role));
        let (old, new) = (intent(before, Role::Current), intent(after, Role::Current));
        let took = new.is_some() && new == intent(before, Role::Successor);
        let came = intent(after, Role::Predecessor);
        self.laws.law(
            "one_commit",
            came.is_none() || came == intent(before, Role::Predecessor) || took,
            came,
        );
        if !took {
            return;
        }
        let proved =
            matches!(after.stage(tenant, Role::Current), Stage::Registered(it) if it.verified_at.is_some());
        self.laws.law("proved", proved && before.in_force(tenant).is_some(), (tenant, changes));
        let kept = before.stage(tenant, Role::Current) == after.stage(tenant, Role::Predecessor);
        let gone = !after.identities.contains_key(&(tenant, Role::Successor));
        self.laws.law("one_commit", kept && gone && changes.len() == 3, (old, changes));
        let free = *before.stage(tenant, Role::Predecessor) == BARE;
        self.laws.law("endings", free, ("its predecessor is still there", tenant));
    }

    /// Only a leave ends an identity, and takes what was learnt of the tenant along.
    fn judge_endings(&self, tenant: TenantId, before: &Disk) {
        let after = &self.laws.decided;
        let took = super::intent(after.stage(tenant, Role::Current));
        let moved = took.is_some() && took == super::intent(before.stage(tenant, Role::Successor));
        for role in ROLES.into_iter().filter(|_| !moved) {
            let (old, new) = (before.stage(tenant, role), after.stage(tenant, role));
            let may_end = match old {
                Stage::Unregistered { .. } | Stage::Intent(_) => true,
                Stage::Leaving { step, .. } => *step == LeaveStep::Erase,
                _ => false,
            };
            let ended = *new == BARE && *old != BARE;
            self.laws.law("endings", !ended || may_end, (tenant, role, old));
            let nothing = ROLES.iter().all(|role| *after.stage(tenant, *role) == BARE);
            if ended && nothing && matches!(old, Stage::Leaving { .. }) {
                let domains = after.domains.values().any(|pin| pin.tenant == tenant);
                let accounts = after.accounts.values().any(|pin| pin.tenant == tenant);
                let here = after.local_accounts.keys().any(|(of, _)| *of == tenant);
                self.laws.law("pins", !domains && !accounts && !here, ("pins stay", tenant));
            }
        }
    }

    fn judge_run(&self, work: &Work) {
        if let Some(tenant) = tenant_of(work, &self.disk) {
            self.judge_lane(tenant, &work);
        }
        if let Work::EraseKeys(keys) = work {
            let owned = keys.iter().all(|key| !self.laws.decided.prepared.contains_key(&key.intent));
            self.laws.law("owner", owned, ("nobody's keys are erased", work));
        }
    }

    fn judge_keys(&self, work: &KeysWork) {
        match work {
            KeysWork::Ready(_) => {}
            KeysWork::Create { id, .. } => {
                let decided = self.disk.prepared.get(id) == Some(&None);
                self.laws.law("durable", decided, ("not decided", id));
            }
            KeysWork::Test(keys) | KeysWork::Destroy(keys) => {
                let id = keys.device.intent;
                let known = self.disk.prepared.get(&id) == Some(&Some(keys.clone()));
                self.laws.law("durable", known, ("not on disk", keys));
                let owner = self.laws.decided.owner(id).or(self.disk.owner(id));
                self.laws.law("owner", owner.is_none(), ("somebody's keys", owner, work));
            }
        }
    }

    fn judge_end(&mut self, token: TokenRef) {
        let came = self.laws.tokens.remove(&token);
        self.laws.law("tokens", came, ("ended twice", token));
    }

    fn judge_hand_over(&mut self, account: &Account) {
        let tenant = account.tenant;
        self.judge_lane(tenant, &account);
        let identity = self.disk.in_force(tenant);
        let verified = identity.filter(|it| it.verified_at.is_some() && it.suspended.is_none());
        self.laws.law("durable", verified.is_some(), ("no identity to hand over to", account));
        let Some(intent) = verified.map(|identity| identity.intent.id) else { return };
        let others = self.laws.sessions.iter().filter(|((of, _), _)| *of == tenant);
        let old = others.filter(|(_, other)| **other != intent).count();
        self.laws.law("sessions", old == 0, ("before the old ones ended", account));
        self.laws.sessions.insert((tenant, account.object), intent);
    }

    /// What is published is what is durable.
    fn judge_view(&self, view: &TenantView) {
        self.judge_lane(view.tenant, &("view", view.tenant));
        if !self.laws.judges(&["views", "failed"]) {
            return;
        }
        let members = [&view.current, &view.successor, &view.predecessor];
        for (role, member) in ROLES.into_iter().zip(members) {
            let durable = self.disk.stage(view.tenant, role);
            match member {
                Some(member) => {
                    let shown = &member.status.snapshot.stage;
                    let same = shown == durable || self.laws.failed && *shown == resumed(durable);
                    self.laws.law("views", same, (view.tenant, role, shown, durable));
                    let why = member.status.failure.is_some();
                    self.laws.law("failed", !self.laws.failed || why, ("no failure", view.tenant));
                }
                None => self.laws.law("views", *durable == BARE, (view.tenant, role, "absent", durable)),
            }
        }
    }

    fn judge_answer(&mut self, caller: Caller, answer: &Result<Answer, Failure>) {
        let first = self.laws.answered.insert(caller);
        self.laws.law("callers", first && self.waiting.contains_key(&caller), ("twice", caller, answer));
        let Some(wish) = self.waiting.get(&caller).cloned() else { return };
        let Ok(answer) = answer else { return };
        match (wish, answer) {
            (Wish::Facts(person), Answer::SignIn(facts, _)) if !self.laws.failed => {
                let pinned = self.disk.domains.get(&person.domain());
                self.laws.law("durable", facts.pinned.as_ref() == pinned, ("facts", facts, pinned));
                let own = facts.accounts.iter().find(|pin| pin.upn == person.upn());
                self.laws.law("durable", own == self.disk.accounts.get(&person.upn()), ("account", own));
                let proves = facts.standing == Standing::Registered;
                let in_force = pinned.is_some_and(|pin| self.disk.in_force(pin.tenant).is_some());
                self.laws.law("durable", !proves || in_force, ("standing", person));
            }
            (Wish::Memory(Memory::Domain { domain, pin }), _) => {
                self.laws.law("durable", self.disk.domains.get(&domain) == Some(&pin), domain);
            }
            (Wish::Memory(Memory::Account(pin)), _) => {
                self.laws.law("durable", self.disk.accounts.get(&pin.upn) == Some(&pin), pin);
            }
            (Wish::Taken(person), _) if !self.laws.failed => self.judge_lane(person.tenant(), &answer),
            _ => {}
        }
    }
}

/// The lane that changes are committed in.
fn lane_of(changes: &[Change], before: &Disk) -> LaneName {
    let domain = |domain: &DomainName| before.domains.get(domain).map(|pin| pin.tenant);
    let account =
        |name: &Upn| before.accounts.get(name).map(|pin| pin.tenant).or_else(|| domain(name.domain()));
    changes.iter().find_map(|change| match change {
        Change::Identity { snapshot, .. } => Some(snapshot.tenant),
        Change::NoIdentity { tenant, .. } => Some(*tenant),
        Change::Domain { pin, .. } => Some(pin.tenant),
        Change::Account(pin) => Some(pin.tenant),
        Change::NoDomain(name) => domain(name),
        Change::NoAccount(name) => account(name),
        Change::LocalAccount(account) => Some(account.person.tenant),
        Change::NoLocalAccount(tenant, _) => Some(*tenant),
        Change::Reserved(reserved) => domain(reserved.upn.domain()),
        Change::NoReserved(name) => account(name),
        Change::Offline(change) => change.tenant(),
        Change::PreparedKeys { .. } | Change::NoPreparedKeys(_) | Change::GiveUpMissing => None,
    })
}

fn tenant_of(work: &Work, disk: &Disk) -> Option<TenantId> {
    match work {
        Work::Discover { tenant, .. } | Work::Nonce { tenant } => Some(*tenant),
        Work::CreateKeys(intent) | Work::ReadJoin { intent, .. } => Some(intent.tenant),
        Work::Join(order) => Some(order.intent.tenant),
        Work::CreateIntuneKey { intent, .. } => Some(intent.owner.tenant),
        Work::EnrolIntune(order) => Some(order.identity.intent.tenant),
        Work::Verify { identity, .. }
        | Work::CheckIn { identity, .. }
        | Work::Rebind(identity)
        | Work::Retire { identity }
        | Work::Unregister { identity, .. } => Some(identity.intent.tenant),
        Work::EraseKeys(keys) => keys.iter().find_map(|key| disk.owner(key.intent)).map(|(tenant, _)| tenant),
        Work::ReadEnrolment { .. } => None,
    }
}
