//! What was learnt of domains and people, and reading everything back at the start.

use crate::role::Role;
use crate::spare::Spare;
use lifecycle::{Snapshot, Stage};
use model::{Backend, DomainName, Failure, FailureClass, TenantId, Upn, Who};
use signin::{AccountPin, Memory, TenantPin};
use std::collections::{BTreeMap, BTreeSet};
use store::record::{self, Versioned};
use store::{Change, RecordKey, SCHEMA, Store, StoreError};

/// What was learnt of domains and people.
#[derive(Default)]
pub(crate) struct Pins {
    pub(crate) domains: BTreeMap<DomainName, TenantPin>,
    pub(crate) accounts: BTreeMap<Upn, AccountPin>,
    /// Records that are there and cannot be read: nobody signs in past one of them.
    unreadable: BTreeMap<RecordKey, Failure>,
}

impl Pins {
    /// Why this person cannot sign in, if a record about them or their domain cannot be read.
    pub(crate) fn obstacle(&self, asked: &Upn) -> Option<Failure> {
        let domain = RecordKey::Domain(asked.domain().clone());
        let account = RecordKey::Account(asked.clone());
        self.unreadable.get(&domain).or_else(|| self.unreadable.get(&account)).cloned()
    }

    /// Takes in what a session learnt.
    pub(crate) fn learn(&mut self, memory: Memory) {
        match memory {
            Memory::Domain { domain, pin } => drop(self.domains.insert(domain, pin)),
            Memory::Account(pin) => drop(self.accounts.insert(pin.upn.clone(), pin)),
            Memory::ForgetAccount(upn) => {
                self.accounts.remove(&upn);
                self.unreadable.remove(&RecordKey::Account(upn));
            }
        }
    }

    /// Forgets all of a tenant that was left; the changes make that durable.
    pub(crate) fn forget_tenant(&mut self, tenant: TenantId) -> Vec<Change> {
        let names = self.accounts.values().filter(|pin| pin.tenant == tenant).map(|pin| pin.upn.clone());
        let mut keys: Vec<RecordKey> = names.map(RecordKey::Account).collect();
        let domains = self.domains.iter().filter(|(_, pin)| pin.tenant == tenant);
        keys.extend(domains.map(|(domain, _)| RecordKey::Domain(domain.clone())));
        self.accounts.retain(|_, pin| pin.tenant != tenant);
        self.domains.retain(|_, pin| pin.tenant != tenant);
        keys.into_iter().map(Change::Delete).collect()
    }

    fn read(&mut self, key: RecordKey, bytes: Result<Vec<u8>, StoreError>) {
        let read = bytes.and_then(|bytes| match &key {
            RecordKey::Domain(domain) => {
                domain_pin(&key, &bytes).map(|pin| drop(self.domains.insert(domain.clone(), pin)))
            }
            RecordKey::Account(upn) => {
                account_pin(&key, upn, &bytes).map(|pin| drop(self.accounts.insert(upn.clone(), pin)))
            }
            _ => Ok(()),
        });
        if let Err(error) = read {
            tracing::error!(%error, "A record cannot be read");
            self.unreadable.insert(key, failure(&error));
        }
    }
}

/// Everything the store holds.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) pins: Pins,
    pub(crate) snapshots: Vec<(Role, Snapshot)>,
    pub(crate) spare: Spare,
    /// Tenants whose state is there and cannot be used: nothing is registered anew for them.
    pub(crate) blocked: BTreeMap<TenantId, Failure>,
}

/// Reads the whole store; one unreadable record blocks what it is about and nothing else.
pub(crate) fn read(store: &mut dyn Store) -> Result<Found, StoreError> {
    let mut found = Found::default();
    for (key, bytes) in store.list()? {
        let Some((role, tenant)) = role_of(&key) else {
            match &key {
                RecordKey::Foreign(name) => {
                    tracing::warn!(%name, "A record of another version is kept as it is")
                }
                RecordKey::Spare => found.spare = spare(bytes),
                _ => found.pins.read(key, bytes),
            }
            continue;
        };
        match bytes.and_then(|bytes| device(&key, &bytes)) {
            Ok(snapshot) => found.snapshots.push((role, snapshot)),
            Err(error) => {
                tracing::error!(%tenant, %error, "The stored identity cannot be read; it is kept as it is");
                // One that is not in force yet, or not any more, hinders nobody.
                if role == Role::Current {
                    found.blocked.insert(tenant, failure(&error));
                }
            }
        }
    }
    Ok(found)
}

/// Which backends made the keys of identities, the unfinished ones too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Those in force, or about to be for the first time.
    pub in_force: BTreeSet<Backend>,
    /// Those that come before and after one in force.
    pub others: BTreeSet<Backend>,
}

