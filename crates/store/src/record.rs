//! What is on disk, as versioned JSON; `executor` maps it to and from the machine's words.

use serde::{Deserialize, Serialize};

/// Which tenant a domain leads to, learnt once and pinned (entra.md 2.10, rule 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The tenant id as text.
    pub tenant: String,
    /// `issuer` of the tenant's v2 metadata.
    pub issuer: String,
    /// When it was learnt, milliseconds since 1970.
    pub learnt_at: i64,
}

/// Which object a user name was first seen with (entra.md 2.10, rule 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// [`crate::SCHEMA`] of the writer.
    pub schema: u32,
    /// The tenant id as text.
    pub tenant: String,
    /// The user's object id as text.
    pub object: String,
    /// When it was first seen, milliseconds since 1970.
    pub first_seen: i64,
}
