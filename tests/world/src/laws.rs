//! What holds in every world: after each step where that is cheap, and whenever a world has come to rest.

use crate::World;
use crate::keys::PLACE;
use crate::setup::{contoso, fabrikam};
use lifecycle::{LeaveStep, LedgerKind, Snapshot, Stage, Work};
use model::{IntentId, KeyHandle, TenantId};
use std::collections::BTreeSet;
use tenancy::{Command, Found, KeysWork, Role, TenantView};

impl World {
    /// Nothing is acted upon that is not durable, and nothing irreversible that was not announced.
    pub(crate) fn judge(&self, command: &Command) {
        let acts = matches!(
            command,
            Command::Run { .. } | Command::RunKeys(..) | Command::HandOver { .. } | Command::EndSessions(_)
        );
        let broken = self.computer.not_writable.is_some();
        assert!(!(acts && broken), "it acts without a disk: {command:?}\n{}", self.told_so_far());
        if let Some(about) = tenant_of(command).filter(|_| !broken) {
            let settled = self.disk.is_settled(about);
            assert!(settled, "not durable yet: {command:?}\n{}", self.told_so_far());
        }
        let announced = match command {
            Command::Run { work, .. } => is_announced(work, self.disk.found()),
            Command::RunKeys(_, work) => keys_are_nobodys(work, self.disk.found()),
            _ => true,
        };
        assert!(announced, "not announced: {command:?}\n{}", self.told_so_far());
    }

    /// What may be found on disk, whenever the power goes.
    pub(crate) fn judge_disk(&self) {
        let found = self.disk.found();
        assert!(found.blocked.is_empty(), "{:?}", found.blocked);
        let mut owners = BTreeSet::new();
        for key in owned(found) {
            let first = owners.insert(key.public.modulus.clone());
            assert!(first, "{key:?} has two owners: {}", self.told_so_far());
        }
        for (role, successor) in &found.identities {
            let proved = matches!(&successor.stage, Stage::Registered(it) if it.verified_at.is_some());
            let in_force = self.disk.snapshot(Role::Current, successor.tenant);
            let in_force = in_force.is_some_and(|current| matches!(current.stage, Stage::Registered(_)));
            assert!(
                !(*role == Role::Successor && proved && in_force),
                "two identities are in force: {}",
                self.told_so_far()
            );
        }
    }

    /// Whoever waits has been answered, and everything that was decided is written.
    pub(crate) fn judge_rest(&self) {
        let computer = &self.computer;
        assert!(computer.waiting.is_empty(), "nobody answers {:?}: {}", computer.waiting, self.told_so_far());
        let open = computer.sign_ins.values().find(|run| !run.is_over());
        assert!(open.is_none(), "a sign-in stalls: {}", self.told_so_far());
        assert!(self.disk.is_idle(), "a commit is forgotten: {}", self.told_so_far());
        if computer.not_writable.is_none() {
            computer.views.values().for_each(|view| self.judge_stall(view));
            self.judge_sessions();
        }
    }

    /// Every person's session is of the device in force.
    fn judge_sessions(&self) {
        for ((tenant, _), run) in &self.computer.sessions {
            let device = self.identity_of(*tenant).map(|identity| identity.issued.device);
            assert_eq!(run.device, device, "a session outlives its device: {}", self.told_so_far());
        }
    }

    /// Every machine waits for time, for a person who is named, or for nothing; and says the same as the disk.
    fn judge_stall(&self, view: &TenantView) {
        let roles = [
            (Role::Current, &view.current),
            (Role::Successor, &view.successor),
            (Role::Predecessor, &view.predecessor),
        ];
        for (role, member) in roles {
            let Some(status) = member.as_ref().map(|member| &member.status) else { continue };
            let waits = status.wake_at.is_some() || status.waits_for.is_some() || status.state.is_at_rest();
            assert!(waits, "{role:?} stalls as {:?}: {}", status.state, self.told_so_far());
            let durable = self.disk.snapshot(role, view.tenant);
            let durable = durable.unwrap_or_else(|| Snapshot::absent(view.tenant));
            assert_eq!(status.snapshot.stage, durable.stage, "{role:?}: {}", self.told_so_far());
        }
    }

    /// Asserts what holds in every world that has come to rest: the directory's objects are the identities and
    /// what the ledger accounts for, no secret is held that nobody needs, and no key exists that nobody owns.
    pub fn check(&self) {
        for tenant in [contoso(), fabrikam()] {
            self.check_directory(tenant);
        }
        self.check_secrets();
        self.check_keys();
    }

