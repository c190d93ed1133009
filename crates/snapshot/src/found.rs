//! Everything that the store holds; one unreadable record blocks what it is about and nothing else.

use crate::accounts::{account_from_record, reserved_from_record};
use crate::offline::take_in;
use crate::{from_record, prepared_from_record};
use lifecycle::Snapshot;
use model::{
    AccountPin, Backend, Failure, FailureClass, STATE_NOT_WRITABLE, TenantId, TenantPin, Timestamp, Upn, Who,
    log_failure,
};
use std::collections::BTreeSet;
use store::record::{self, Versioned};
use store::{RecordKey, StoreError};
use tenancy_model::{Found, FoundPair, Role};

/// What is durable, out of the records of a store and what it says is missing.
pub fn found(records: Vec<store::Found>, missing: Option<StoreError>) -> Found {
    let mut found = Found { missing: missing.as_ref().map(failure), ..Found::default() };
    for (key, bytes) in records {
        match &key {
            RecordKey::Device(tenant) => identity(&mut found, (Role::Current, *tenant), &key, bytes),
            RecordKey::Successor(tenant) => identity(&mut found, (Role::Successor, *tenant), &key, bytes),
            RecordKey::Predecessor(tenant) => identity(&mut found, (Role::Predecessor, *tenant), &key, bytes),
            RecordKey::Prepared(_) | RecordKey::Spare => found.prepared.extend(pair(&key, bytes)),
            RecordKey::Domain(domain) => match bytes.and_then(|bytes| domain_pin(&key, &bytes)) {
                Ok(pin) => drop(found.domains.insert(domain.clone(), pin)),
                Err(error) => {
                    if matches!(error, StoreError::Newer { .. }) {
                        found.unreadable.newer.insert(domain.clone());
                    }
                    found.unreadable.domains.insert(domain.clone(), unreadable(&error, "domain"));
                }
            },
            RecordKey::Account(name) => match bytes.and_then(|bytes| account_pin(&key, name, &bytes)) {
                Ok(pin) => drop(found.accounts.insert(name.clone(), pin)),
                Err(error) => {
                    drop(found.unreadable.accounts.insert(name.clone(), unreadable(&error, "account")))
                }
            },
            RecordKey::LocalAccount(tenant, object) => {
                match bytes.and_then(|bytes| account_from_record((*tenant, *object), &key, &bytes)) {
                    Ok(account) => found.local_accounts.push(account),
                    Err(error) => {
                        let why = unreadable(&error, "local account");
                        found.unreadable.local_accounts.insert((*tenant, *object), why);
                    }
                }
            }
            RecordKey::Reserved(name) => {
                match bytes.and_then(|bytes| reserved_from_record(name, &key, &bytes)) {
                    Ok(reserved) => drop(found.reserved.all.insert(name.clone(), reserved)),
                    Err(error) => {
                        let why = unreadable(&error, "reserved account");
                        found.reserved.unreadable.insert(name.clone(), why);
                    }
                }
            }
            RecordKey::OfflineKey | RecordKey::OfflinePassword(..) => {
                take_in(&mut found.offline, &key, bytes);
            }
            RecordKey::Foreign(name) => foreign(name),
        }
    }
    found
}

/// What of older versions has to be written anew: the one pair of keys that they knew.
pub fn upgrade(records: &[store::Found]) -> Vec<store::Change> {
    let old = records.iter().find(|(key, _)| *key == RecordKey::Spare);
    let Some((key, Ok(bytes))) = old else { return Vec::new() };
    let read = record::PreparedKeys::decode(key, bytes);
    let Ok(Ok((id, _))) = read.map(|record| prepared_from_record(&record)) else { return Vec::new() };
    let kept = store::Change::Put(RecordKey::Prepared(id), bytes.clone());
    vec![kept, store::Change::Delete(RecordKey::Spare)]
}

/// Which backends made the keys of identities, the unfinished ones too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Those in force, or about to be for the first time.
    pub in_force: BTreeSet<Backend>,
    /// Those that come before and after one in force.
    pub others: BTreeSet<Backend>,
}

/// The backends that identities name. Keys of a closed intent bind nobody: they are dropped where another
/// backend is chosen.
pub fn recorded_backends(found: &Found) -> Recorded {
    let mut recorded = Recorded::default();
    for (role, snapshot) in &found.identities {
        match role {
            Role::Current => recorded.in_force.extend(snapshot.stage.backend()),
            Role::Successor | Role::Predecessor => {
                recorded.others.extend(snapshot.stage.backend());
            }
        }
    }
    recorded
}

