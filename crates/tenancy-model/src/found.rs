use crate::Role;
use accounts::Reservations;
use lifecycle::{DeviceKeys, Snapshot};
use model::{AccountPin, DomainName, Failure, IntentId, LocalAccount, ObjectId, TenantId, TenantPin, Upn};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is durable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Every identity, by its role.
    pub identities: Vec<(Role, Snapshot)>,
    /// Where domains lead to.
    pub domains: BTreeMap<DomainName, TenantPin>,
    /// Which object each name belongs to, its former names too.
    pub accounts: BTreeMap<Upn, AccountPin>,
    /// Every account of this machine.
    pub local_accounts: Vec<LocalAccount>,
    /// What is set aside for people who have not signed in yet.
    pub reserved: Reservations,
    /// What passwords are checked by without the network.
    pub offline: offline::Found,
    /// Keys that were made, or decided on, ahead of time.
    pub prepared: Vec<FoundPair>,
    /// Tenants whose state is there and cannot be used: nothing is registered anew for them.
    pub blocked: BTreeMap<TenantId, Failure>,
    /// Those of them that a newer version wrote: nobody gives them up, because that version can read them.
    pub newer: BTreeSet<TenantId>,
    /// Records of domains and names that are there and cannot be read.
    pub unreadable: Unreadable,
    /// Why nobody who is not known may sign in and nothing new is registered: records were lost, and nobody knows
    /// which.
    pub missing: Option<Failure>,
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

/// Records that are there and cannot be read: nobody signs in past one of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unreadable {
    /// Why the pin of each of these domains cannot be read.
    pub domains: BTreeMap<DomainName, Failure>,
    /// Those of them that a newer version wrote.
    pub newer: BTreeSet<DomainName>,
    /// Why the pin of each of these names cannot be read.
    pub accounts: BTreeMap<Upn, Failure>,
    /// Why the account of each of these objects cannot be read.
    pub local_accounts: BTreeMap<(TenantId, ObjectId), Failure>,
}
