//! What a question finds: no C in here.

use crate::local_groups::local_groups;
use names::{Account, Damaged, Group, local_entries};
use names_file::{Unusable, names, text_of};
use std::path::Path;

/// Where everything lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places<'p> {
    /// Who root is: 0.
    pub(crate) root: u32,
    /// The file of names.
    pub(crate) names: &'p Path,
    /// Names of local groups that our people are put in, one a line.
    pub(crate) local_groups: &'p Path,
    pub(crate) passwd: &'p Path,
    pub(crate) group: &'p Path,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Root, who is told what somebody will be who has not signed in yet.
    Root,
    /// Anybody else.
    Other,
}

/// How a question ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nobody of ours: another source may know.
    NotFound,
    /// What we have cannot be read.
    Unavailable,
}

impl From<Unusable> for NoAnswer {
    fn from(why: Unusable) -> NoAnswer {
        match why {
            Unusable::Missing => NoAnswer::NotFound,
            Unusable::Bad => NoAnswer::Unavailable,
        }
    }
}

impl From<Damaged> for NoAnswer {
    fn from(_: Damaged) -> NoAnswer {
        NoAnswer::Unavailable
    }
}

type Answer<T> = Result<T, NoAnswer>;

/// Whoever has a name.
pub(crate) fn person(places: Places<'_>, name: &str, caller: Caller) -> Answer<Account> {
    let names = names(places.root, places.names)?;
    let account = match (names.account_by_name(name)?, caller) {
        (None, Caller::Root) => names.provisional(name)?,
        (known, _) => known,
    };
    account.ok_or(NoAnswer::NotFound).and_then(|account| not_local(places, account))
}

/// Whoever has a number.
pub(crate) fn person_by_uid(places: Places<'_>, uid: u32) -> Answer<Account> {
    let account = names(places.root, places.names)?.account_by_uid(uid)?.ok_or(NoAnswer::NotFound)?;
    not_local(places, account)
}

/// A group by its name.
pub(crate) fn group(places: Places<'_>, name: &str, caller: Caller) -> Answer<Group> {
    let names = names(places.root, places.names)?;
    match (names.group_by_name(name)?, caller) {
        (Some(group), _) => Ok(group),
        (None, Caller::Root) => {
            let account = names.provisional(name)?.ok_or(NoAnswer::NotFound)?;
            Ok(Group { name: account.name, gid: account.gid, members: Vec::new() })
        }
        (None, Caller::Other) => Err(NoAnswer::NotFound),
    }
}

/// A group by its number.
pub(crate) fn group_by_gid(places: Places<'_>, gid: u32) -> Answer<Group> {
    names(places.root, places.names)?.group_by_gid(gid)?.ok_or(NoAnswer::NotFound)
}

/// The groups of a person besides the primary one: those of the file, and the local ones that root allows.
pub(crate) fn groups_of(places: Places<'_>, name: &str) -> Answer<Vec<u32>> {
    let account = names(places.root, places.names)?.account_by_name(name)?.ok_or(NoAnswer::NotFound)?;
    let account = not_local(places, account)?;
    let mut groups = account.groups;
    if let Some(named) = text_of(places.root, places.local_groups) {
        let file = text_of(places.root, places.group).unwrap_or_default();
        groups.extend(local_groups(&account.local_groups, &named, &file));
    }
    Ok(groups)
}

/// A name of /etc/passwd is never somebody else's, whatever the order of nsswitch.conf.
fn not_local(places: Places<'_>, account: Account) -> Answer<Account> {
    let local = text_of(places.root, places.passwd).unwrap_or_default();
    let is_local =
        local_entries(&local).iter().any(|entry| entry.name == account.name || entry.id == account.uid);
    if is_local { Err(NoAnswer::NotFound) } else { Ok(account) }
}