/// A store that refuses, as a failure for people.
pub fn failure(error: &StoreError) -> Failure {
    let (code, advice) = match error {
        StoreError::Newer { .. } => ("StateNewer", "Install the newer Firmament again; nothing was changed."),
        StoreError::Damaged { .. } => (
            "StateDamaged",
            "Restore the state directory from a backup, or leave with --force; nothing was changed.",
        ),
        StoreError::Missing { .. } => (
            "StateIncomplete",
            "Put the state directory back from a backup and restart firmamentd, or give up what is lost with `aad-tool \
             leave --force`; nothing was deleted.",
        ),
        StoreError::Write { .. } | StoreError::ReadOnly(_) => {
            (STATE_NOT_WRITABLE, "Free space on the disk or make it writable, then restart firmamentd.")
        }
        _ => ("State", "See the log of firmamentd."),
    };
    Failure::local(FailureClass::Broken, Who::MachineAdmin, code, error.to_string(), advice)
}

fn identity(
    found: &mut Found,
    (role, tenant): (Role, TenantId),
    key: &RecordKey,
    bytes: Result<Vec<u8>, StoreError>,
) {
    match bytes.and_then(|bytes| snapshot(key, &bytes)) {
        Ok(snapshot) => found.identities.push((role, snapshot)),
        Err(error) => {
            let failure = failure(&error);
            log_failure!(error, &failure, { %tenant, ?role, }, "A stored identity cannot be read");
            // One that is not in force yet, or not any more, hinders nobody.
            if role == Role::Current {
                found.blocked.insert(tenant, failure);
                if matches!(error, StoreError::Newer { .. }) {
                    found.newer.insert(tenant);
                }
            }
        }
    }
}

fn snapshot(key: &RecordKey, bytes: &[u8]) -> Result<Snapshot, StoreError> {
    let record = record::Device::decode(key, bytes)?;
    from_record(&record).map_err(|error| damaged(key, &error.to_string()))
}

/// Keys that nobody has a claim to are no loss.
fn pair(key: &RecordKey, bytes: Result<Vec<u8>, StoreError>) -> Option<FoundPair> {
    let read = bytes
        .and_then(|bytes| record::PreparedKeys::decode(key, &bytes))
        .and_then(|record| prepared_from_record(&record).map_err(|error| damaged(key, &error.to_string())));
    match read {
        Ok((id, keys)) => {
            let boot_bound = keys.as_ref().is_some_and(|keys| hsm::binding::is_boot_bound(&keys.device));
            Some(FoundPair { id, keys, boot_bound })
        }
        Err(error) => {
            let failure = failure(&error);
            log_failure!(warn, &failure, {}, "Keys made ahead of time cannot be read and are made anew");
            None
        }
    }
}

/// What may be in force of somebody; whose it is, only DEBUG tells.
fn unreadable(error: &StoreError, kind: &str) -> Failure {
    let failure = failure(error);
    log_failure!(error, &failure, { kind, }, "A record cannot be read");
    failure
}

/// The key of a kind that nobody here knows may hold a name: only DEBUG tells more than the kind.
fn foreign(name: &str) {
    let kind = name.split_once('/').map_or(name, |(kind, _)| kind);
    tracing::warn!(kind, "A record of another version is kept as it is");
    tracing::debug!(name, "A record of another version is kept as it is");
}

fn domain_pin(key: &RecordKey, bytes: &[u8]) -> Result<TenantPin, StoreError> {
    let record = record::Domain::decode(key, bytes)?;
    let tenant = record.tenant.parse().map_err(|_| damaged(key, "tenant is no GUID"))?;
    Ok(TenantPin { tenant, issuer: record.issuer })
}

fn account_pin(key: &RecordKey, name: &Upn, bytes: &[u8]) -> Result<AccountPin, StoreError> {
    let record = record::Account::decode(key, bytes)?;
    let tenant = record.tenant.parse().map_err(|_| damaged(key, "tenant is no GUID"))?;
    let object = record.object.parse().map_err(|_| damaged(key, "object is no GUID"))?;
    let (first_seen, former_since) = (Timestamp::from_millis(record.first_seen), record.former_since);
    let former_since = former_since.map(Timestamp::from_millis);
    Ok(AccountPin { upn: name.clone(), tenant, object, first_seen, former_since })
}

pub(crate) fn damaged(key: &RecordKey, why: &str) -> StoreError {
    StoreError::Damaged { key: key.to_string(), why: why.to_owned() }
}
