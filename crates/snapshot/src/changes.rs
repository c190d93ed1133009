use crate::accounts::{account_to_record, reserved_to_record};
use crate::offline::offline_to_change;
use crate::{prepared_to_record, to_record};
use model::{TenantId, Timestamp};
use store::record::{self, Versioned};
use store::{RecordKey, SCHEMA};
use tenancy_model::{Change, Role};

/// A change that was decided, as the store makes it durable.
pub fn to_change(change: &Change) -> store::Change {
    match change {
        Change::Identity { role, snapshot } => {
            store::Change::Put(identity_key(*role, snapshot.tenant), to_record(snapshot).encode())
        }
        Change::NoIdentity { role, tenant } => store::Change::Delete(identity_key(*role, *tenant)),
        Change::Domain { domain, pin, at } => {
            let record = record::Domain {
                schema: SCHEMA,
                tenant: pin.tenant.to_string(),
                issuer: pin.issuer.clone(),
                learnt_at: at.as_millis(),
            };
            store::Change::Put(RecordKey::Domain(domain.clone()), record.encode())
        }
        Change::NoDomain(domain) => store::Change::Delete(RecordKey::Domain(domain.clone())),
        Change::Account(pin) => {
            let record = record::Account {
                schema: SCHEMA,
                tenant: pin.tenant.to_string(),
                object: pin.object.to_string(),
                first_seen: pin.first_seen.as_millis(),
                former_since: pin.former_since.map(Timestamp::as_millis),
            };
            store::Change::Put(RecordKey::Account(pin.upn.clone()), record.encode())
        }
        Change::NoAccount(name) => store::Change::Delete(RecordKey::Account(name.clone())),
        Change::LocalAccount(account) => {
            let key = RecordKey::LocalAccount(account.person.tenant, account.person.object);
            store::Change::Put(key, account_to_record(account).encode())
        }
        Change::NoLocalAccount(tenant, object) => {
            store::Change::Delete(RecordKey::LocalAccount(*tenant, *object))
        }
        Change::Reserved(reserved) => {
            let key = RecordKey::Reserved(reserved.upn.clone());
            store::Change::Put(key, reserved_to_record(reserved).encode())
        }
        Change::NoReserved(name) => store::Change::Delete(RecordKey::Reserved(name.clone())),
        Change::PreparedKeys { id, keys } => {
            let record = prepared_to_record(*id, keys.as_deref());
            store::Change::Put(RecordKey::Prepared(*id), record.encode())
        }
        Change::NoPreparedKeys(id) => store::Change::Delete(RecordKey::Prepared(*id)),
        Change::Offline(change) => offline_to_change(change),
        Change::GiveUpMissing => store::Change::GiveUpMissing,
    }
}

/// The record of an identity in this role.
pub(crate) fn identity_key(role: Role, tenant: TenantId) -> RecordKey {
    match role {
        Role::Current => RecordKey::Device(tenant),
        Role::Successor => RecordKey::Successor(tenant),
        Role::Predecessor => RecordKey::Predecessor(tenant),
    }
}
