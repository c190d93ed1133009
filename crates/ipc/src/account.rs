use serde::{Deserialize, Serialize};

/// An account of this machine, as root sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountEntry {
    /// The name of passwd(5).
    pub name: String,
    /// The name that the person signed in with last, `name@domain`.
    pub upn: String,
    /// The tenant id.
    pub tenant: String,
    /// The object id of the person.
    pub object: String,
    /// The user id.
    pub uid: u32,
    /// The id of the primary group.
    pub gid: u32,
    /// The home directory.
    pub home: String,
    /// The shell.
    pub shell: String,
    /// `allowed`, `denied` or `forgotten`.
    pub standing: String,
    /// The code of the refusal, where the directory refuses the person.
    pub code: Option<String>,
    /// When they signed in here first, RFC 3339 in UTC.
    pub first_seen: String,
    /// When the directory let them in last, RFC 3339 in UTC.
    pub last_online: String,
    /// Until when this machine can check their password without the network, RFC 3339 in UTC.
    pub offline_until: Option<String>,
}
