//! What the file of names holds, as values.

use crate::IdRange;

/// Everything that is in the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// What the configuration says of people who have not signed in here yet.
    pub parameters: Parameters,
    /// People who have signed in here.
    pub accounts: Vec<Account>,
    /// Groups that the configuration names.
    pub groups: Vec<Group>,
}

/// A person with an account of this machine; the private group has the same name and the number `gid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// What passwd(5) calls them.
    pub name: String,
    /// Other names that lead to the same account.
    pub aliases: Vec<String>,
    /// Their number.
    pub uid: u32,
    /// The number of their primary group.
    pub gid: u32,
    /// The comment field; empty unless configured.
    pub gecos: String,
    /// The home directory.
    pub home: String,
    /// The shell.
    pub shell: String,
    /// Further groups, by number.
    pub groups: Vec<u32>,
    /// Groups of /etc/group, by name; only those count that root allows on this machine.
    pub local_groups: Vec<String>,
}

/// A group with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its number.
    pub gid: u32,
    /// Names of its members.
    pub members: Vec<String>,
}

/// What is known of people before they sign in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    /// The configured domains, the first one first.
    pub domains: Vec<Domain>,
    /// Whether a name without a domain means one of the first domain (`cn_name_mapping`).
    pub short_names: bool,
}

/// A configured domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Its name, in lower case.
    pub name: String,
    /// The numbers of its people; none where a number cannot be computed from a name.
    pub range: Option<IdRange>,
    /// What stands before the last part of a home directory.
    pub home_prefix: String,
    /// What that last part is.
    pub home_name: HomeName,
    /// The shell of its people.
    pub shell: String,
    /// The people who may sign in, in lower case, where the configuration names people and no group.
    pub allowed: Option<Vec<String>>,
}

/// The last part of a home directory (`home_alias`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeName {
    /// `alex@contoso.com`.
    Upn,
    /// `alex`.
    ShortName,
    /// The id of the object, which a name does not tell.
    ObjectId,
}