/// The backends that the store names.
///
/// # Errors
/// Only when the store as a whole cannot be read; a damaged record is named when the driver starts.
pub fn recorded_backends(store: &mut dyn Store) -> Result<Recorded, StoreError> {
    let mut recorded = Recorded::default();
    for (key, bytes) in store.list()? {
        let Some((role, _)) = role_of(&key) else { continue };
        let Ok(snapshot) = bytes.and_then(|bytes| device(&key, &bytes)) else { continue };
        match role {
            Role::Current => recorded.in_force.extend(backend_of(&snapshot.stage)),
            _ => recorded.others.extend(backend_of(&snapshot.stage)),
        }
    }
    Ok(recorded)
}

fn role_of(key: &RecordKey) -> Option<(Role, TenantId)> {
    match key {
        RecordKey::Device(tenant) => Some((Role::Current, *tenant)),
        RecordKey::Successor(tenant) => Some((Role::Successor, *tenant)),
        RecordKey::Predecessor(tenant) => Some((Role::Predecessor, *tenant)),
        _ => None,
    }
}

/// Spare keys of a refused registration bind nobody: they are dropped where another backend is chosen.
pub fn backend_of(stage: &Stage) -> Option<Backend> {
    match stage {
        Stage::Unregistered { .. } => None,
        Stage::Intent(intent) => Some(intent.backend),
        Stage::KeysReady(_, keys) | Stage::Joining { keys, .. } | Stage::ReplyStored { keys, .. } => {
            Some(keys.device.backend)
        }
        Stage::Registered(identity) | Stage::Leaving { identity, .. } => Some(identity.keys.device.backend),
    }
}

/// What a session learnt as a change of the store.
pub(crate) fn change(memory: &Memory, now: i64) -> Change {
    match memory {
        Memory::Domain { domain, pin } => {
            let record = record::Domain {
                schema: SCHEMA,
                tenant: pin.tenant.to_string(),
                issuer: pin.issuer.clone(),
                learnt_at: now,
            };
            Change::Put(RecordKey::Domain(domain.clone()), record.encode())
        }
        Memory::Account(pin) => {
            let record = record::Account {
                schema: SCHEMA,
                tenant: pin.tenant.to_string(),
                object: pin.object.to_string(),
                first_seen: now,
            };
            Change::Put(RecordKey::Account(pin.upn.clone()), record.encode())
        }
        Memory::ForgetAccount(upn) => Change::Delete(RecordKey::Account(upn.clone())),
    }
}

/// A store that refuses, as a failure for people.
pub(crate) fn failure(error: &StoreError) -> Failure {
    let (code, advice) = match error {
        StoreError::Newer { .. } => ("StateNewer", "Install the newer Firmament again; nothing was changed."),
        StoreError::Damaged { .. } => (
            "StateDamaged",
            "Restore the state directory from a backup, or leave with --force; nothing was changed.",
        ),
        StoreError::Write { .. } | StoreError::ReadOnly(_) => {
            ("StateNotWritable", "Free space on the disk or make it writable, then restart firmamentd.")
        }
        _ => ("State", "See the log of firmamentd."),
    };
    Failure::local(FailureClass::Broken, Who::MachineAdmin, code, error.to_string(), advice)
}

pub(crate) fn device(key: &RecordKey, bytes: &[u8]) -> Result<Snapshot, StoreError> {
    let record = record::Device::decode(key, bytes)?;
    snapshot::from_record(&record).map_err(|error| damaged(key, &error.to_string()))
}

/// Keys that nobody has a claim to are no loss.
fn spare(bytes: Result<Vec<u8>, StoreError>) -> Spare {
    let key = RecordKey::Spare;
    let read = bytes.and_then(|bytes| record::PreparedKeys::decode(&key, &bytes)).and_then(|record| {
        snapshot::prepared_from_record(&record).map_err(|error| damaged(&key, &error.to_string()))
    });
    match read {
        Ok((id, keys)) => Spare::new(id, keys),
        Err(error) => {
            tracing::warn!(%error, "The keys made ahead of time cannot be read and are made anew");
            Spare::None
        }
    }
}

fn domain_pin(key: &RecordKey, bytes: &[u8]) -> Result<TenantPin, StoreError> {
    let record = record::Domain::decode(key, bytes)?;
    let tenant = record.tenant.parse().map_err(|_| damaged(key, "tenant is no GUID"))?;
    Ok(TenantPin { tenant, issuer: record.issuer })
}

fn account_pin(key: &RecordKey, upn: &Upn, bytes: &[u8]) -> Result<AccountPin, StoreError> {
    let record = record::Account::decode(key, bytes)?;
    let tenant = record.tenant.parse().map_err(|_| damaged(key, "tenant is no GUID"))?;
    let object = record.object.parse().map_err(|_| damaged(key, "object is no GUID"))?;
    Ok(AccountPin { upn: upn.clone(), tenant, object })
}

fn damaged(key: &RecordKey, why: &str) -> StoreError {
    StoreError::Damaged { key: key.to_string(), why: why.to_owned() }
}
