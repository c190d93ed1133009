//! The port to what must survive: records under typed keys, written all or nothing.
//!
//! A record is what [`record`] defines, in JSON with a schema number of its own.

mod error;
pub mod record;

pub use error::StoreError;

use model::{DomainName, IntentId, ObjectId, TenantId, Upn};

/// The schema of the records this build writes; one with a higher schema is refused by itself.
pub const SCHEMA: u32 = 1;

/// The name of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordKey {
    /// The device identity of a tenant: [`record::Device`]. Adapters keep these the safest.
    Device(TenantId),
    /// The identity that is to take the place of [`RecordKey::Device`]: [`record::Device`].
    Successor(TenantId),
    /// The identity whose place was taken, until it is gone: [`record::Device`].
    Predecessor(TenantId),
    /// Which tenant a domain leads to: [`record::Domain`].
    Domain(DomainName),
    /// Which object a user name was first seen with: [`record::Account`].
    Account(Upn),
    /// The account that an object of the tenant has on this machine: [`record::LocalAccount`].
    LocalAccount(TenantId, ObjectId),
    /// What the person who first signs in under this name will be on this machine: [`record::ReservedAccount`].
    Reserved(Upn),
    /// Keys of an intent that no tenant has a claim to yet: [`record::PreparedKeys`].
    Prepared(IntentId),
    /// The key for sign-ins without the network: [`record::OfflineKey`].
    OfflineKey,
    /// What the password of an object of the tenant is checked by without the network: [`record::OfflinePassword`].
    OfflinePassword(TenantId, ObjectId),
    /// The same as [`RecordKey::Prepared`], as versions wrote it that knew of one pair only.
    Spare,
    /// A record of a kind that this version does not know; it is kept as it is for the one that does.
    Foreign(String),
}

impl RecordKey {
    /// The tenant whose device identity the record is a part of.
    pub fn tenant(&self) -> Option<TenantId> {
        match self {
            RecordKey::Device(tenant) | RecordKey::Successor(tenant) | RecordKey::Predecessor(tenant) => {
                Some(*tenant)
            }
            _ => None,
        }
    }

    /// Whether the record may be about an object that a tenant has, or had, of this machine; one that is not
    /// understood may be.
    pub fn is_of_a_device(&self) -> bool {
        match self {
            RecordKey::Device(_)
            | RecordKey::Successor(_)
            | RecordKey::Predecessor(_)
            | RecordKey::Foreign(_) => true,
            RecordKey::Domain(_)
            | RecordKey::Account(_)
            | RecordKey::LocalAccount(..)
            | RecordKey::Reserved(_)
            | RecordKey::Prepared(_)
            | RecordKey::OfflineKey
            | RecordKey::OfflinePassword(..)
            | RecordKey::Spare => false,
        }
    }
}

/// One change of a [`Store::commit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes the record, replacing what was there.
    Put(RecordKey, Vec<u8>),
    /// Removes the record; one that is not there is no error.
    Delete(RecordKey),
    /// Goes on without what [`Store::missing`] says is not there; its bytes are moved aside and kept.
    GiveUpMissing,
}

/// A record as it was found: its key, and its bytes or why they could not be read.
pub type Found = (RecordKey, Result<Vec<u8>, StoreError>);

/// A durable map of small records (at most 400 KiB each). Blocking.
pub trait Store: Send {
    /// One record, or none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the record is there and cannot be read: never `None` for that.
    fn get(&mut self, key: &RecordKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// Every record in the order of their keys; a damaged one does not hide the others.
    ///
    /// # Errors
    /// Only when the store as a whole cannot be read.
    fn list(&mut self) -> Result<Vec<Found>, StoreError>;

    /// Makes all changes durable (a power cut after the return loses nothing) or none.
    ///
    /// # Errors
    /// [`StoreError::Write`], [`StoreError::ReadOnly`] and [`StoreError::Missing`]; the old records are then still in
    /// force, and every later commit may fail too, until the store is opened anew.
    fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError>;

    /// [`StoreError::Missing`] where records were lost, and not even their names are known.
    fn missing(&self) -> Option<StoreError> {
        None
    }
}

impl std::fmt::Display for RecordKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RecordKey::Device(tenant) => write!(out, "device/{tenant}"),
            RecordKey::Successor(tenant) => write!(out, "successor/{tenant}"),
            RecordKey::Predecessor(tenant) => write!(out, "predecessor/{tenant}"),
            RecordKey::Domain(domain) => write!(out, "domain/{domain}"),
            RecordKey::Account(upn) => write!(out, "account/{upn}"),
            RecordKey::LocalAccount(tenant, object) => write!(out, "local-account/{tenant}/{object}"),
            RecordKey::Reserved(upn) => write!(out, "reserved-account/{upn}"),
            RecordKey::Prepared(intent) => write!(out, "prepared/{intent}"),
            RecordKey::OfflineKey => out.write_str("offline-key"),
            RecordKey::OfflinePassword(tenant, object) => write!(out, "offline-password/{tenant}/{object}"),
            RecordKey::Spare => out.write_str("spare"),
            RecordKey::Foreign(text) => out.write_str(text),
        }
    }
}

