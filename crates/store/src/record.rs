//! What is on disk, as versioned JSON; `executor` maps it to and from the machine's words.
//!
//! Moments are milliseconds since 1970, ids and hashes their text, bytes lower-case hex.

mod device;
mod offline;
mod versioned;

pub use device::*;
pub use offline::{OfflineKey, OfflinePassword};
pub use versioned::Versioned;

use serde::{Deserialize, Serialize};

/// Which tenant a domain leads to, learnt once and pinned (entra.md 2.10, rule 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The tenant id.
    pub tenant: String,
    /// `issuer` of the tenant's v2 metadata.
    pub issuer: String,
    /// When it was learnt.
    pub learnt_at: i64,
}

/// Which object a user name belongs to: the one that it was first seen with (entra.md 2.10, rule 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The tenant id.
    pub tenant: String,
    /// The user's object id.
    pub object: String,
    /// When it was first seen.
    pub first_seen: i64,
    /// Since when the object has another name; records of before, and names that are in use, have none. A version
    /// that does not know it takes the name as one in use, which nobody else may have either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_since: Option<i64>,
}

/// What a person is on this machine (login.md 4.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalAccount {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The name that they signed in with last, `name@domain`.
    pub upn: String,
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
    /// When they signed in here first.
    pub first_seen: i64,
    /// When the directory let them in last.
    pub last_online: i64,
    /// Groups of the directory: object id and display name.
    #[serde(default)]
    pub groups: Vec<(String, Option<String>)>,
    /// Why the account may not be used; none where it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barred: Option<Barred>,
}

/// Why an account may not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Barred {
    /// The code of the directory's refusal; none where root gave the account up.
    pub code: Option<String>,
    /// Since when.
    pub at: i64,
}

/// What a person will be on this machine who has not signed in yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReservedAccount {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The name of passwd(5).
    pub name: String,
    /// The user id, and the id of the primary group.
    pub uid: u32,
    /// The home directory.
    pub home: String,
    /// The shell; that of the configuration where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
    /// When root reserved it.
    pub reserved_at: i64,
}

/// Keys made before anybody signed in, and before them the decision to make them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreparedKeys {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The intent id.
    pub id: String,
    /// Device key and transport key, once they are made.
    pub keys: Option<(Key, Key)>,
}

impl Versioned for PreparedKeys {}
impl Versioned for Domain {}
impl Versioned for Account {}
impl Versioned for LocalAccount {}
impl Versioned for ReservedAccount {}
impl Versioned for Device {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_the_small_records_are_frozen() {
        let text = String::new;
        let key = || Key {
            backend: text(),
            purpose: text(),
            intent: text(),
            modulus: Bytes::default(),
            exponent: Bytes::default(),
            wrapped: Bytes::default(),
        };
        let members = |name, bytes: Vec<u8>| manual::members(name, &serde_json::from_slice(&bytes).unwrap());
        let said = manual::join([
            members("domain/", Domain { schema: 1, tenant: text(), issuer: text(), learnt_at: 0 }.encode()),
            members(
                "account/",
                Account { schema: 1, tenant: text(), object: text(), first_seen: 0, former_since: Some(0) }
                    .encode(),
            ),
            members("local-account/", local_account(text).encode()),
            members("reserved-account/", reserved_account(text).encode()),
            members("offline-key", offline_key(key()).encode()),
            members("offline-password/", offline_password().encode()),
            members("spare", PreparedKeys { schema: 1, id: text(), keys: Some((key(), key())) }.encode()),
        ]);
        manual::check_words("members of records", &said).unwrap();
    }

    fn reserved_account(text: impl Fn() -> String) -> ReservedAccount {
        ReservedAccount { schema: 1, name: text(), uid: 0, home: text(), shell: Some(text()), reserved_at: 0 }
    }

    fn offline_key(key: Key) -> OfflineKey {
        OfflineKey { schema: 1, id: String::new(), backend: String::new(), key: Some(key) }
    }

    fn offline_password() -> OfflinePassword {
        OfflinePassword {
            schema: 1,
            salt: Bytes::default(),
            mac: Bytes::default(),
            memory: 0,
            passes: 0,
            proved_at: 0,
            highest_clock: 0,
            used: 0,
            logins: 0,
            failures: 0,
        }
    }

    fn local_account(text: impl Fn() -> String) -> LocalAccount {
        LocalAccount {
            schema: 1,
            upn: text(),
            name: text(),
            uid: 0,
            gid: 0,
            home: text(),
            shell: text(),
            first_seen: 0,
            last_online: 0,
            groups: Vec::new(),
            barred: Some(Barred { code: Some(text()), at: 0 }),
        }
    }
}