    fn check_directory(&self, tenant: TenantId) {
        let roles = [Role::Current, Role::Successor, Role::Predecessor];
        let snapshots: Vec<Snapshot> =
            roles.into_iter().filter_map(|role| self.disk.snapshot(role, tenant)).collect();
        let mut objects: BTreeSet<String> = self.devices_of(tenant).into_iter().collect();
        for snapshot in &snapshots {
            match &snapshot.stage {
                Stage::Registered(identity) => {
                    let own = objects.remove(&identity.issued.device.to_string());
                    assert!(own, "an identity is not in the directory: {}", self.told_so_far());
                }
                Stage::Leaving { identity, .. } => drop(objects.remove(&identity.issued.device.to_string())),
                _ => {}
            }
        }
        let lines: Vec<_> = snapshots.iter().flat_map(|snapshot| &snapshot.ledger).collect();
        let known: BTreeSet<String> =
            lines.iter().filter_map(|line| line.device).map(|device| device.to_string()).collect();
        objects.retain(|object| !known.contains(object));
        let doubts = lines.iter().filter(|line| {
            line.device.is_none() && matches!(line.kind, LedgerKind::InDoubt | LedgerKind::UnusableReply)
        });
        assert!(objects.len() <= doubts.count(), "{objects:?} are not accounted for: {}", self.told_so_far());
    }

    /// No secret is held that nobody needs.
    pub fn check_secrets(&self) {
        let sessions = self.computer.sessions.values().filter(|run| run.status().state.as_str() != "lost");
        let waiting = self.computer.tenancy.tokens().count();
        assert!(
            waiting == 0 || self.computer.wake_at.is_some(),
            "somebody's tokens wait for nothing: {}",
            self.told_so_far()
        );
        let held = self.held();
        let needed = sessions.count() + waiting;
        assert!(held.len() <= needed, "secrets are held: {held:?}\n{}", self.told_so_far());
    }

    fn check_keys(&self) {
        let found = self.disk.found();
        let alive = self.keys.alive();
        let nobodys = |key: &&Vec<u8>| !is_owned(found, key) && !self.lost_keys.contains(*key);
        assert_eq!(alive.iter().filter(nobodys).count(), 0, "keys are nobody's: {}", self.told_so_far());
        let in_use = found.identities.iter().filter_map(|(_, snapshot)| match &snapshot.stage {
            Stage::Registered(identity) if identity.suspended.is_none() => Some(&snapshot.stage),
            _ => None,
        });
        for key in in_use.flat_map(keys_of) {
            let here = key.backend == PLACE || key.wrapped[1] == self.machine;
            let exists = alive.contains(&key.public.modulus);
            assert!(exists || !here, "{key:?} was destroyed: {}", self.told_so_far());
        }
    }

    /// Keys that were made when the power went, before anybody wrote down that they are there.
    pub(crate) fn lose_keys(&mut self) {
        let found = self.disk.found();
        self.lost_keys.extend(self.keys.alive().into_iter().filter(|key| !is_owned(found, key)));
    }

    /// Asserts that nothing of a tenant is on disk but its ledger, and no device object in its directory but those
    /// that the ledger names.
    pub fn check_left(&self, tenant: TenantId) {
        let found = self.disk.found();
        let own = found.identities.iter().filter(|(_, snapshot)| snapshot.tenant == tenant);
        for (role, snapshot) in own {
            let bare = matches!(snapshot.stage, Stage::Unregistered { retained: None });
            assert!(bare, "{role:?} is left as {:?}: {}", snapshot.stage, self.told_so_far());
        }
        let domains = found.domains.values().filter(|pin| pin.tenant == tenant).count();
        let accounts = found.accounts.values().filter(|pin| pin.tenant == tenant).count();
        assert_eq!((domains, accounts), (0, 0), "pins are left: {}", self.told_so_far());
        let sessions = self.computer.sessions.keys().filter(|(of, _)| *of == tenant).count();
        assert_eq!(sessions, 0, "sessions are left: {}", self.told_so_far());
        self.check();
    }

    /// The ids of the device objects of a tenant.
    pub fn devices_of(&self, tenant: TenantId) -> Vec<String> {
        let of = tenant.to_string();
        let devices = self.cloud().devices();
        devices.into_iter().filter(|device| device.tenant == of).map(|device| device.id).collect()
    }

    fn told_so_far(&self) -> String {
        self.trace.join("\n")
    }
}

