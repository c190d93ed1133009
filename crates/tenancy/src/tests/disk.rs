//! What is durable, as the store would keep it.

use super::replies::BOOT_BOUND;
use crate::{Change, Found, FoundPair, Role};
use accounts::Reservations;
use lifecycle::{DeviceKeys, Identity, Intune, IntuneIntent, Snapshot, Stage};
use model::{AccountPin, DomainName, IntentId, LocalAccount, ObjectId, TenantId, TenantPin, Upn};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Disk {
    pub(super) identities: BTreeMap<(TenantId, Role), Snapshot>,
    pub(super) domains: BTreeMap<DomainName, TenantPin>,
    pub(super) accounts: BTreeMap<Upn, AccountPin>,
    pub(super) local_accounts: BTreeMap<(TenantId, ObjectId), LocalAccount>,
    pub(super) reserved: Reservations,
    pub(super) prepared: BTreeMap<IntentId, Option<DeviceKeys>>,
    pub(super) offline_key: Option<offline::Key>,
    pub(super) verifiers: BTreeMap<(TenantId, ObjectId), offline::Verifier>,
}

impl Disk {
    pub(super) fn apply(&mut self, changes: &[Change]) {
        for change in changes.iter().cloned() {
            match change {
                Change::Identity { role, snapshot } => {
                    drop(self.identities.insert((snapshot.tenant, role), *snapshot));
                }
                Change::NoIdentity { role, tenant } => drop(self.identities.remove(&(tenant, role))),
                Change::Domain { domain, pin, .. } => drop(self.domains.insert(domain, pin)),
                Change::NoDomain(domain) => drop(self.domains.remove(&domain)),
                Change::Account(pin) => drop(self.accounts.insert(pin.upn.clone(), pin)),
                Change::NoAccount(upn) => drop(self.accounts.remove(&upn)),
                Change::LocalAccount(account) => {
                    let name = (account.person.tenant, account.person.object);
                    drop(self.local_accounts.insert(name, *account));
                }
                Change::NoLocalAccount(tenant, object) => {
                    drop(self.local_accounts.remove(&(tenant, object)));
                }
                Change::Reserved(it) => drop(self.reserved.all.insert(it.upn.clone(), *it)),
                Change::NoReserved(upn) => drop(self.reserved.all.remove(&upn)),
                Change::PreparedKeys { id, keys } => drop(self.prepared.insert(id, keys.map(|keys| *keys))),
                Change::NoPreparedKeys(id) => drop(self.prepared.remove(&id)),
                Change::Offline(change) => self.offline(change),
                Change::GiveUpMissing => {}
            }
        }
    }

    fn offline(&mut self, change: offline::Change) {
        match change {
            offline::Change::Key(key) => self.offline_key = Some(key),
            offline::Change::NoKey => self.offline_key = None,
            offline::Change::Verifier(it) => drop(self.verifiers.insert((it.tenant, it.object), *it)),
            offline::Change::NoVerifier(person) => drop(self.verifiers.remove(&person)),
        }
    }

    /// What a start finds on it.
    pub(super) fn found(&self) -> Found {
        let pair = |(id, keys): (&IntentId, &Option<DeviceKeys>)| FoundPair {
            id: *id,
            keys: keys.clone(),
            boot_bound: keys.as_ref().is_some_and(|keys| keys.device.wrapped == BOOT_BOUND),
        };
        Found {
            identities: self.identities.iter().map(|((_, role), it)| (*role, it.clone())).collect(),
            domains: self.domains.clone(),
            accounts: self.accounts.clone(),
            local_accounts: self.local_accounts.values().cloned().collect(),
            reserved: self.reserved.clone(),
            prepared: self.prepared.iter().map(pair).collect(),
            offline: offline::Found {
                key: self.offline_key.clone(),
                verifiers: self.verifiers.values().cloned().collect(),
            },
            ..Found::default()
        }
    }

    pub(super) fn stage(&self, tenant: TenantId, role: Role) -> &Stage {
        self.identities.get(&(tenant, role)).map_or(&BARE, |snapshot| &snapshot.stage)
    }

    /// The identity in force.
    pub(super) fn in_force(&self, tenant: TenantId) -> Option<&Identity> {
        match self.stage(tenant, Role::Current) {
            Stage::Registered(identity) => Some(identity),
            _ => None,
        }
    }

    /// The tenant whose identity came from this intent.
    pub(super) fn owner(&self, intent: IntentId) -> Option<(TenantId, Role)> {
        let of = |snapshot: &Snapshot| super::intent(&snapshot.stage) == Some(intent);
        self.identities.iter().find(|(_, snapshot)| of(snapshot)).map(|(place, _)| *place)
    }
}

/// What a start makes of a stage: what was only decided is dropped, and a request under way is in doubt.
pub(super) fn resumed(stage: &Stage) -> Stage {
    match stage.clone() {
        Stage::Intent(_) => BARE,
        Stage::Joining { intent, keys, .. } => Stage::KeysReady(intent, keys),
        Stage::Registered(mut identity) => {
            identity.intune = match identity.intune {
                Intune::Intent(_) => Intune::None,
                Intune::Posting { intent, key, .. } => {
                    Intune::KeyReady(IntuneIntent { in_doubt: true, ..intent }, key)
                }
                other => other,
            };
            Stage::Registered(identity)
        }
        other => other,
    }
}

pub(super) const BARE: Stage = Stage::Unregistered { retained: None };
pub(super) const ROLES: [Role; 3] = [Role::Current, Role::Successor, Role::Predecessor];
