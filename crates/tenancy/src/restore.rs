//! Where everything goes on after a start: only what is durable is consulted.

use crate::lanes::Step;
use crate::tenancy::Tenancy;
use accounts::Accounts;
use lifecycle::{LeaveKind, Snapshot, Stage};
use model::{IntentId, TenantId};
use tenancy_model::Roster;
use tenancy_model::{Change, Command, Found, FoundPair, Pins, Role};

impl Tenancy {
    pub(crate) fn restore(&mut self, found: Found) {
        let Found {
            identities,
            domains,
            accounts,
            local_accounts,
            offline,
            prepared,
            blocked,
            newer,
            reserved,
            ..
        } = found;
        let (mut unreadable, missing) = (found.unreadable, found.missing);
        let unread = std::mem::take(&mut unreadable.local_accounts);
        self.accounts = Accounts::found(local_accounts, unread, reserved);
        self.missing = missing.clone();
        self.pins = Pins { domains, accounts, unreadable };
        for (tenant, failure) in blocked {
            let roster = self.tenants.entry(tenant).or_default();
            (roster.blocked, roster.newer) = (Some(failure), newer.contains(&tenant));
        }
        let taken: Vec<IntentId> =
            identities.iter().filter_map(|(_, snapshot)| snapshot.stage.intent()).map(|it| it.id).collect();
        let mut identities = identities;
        // What comes before and after it depends on the one in force.
        identities.sort_by_key(|(role, _)| *role);
        for (role, snapshot) in identities {
            self.resume(role, snapshot);
        }
        self.commands.push(Command::PublishDomains(self.pins.leads_to()));
        self.commands.push(Command::PublishMissing(missing));
        let accounts = self.accounts.iter().cloned().map(Box::new).map(Command::PublishAccount);
        self.commands.extend(accounts);
        let reserved = self.accounts.reservations().cloned().map(Box::new);
        self.commands.extend(reserved.map(Command::PublishReserved));
        let tenants: Vec<TenantId> = self.tenants.keys().copied().collect();
        tenants.into_iter().for_each(|tenant| self.push(Some(tenant), Step::Publish(tenant)));
        self.restore_offline(offline);
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
                snapshot.stage.backend().or(kept_in(&snapshot.stage)).unwrap_or(self.facts.backend)
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
            self.push(Some(tenant), Step::Tell(id, lifecycle::Event::LeaveRequested(LeaveKind::Unregister)));
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

/// Where the keys of a closed intent are.
fn kept_in(stage: &Stage) -> Option<model::Backend> {
    match stage {
        Stage::Unregistered { retained: Some(it) } => Some(it.keys.device.backend),
        _ => None,
    }
}
