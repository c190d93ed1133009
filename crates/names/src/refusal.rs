//! Numbers that nobody gets from us (login.md 4.4).

use crate::ids::IdRange;
use crate::local::{LocalEntry, SubIds};
use std::fmt;

/// Why a number is never given, whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdRefusal {
    /// 0 to 999: root and the system's own accounts.
    System,
    /// 60001 to 60513: homes of systemd-homed; 60514 to 60577: users of the host in containers.
    Systemd,
    /// 61184 to 65519: services with a dynamic user.
    DynamicUsers,
    /// 65534 and 65535: nobody, and what 16 bits take for an error.
    Nobody,
    /// 2147483648 and above: read as negative by some programs.
    Signed,
}

impl fmt::Display for IdRefusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            IdRefusal::System => "0 to 999 belong to the system",
            IdRefusal::Systemd => "60001 to 60577 belong to systemd",
            IdRefusal::DynamicUsers => "61184 to 65519 belong to services with a dynamic user",
            IdRefusal::Nobody => "65534 and 65535 belong to nobody",
            IdRefusal::Signed => "2147483648 and above are read as negative by some programs",
        })
    }
}

/// Whether a number lies where we never give one; daemon and module ask the same.
pub fn refused(id: u32) -> Option<IdRefusal> {
    match id {
        0..=999 => Some(IdRefusal::System),
        60_001..=60_577 => Some(IdRefusal::Systemd),
        61_184..=65_519 => Some(IdRefusal::DynamicUsers),
        65_534 | 65_535 => Some(IdRefusal::Nobody),
        0x8000_0000.. => Some(IdRefusal::Signed),
        _ => None,
    }
}

/// Whom a number or a name may belong to already.
#[derive(Debug, Clone, Copy)]
pub struct Others<'o> {
    /// Of /etc/passwd.
    pub users: &'o [LocalEntry],
    /// Of /etc/group.
    pub groups: &'o [LocalEntry],
    /// Of /etc/subuid and /etc/subgid.
    pub sub_ids: &'o [SubIds],
    /// What is kept free for subordinate ids (`subid_range`).
    pub kept_free: Option<IdRange>,
    /// Ours, of other objects.
    pub pinned: &'o [LocalEntry],
}

/// To whom a number or a name belongs already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conflict {
    /// The number lies where none is given.
    Refused(IdRefusal),
    /// A local user has the number or the name.
    User(LocalEntry),
    /// A local group has the number or the name.
    Group(LocalEntry),
    /// The number is among the subordinate ids of somebody.
    SubIds(SubIds),
    /// The number is kept free for subordinate ids.
    KeptFree(IdRange),
    /// The number or the name is pinned for another object.
    Pinned(LocalEntry),
}

impl fmt::Display for Conflict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conflict::Refused(why) => write!(out, "{why}"),
            Conflict::User(LocalEntry { name, id }) => write!(out, "the local user {name} ({id}) has it"),
            Conflict::Group(LocalEntry { name, id }) => write!(out, "the local group {name} ({id}) has it"),
            Conflict::SubIds(SubIds { owner, first, count }) => {
                write!(out, "it is among the {count} subordinate ids of {owner} from {first} on")
            }
            Conflict::KeptFree(range) => {
                write!(out, "subid_range keeps {}-{} free for subordinate ids", range.min(), range.max())
            }
            Conflict::Pinned(LocalEntry { name, id }) => write!(out, "{name} ({id}) has it"),
        }
    }
}

/// The first reason why a new account may not have this name and this number.
pub fn conflict(name: &str, id: u32, others: Others<'_>) -> Option<Conflict> {
    let has = |list: &[LocalEntry]| {
        list.iter().find(|entry| entry.id == id || entry.name.eq_ignore_ascii_case(name)).cloned()
    };
    let sub_ids = || others.sub_ids.iter().find(|range| range.holds(id)).cloned();
    refused(id)
        .map(Conflict::Refused)
        .or_else(|| has(others.users).map(Conflict::User))
        .or_else(|| has(others.groups).map(Conflict::Group))
        .or_else(|| sub_ids().map(Conflict::SubIds))
        .or_else(|| others.kept_free.filter(|range| range.holds(id)).map(Conflict::KeptFree))
        .or_else(|| has(others.pinned).map(Conflict::Pinned))
}
