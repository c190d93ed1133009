use crate::{ObjectId, TenantId, Upn};
use std::fmt;

/// A person whose sign-in the service confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The home tenant (`tid`, checked against `client_info`).
    pub tenant: TenantId,
    /// The user object (`oid`).
    pub object: ObjectId,
    /// The name that was asked for and proved to be the account's; never one that only a token gives.
    pub upn: Upn,
}

/// Whom a verified token is about. Its name is only compared: an [`Account`] has the name that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSubject {
    /// The home tenant (`tid`, checked against `client_info`).
    pub tenant: TenantId,
    /// The user object (`oid`).
    pub object: ObjectId,
    /// The name the service gave (`preferred_username`), folded.
    pub upn: Upn,
    /// The groups that the token says they are in (`groups`), all of them; none where it does not say.
    pub groups: Option<Vec<ObjectId>>,
}

/// Names one user's token set in the executor's memory vault; it holds no secret itself.
///
/// Made when a sign-in succeeds, ended by exactly one `Forget`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenRef(pub u64);

impl fmt::Debug for TokenRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "token#{}", self.0)
    }
}
