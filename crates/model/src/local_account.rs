//! The account of this machine that a person has (login.md 4.5).

use crate::{Account, ObjectId, TenantId, Timestamp};

/// What a person is on this machine from their first sign-in on, whatever a later configuration would compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalAccount {
    /// Whose it is, under the name that they signed in with last.
    pub person: Account,
    /// The name of passwd(5).
    pub name: String,
    /// The user id.
    pub uid: u32,
    /// The id of the primary group.
    pub gid: u32,
    /// The home directory.
    pub home: String,
    /// The shell.
    pub shell: String,
    /// When the person signed in here first.
    pub first_seen: Timestamp,
    /// When the directory let them in last; no older than an hour before it did.
    pub last_online: Timestamp,
    /// The groups of the directory that they were in then, as far as the configuration asks for them.
    pub groups: Vec<DirectoryGroup>,
    /// Whether it may be used.
    pub standing: AccountStanding,
}

impl LocalAccount {
    /// Whether it is the account of this object.
    pub fn is_of(&self, tenant: TenantId, object: ObjectId) -> bool {
        (self.person.tenant, self.person.object) == (tenant, object)
    }
}

/// A group of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGroup {
    /// Its object id, which alone decides.
    pub object: ObjectId,
    /// What the directory calls it, to be shown.
    pub name: Option<String>,
}

/// Whether an account may be used, as far as the directory and root have said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountStanding {
    /// The directory let the person in.
    Allowed,
    /// The directory refuses them.
    Denied {
        /// The code of the refusal.
        code: String,
        /// When it said so.
        at: Timestamp,
    },
    /// Root gave it up; its number stays its own, because files have it.
    Forgotten {
        /// When that was.
        at: Timestamp,
    },
}
