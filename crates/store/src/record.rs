//! What is on disk, as versioned JSON; `executor` maps it to and from the machine's words.
//!
//! Moments are milliseconds since 1970, ids and hashes their text, bytes lower-case hex.

mod device;
mod versioned;

pub use device::*;
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
            members("spare", PreparedKeys { schema: 1, id: text(), keys: Some((key(), key())) }.encode()),
        ]);
        manual::check_words("members of records", &said).unwrap();
    }
}