/// The tenant whose truth a command acts upon.
fn tenant_of(command: &Command) -> Option<TenantId> {
    match command {
        Command::Run { work, .. } => intent_of(work).map(|(tenant, _)| tenant),
        Command::HandOver { account, .. } => Some(account.tenant),
        Command::EndSessions(tenant) => Some(*tenant),
        Command::Publish(view) => Some(view.tenant),
        Command::Announce(status) => Some(status.tenant),
        _ => None,
    }
}

/// Tenant and intent of a work, where it names them.
fn intent_of(work: &Work) -> Option<(TenantId, IntentId)> {
    let intent = match work {
        Work::CreateKeys(intent) | Work::ReadJoin { intent, .. } => intent,
        Work::Join(order) => &order.intent,
        Work::EnrolIntune(order) => &order.identity.intent,
        Work::Verify { identity, .. }
        | Work::CheckIn { identity, .. }
        | Work::Rebind(identity)
        | Work::Retire { identity }
        | Work::Unregister { identity, .. } => &identity.intent,
        Work::Discover { tenant, .. } | Work::Nonce { tenant } => {
            return Some((*tenant, IntentId::new(model::Guid::from_bytes([0; 16]))));
        }
        Work::CreateIntuneKey { .. } | Work::ReadEnrolment { .. } | Work::EraseKeys(_) => return None,
    };
    Some((intent.tenant, intent.id))
}

/// Whether what is on disk says that this work is about to be done.
fn is_announced(work: &Work, found: &Found) -> bool {
    let mut stages = found.identities.iter().map(|(_, snapshot)| &snapshot.stage);
    let leaves = |step: LeaveStep, id: IntentId| move |stage: &Stage| matches!(stage, Stage::Leaving { identity, step: at } if *at == step && identity.intent.id == id);
    match work {
        Work::CreateKeys(wanted) => {
            stages.any(|stage| matches!(stage, Stage::Intent(intent) if intent.id == wanted.id))
        }
        Work::Join(order) => stages
            .any(|stage| matches!(stage, Stage::Joining { request, .. } if *request == order.request)),
        Work::EnrolIntune(order) => stages.any(|stage| match stage {
            Stage::Registered(identity) => {
                matches!(&identity.intune, lifecycle::Intune::Posting { request, .. } if *request == order.request)
            }
            _ => false,
        }),
        Work::Retire { identity } => stages.any(leaves(LeaveStep::Retire, identity.intent.id)),
        Work::Unregister { identity, .. } => stages.any(leaves(LeaveStep::Unregister, identity.intent.id)),
        Work::EraseKeys(keys) => !stages.any(|stage| {
            let in_use = !matches!(stage, Stage::Leaving { .. } | Stage::Unregistered { .. });
            in_use && keys_of(stage).iter().any(|key| keys.contains(key))
        }),
        _ => true,
    }
}

/// Whether a pair that is to be made is decided on, and one that is to be destroyed is nobody's.
fn keys_are_nobodys(work: &KeysWork, found: &Found) -> bool {
    match work {
        KeysWork::Create { id, .. } => found.prepared.iter().any(|pair| pair.id == *id),
        KeysWork::Destroy(pair) => {
            let mut owned = found.identities.iter().flat_map(|(_, snapshot)| keys_of(&snapshot.stage));
            !owned.any(|key| key == pair.device || key == pair.transport)
        }
        KeysWork::Test(_) | KeysWork::Ready(_) => true,
    }
}

/// Every key that a stage names.
fn keys_of(stage: &Stage) -> Vec<KeyHandle> {
    match stage {
        Stage::Unregistered { retained: None } | Stage::Intent(_) => Vec::new(),
        Stage::Unregistered { retained: Some(it) } => vec![it.keys.device.clone(), it.keys.transport.clone()],
        Stage::KeysReady(_, keys) | Stage::Joining { keys, .. } | Stage::ReplyStored { keys, .. } => {
            vec![keys.device.clone(), keys.transport.clone()]
        }
        Stage::Registered(identity) | Stage::Leaving { identity, .. } => {
            let own = [identity.keys.device.clone(), identity.keys.transport.clone()];
            own.into_iter().chain(identity.intune.key().cloned()).collect()
        }
    }
}

/// Every key that somebody has on disk: an identity, or the pairs that were made ahead of time.
fn owned(found: &Found) -> Vec<KeyHandle> {
    let identities = found.identities.iter().flat_map(|(_, snapshot)| keys_of(&snapshot.stage));
    let pairs = found.prepared.iter().flat_map(|pair| &pair.keys);
    identities.chain(pairs.flat_map(|pair| [pair.device.clone(), pair.transport.clone()])).collect()
}

fn is_owned(found: &Found, public: &[u8]) -> bool {
    owned(found).iter().any(|key| key.public.modulus == public)
}
