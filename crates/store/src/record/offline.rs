use super::{Bytes, Key, Versioned};
use serde::{Deserialize, Serialize};

/// The key that what is kept of passwords is made with, and before it the decision to make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineKey {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The name that it carries, as an intent id.
    pub id: String,
    /// Where it is made: `soft`, `tpm` or `pkcs11`.
    pub backend: String,
    /// The key, once it is made.
    pub key: Option<Key>,
}

/// What a person's password is checked by while there is no network (login.md 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflinePassword {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The salt of Argon2id.
    pub salt: Bytes,
    /// What the key makes of the password; 32 bytes.
    pub mac: Bytes,
    /// Memory of Argon2id in KiB.
    pub memory: u32,
    /// Passes of Argon2id.
    pub passes: u32,
    /// When the service accepted the password.
    pub proved_at: i64,
    /// The latest time that the clock had since then.
    pub highest_clock: i64,
    /// For how long the service has run since then, in milliseconds.
    pub used: u64,
    /// How many sign-ins it has let in.
    pub logins: u32,
    /// How many comparisons in a row were not right.
    pub failures: u32,
}

impl Versioned for OfflineKey {}
impl Versioned for OfflinePassword {}
