use model::{Timestamp, Upn};

/// What somebody will be on this machine from their first sign-in on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservedAccount {
    /// The name that they will sign in with.
    pub upn: Upn,
    /// The name of passwd(5).
    pub name: String,
    /// The user id, and the id of the primary group.
    pub uid: u32,
    /// The home directory.
    pub home: String,
    /// The shell; that of the configuration where none is named.
    pub shell: Option<String>,
    /// When root reserved it.
    pub reserved_at: Timestamp,
}
