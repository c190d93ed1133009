use model::TenantId;
use std::sync::{Arc, Mutex, PoisonError};
use store::RecordKey;

/// Which of a tenant's identities on this machine a task is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The one in force.
    Current,
    /// The one that is to take its place.
    Successor,
    /// The one whose place was taken; it leaves.
    Predecessor,
}

impl Role {
    /// The record of an identity in this role.
    pub(crate) fn key(self, tenant: TenantId) -> RecordKey {
        match self {
            Role::Current => RecordKey::Device(tenant),
            Role::Successor => RecordKey::Successor(tenant),
            Role::Predecessor => RecordKey::Predecessor(tenant),
        }
    }
}

/// The role of a task, which changes while it runs; only under the lock of the store.
#[derive(Debug, Clone)]
pub(crate) struct RoleCell(Arc<Mutex<Role>>);

impl RoleCell {
    pub(crate) fn new(role: Role) -> RoleCell {
        RoleCell(Arc::new(Mutex::new(role)))
    }

    pub(crate) fn get(&self) -> Role {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, role: Role) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = role;
    }
}