impl From<&str> for RecordKey {
    /// The other way of its text; whatever is not understood is [`RecordKey::Foreign`].
    fn from(text: &str) -> RecordKey {
        let known = match text.split_once('/') {
            Some(("device", name)) => name.parse().map(RecordKey::Device).ok(),
            Some(("successor", name)) => name.parse().map(RecordKey::Successor).ok(),
            Some(("predecessor", name)) => name.parse().map(RecordKey::Predecessor).ok(),
            Some(("domain", name)) => name.parse().map(RecordKey::Domain).ok(),
            Some(("account", name)) => name.parse().map(RecordKey::Account).ok(),
            Some(("local-account", name)) => {
                of_object(name).map(|(tenant, object)| RecordKey::LocalAccount(tenant, object))
            }
            Some(("offline-password", name)) => {
                of_object(name).map(|(tenant, object)| RecordKey::OfflinePassword(tenant, object))
            }
            Some(("reserved-account", name)) => name.parse().map(RecordKey::Reserved).ok(),
            None if text == "offline-key" => Some(RecordKey::OfflineKey),
            Some(("prepared", name)) => name.parse().map(RecordKey::Prepared).ok(),
            None if text == "spare" => Some(RecordKey::Spare),
            _ => None,
        };
        known.unwrap_or_else(|| RecordKey::Foreign(text.to_owned()))
    }
}

fn of_object(name: &str) -> Option<(TenantId, ObjectId)> {
    let (tenant, object) = name.split_once('/')?;
    Some((tenant.parse().ok()?, object.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_from_its_text_and_a_strange_one_is_kept() {
        for (text, foreign) in [
            ("device/11111111-2222-3333-4444-555555555555", false),
            ("successor/11111111-2222-3333-4444-555555555555", false),
            ("predecessor/11111111-2222-3333-4444-555555555555", false),
            ("domain/contoso.com", false),
            ("account/alex@contoso.com", false),
            ("prepared/11111111-2222-3333-4444-555555555555", false),
            ("reserved-account/alex@contoso.com", false),
            ("reserved-account/alex", true),
            (
                "local-account/11111111-2222-3333-4444-555555555555/11111111-2222-3333-4444-555555555556",
                false,
            ),
            ("local-account/11111111-2222-3333-4444-555555555555", true),
            (
                "offline-password/11111111-2222-3333-4444-555555555555/11111111-2222-3333-4444-555555555556",
                false,
            ),
            ("offline-password/11111111-2222-3333-4444-555555555555", true),
            ("offline-key", false),
            ("offline-key/1", true),
            ("spare", false),
            ("spare/1", true),
            ("prepared/1", true),
            ("device/no-guid", true),
            ("session/1/2", true),
            ("", true),
        ] {
            let key = RecordKey::from(text);
            assert_eq!(key.to_string(), text);
            assert_eq!(matches!(key, RecordKey::Foreign(_)), foreign, "{text}");
        }
    }

    #[test]
    fn names_of_records_are_frozen() {
        let tenant = || "11111111-2222-3333-4444-555555555555".parse().unwrap();
        let keys = [
            RecordKey::Device(tenant()),
            RecordKey::Successor(tenant()),
            RecordKey::Predecessor(tenant()),
            RecordKey::Domain("contoso.com".parse().unwrap()),
            RecordKey::Account("alex@contoso.com".parse().unwrap()),
            RecordKey::LocalAccount(tenant(), "11111111-2222-3333-4444-555555555555".parse().unwrap()),
            RecordKey::Reserved("alex@contoso.com".parse().unwrap()),
            RecordKey::OfflineKey,
            RecordKey::OfflinePassword(tenant(), "11111111-2222-3333-4444-555555555555".parse().unwrap()),
            RecordKey::Spare,
            RecordKey::Prepared("11111111-2222-3333-4444-555555555555".parse().unwrap()),
        ];
        match keys[0] {
            RecordKey::Device(_) | RecordKey::Successor(_) | RecordKey::Predecessor(_) => {}
            // A further one has to be listed above.
            RecordKey::Domain(_) | RecordKey::Account(_) | RecordKey::LocalAccount(..) => {}
            RecordKey::OfflineKey | RecordKey::OfflinePassword(..) => {}
            RecordKey::Spare | RecordKey::Prepared(_) | RecordKey::Reserved(_) => {}
            RecordKey::Foreign(_) => {}
        }
        let names = keys.map(|key| match key.to_string().split_once('/') {
            Some((name, _)) => format!("{name}/"),
            None => key.to_string(),
        });
        let said = manual::words("record", names.iter().map(String::as_str));
        manual::check_words("names of records", &said).unwrap();
    }
}
