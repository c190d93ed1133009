use serde::{Deserialize, Serialize};

/// An account of this machine, as root sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountEntry {
    /// The name of passwd(5).
    pub name: String,
    /// The name that the person signed in with last, `name@domain`.
    pub upn: String,
    /// The tenant id; empty until the person has signed in, as the next one.
    pub tenant: String,
    /// The object id of the person.
    pub object: String,
    /// The user id.
    pub uid: u32,
    /// The id of the primary group.
    pub gid: u32,
    /// The home directory.
    pub home: String,
    /// The shell; empty where a reservation leaves it to the configuration.
    pub shell: String,
    /// `allowed`, `denied` or `forgotten`; `reserved` where the person has not signed in yet.
    pub standing: String,
    /// The code of the refusal, where the directory refuses the person.
    pub code: Option<String>,
    /// When they signed in here first, RFC 3339 in UTC; empty until they have.
    pub first_seen: String,
    /// When the directory let them in last, RFC 3339 in UTC.
    pub last_online: String,
    /// The first and the last of the subordinate numbers that are kept free for them.
    pub sub_ids: Option<(u32, u32)>,
    /// When root set it aside, RFC 3339 in UTC; none where the person has signed in.
    pub reserved_at: Option<String>,
    /// How many of their sessions programs have opened and not closed since the daemon started.
    pub sessions: u32,
    /// Until when this machine can check their password without the network, RFC 3339 in UTC.
    pub offline_until: Option<String>,
}
