//! Where everything goes on after a start: only what is durable is consulted.

use crate::commands::{Change, Command};
use crate::lanes::Step;
use crate::pins::{Pins, Unreadable};
use crate::roster::{Role, Roster};
use crate::tenancy::Tenancy;
use lifecycle::{Ask, DeviceKeys, Snapshot, Stage};
use model::{AccountPin, DomainName, Failure, IntentId, TenantId, TenantPin, Upn};
use std::collections::BTreeMap;

/// Everything that is durable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Every identity, by its role.
    pub identities: Vec<(Role, Snapshot)>,
    /// Where domains lead to.
    pub domains: BTreeMap<DomainName, TenantPin>,
    /// Which object each name was first seen with.
    pub accounts: BTreeMap<Upn, AccountPin>,
    /// Keys that were made, or decided on, ahead of time.
    pub prepared: Vec<FoundPair>,
    /// Tenants whose state is there and cannot be used: nothing is registered anew for them.
    pub blocked: BTreeMap<TenantId, Failure>,
    /// Records of domains and names that are there and cannot be read.
    pub unreadable: Unreadable,
}

/// A pair of keys that is nobody's, as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPair {
    /// The intent that they will be the keys of.
    pub id: IntentId,
    /// The keys; none where they were decided on and not made.
    pub keys: Option<DeviceKeys>,
    /// Whether they are bound to the boot state.
    pub boot_bound: bool,
}

impl Tenancy {
    pub(crate) fn restore(&mut self, found: Found) {
        let Found { identities, domains, accounts, prepared, blocked, unreadable } = found;
        self.pins = Pins { domains, accounts, unreadable };
        for (tenant, failure) in blocked {
            self.tenants.entry(tenant).or_default().blocked = Some(failure);
        }
        let taken: Vec<IntentId> =
            identities.iter().filter_map(|(_, snapshot)| intent(&snapshot.stage)).collect();
        let mut identities = identities;
        // What comes before and after it depends on the one in force.
        identities.sort_by_key(|(role, _)| *role);
        for (role, snapshot) in identities {
            self.resume(role, snapshot);
        }
        self.leads_to = self.pins.leads_to();
        self.commands.push(Command::PublishDomains(self.leads_to.clone()));
        let tenants: Vec<TenantId> = self.tenants.keys().copied().collect();
        tenants.into_iter().for_each(|tenant| self.push(Some(tenant), Step::Publish(tenant)));
        self.restore_prepared(prepared, &taken);
    }

    fn resume(&mut self, role: Role, snapshot: Snapshot) {
        let tenant = snapshot.tenant;
        let Some(config) = self.config_of(tenant) else {
            return self.commands.push(Command::Unserved(tenant));
        };
        let backend = match role {
            Role::Current => self.facts.backend,
            Role::Successor | Role::Predecessor => {
                backend_of(&snapshot.stage).or(kept_in(&snapshot.stage)).unwrap_or(self.facts.backend)
            }
        };
        let registered = matches!(snapshot.stage, Stage::Registered(_));
        let in_force = self.tenants.get(&tenant).is_some_and(Roster::is_registered);
        let blocked = self.tenants.get(&tenant).is_some_and(|roster| roster.blocked.is_some());
        let id = self.begin(&config, (role, backend), snapshot);
        let leaves = match role {
            Role::Current => false,
            // There is no place to take where the machine was leaving.
            Role::Successor => !in_force && !blocked,
            // Its place was taken and nobody could tell it yet.
            Role::Predecessor => registered,
        };
        if leaves {
            self.push(Some(tenant), Step::Tell(id, lifecycle::Event::Asked(Ask::Leave)));
        }
    }

    /// A pair that an identity names is that identity's, whatever else is on disk.
    fn restore_prepared(&mut self, found: Vec<FoundPair>, taken: &[IntentId]) {
        let (owned, free): (Vec<_>, Vec<_>) = found.into_iter().partition(|pair| taken.contains(&pair.id));
        let gone: Vec<Change> = owned.into_iter().map(|pair| Change::NoPreparedKeys(pair.id)).collect();
        if !gone.is_empty() {
            self.push(None, Step::Commit(gone));
        }
        self.take_up_prepared(free);
    }
}

/// The intent that a stage belongs to.
pub(crate) fn intent(stage: &Stage) -> Option<IntentId> {
    match stage {
        Stage::Unregistered { kept } => kept.as_ref().map(|kept| kept.0.id),
        Stage::Intent(intent)
        | Stage::KeysReady(intent, _)
        | Stage::Joining { intent, .. }
        | Stage::ReplyStored { intent, .. } => Some(intent.id),
        Stage::Registered(identity) | Stage::Leaving { identity, .. } => Some(identity.intent.id),
    }
}

/// Where the keys of a closed intent are.
fn kept_in(stage: &Stage) -> Option<model::Backend> {
    match stage {
        Stage::Unregistered { kept: Some(kept) } => Some(kept.1.device.backend),
        _ => None,
    }
}

/// The backend that made the keys of a stage, or is to make them; none where no identity hangs on them.
pub fn backend_of(stage: &Stage) -> Option<model::Backend> {
    match stage {
        Stage::Unregistered { .. } => None,
        Stage::Intent(intent) => Some(intent.backend),
        Stage::KeysReady(_, keys) | Stage::Joining { keys, .. } | Stage::ReplyStored { keys, .. } => {
            Some(keys.device.backend)
        }
        Stage::Registered(identity) | Stage::Leaving { identity, .. } => Some(identity.keys.device.backend),
    }
}
