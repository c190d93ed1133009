use crate::known::Known;
use crate::refusals;
use crate::reserved::ReservedAccount;
use crate::settings::{AccountDomain, AccountSettings, Numbering};
use model::{Account, AccountStanding, DirectoryGroup, Failure, LocalAccount, Timestamp, Upn};
use names::{Conflict, HomeName, IdRange, LocalEntry, Others, SubIds, conflict, is_name, is_path};
use std::time::Duration;

/// What this machine says of names and numbers, when an account is about to be made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalFacts {
    /// The entries of /etc/passwd.
    pub users: Vec<LocalEntry>,
    /// The entries of /etc/group.
    pub groups: Vec<LocalEntry>,
    /// The ranges of /etc/subuid and /etc/subgid.
    pub sub_ids: Vec<SubIds>,
    /// What is where the account will have its home directory.
    pub home: HomeFound,
}

/// What is found in the place of a home directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HomeFound {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Something of this user, where a link leads to if it is one.
    OwnedBy(u32),
    /// A link that leads nowhere: a home that is away, or gone.
    BrokenLink,
}

impl LocalFacts {
    /// Whose a name or a number is already.
    pub(crate) fn conflict(
        &self,
        (name, uid): (&str, u32),
        pinned: &[LocalEntry],
        kept_free: Option<IdRange>,
    ) -> Option<Conflict> {
        let (users, groups, sub_ids) = (&self.users, &self.groups, &self.sub_ids);
        conflict(name, uid, Others { users, groups, sub_ids, kept_free, pinned })
    }
}

/// The home directory of whoever signs in for the first time: the one that is reserved for them, if there is one.
///
/// # Errors
/// Where no domain is configured for the person.
pub fn home_of(
    settings: &AccountSettings,
    person: &Account,
    reserved: Option<&ReservedAccount>,
) -> Result<String, Failure> {
    let domain = domain_of(settings, person)?;
    if let Some(reserved) = reserved {
        return Ok(reserved.home.clone());
    }
    let last = match domain.home_name {
        HomeName::Upn => person.upn.to_string(),
        HomeName::ShortName => short_name(&person.upn).to_owned(),
        HomeName::ObjectId => person.object.to_string(),
    };
    let home = format!("{}{last}", domain.home_prefix);
    if is_path(&home) { Ok(home) } else { Err(refusals::unusable_home(&person.upn, &home)) }
}

/// The account of somebody whom the directory has just let in: the one that they have, else a new one, by what is
/// reserved for them where something is.
///
/// `known` are the accounts of everybody, those too that root gave up.
///
/// # Errors
/// Where a new account cannot be made because its name, its number or its home is somebody else's.
pub(crate) fn settle(
    settings: &AccountSettings,
    (person, groups): (&Account, Option<Vec<DirectoryGroup>>),
    known: &Known<'_>,
    local: &LocalFacts,
    now: Timestamp,
) -> Result<LocalAccount, Failure> {
    if let Some(mine) = known.accounts.iter().find(|it| it.is_of(person.tenant, person.object)) {
        let last_online = if now.since(mine.last_online) < HOUR { mine.last_online } else { now };
        let (person, standing) = (person.clone(), AccountStanding::Allowed);
        let groups = groups.unwrap_or_else(|| mine.groups.clone());
        return Ok(LocalAccount { person, last_online, groups, standing, ..(*mine).clone() });
    }
    let domain = domain_of(settings, person)?;
    let reserved = known.reserved_for(&person.upn);
    let uid = match reserved {
        Some(reserved) => reserved.uid,
        None => computed(settings, domain, person)?,
    };
    let home = home_of(settings, person, reserved)?;
    let pinned = known.pinned(None, Some(&person.upn));
    let name = match reserved {
        Some(reserved) => reserved.name.clone(),
        None => free_name(settings, &person.upn, &pinned, local),
    };
    if let Some(conflict) = local.conflict((&name, uid), &pinned, settings.sub_ids) {
        return Err(refusals::taken(&person.upn, (&name, uid), &conflict));
    }
    home_belongs_to(local, (&person.upn, uid), &home)?;
    let shell = reserved.and_then(|it| it.shell.clone()).unwrap_or_else(|| domain.shell.clone());
    Ok(LocalAccount {
        person: person.clone(),
        name,
        uid,
        gid: uid,
        home,
        shell,
        first_seen: now,
        last_online: now,
        groups: groups.unwrap_or_default(),
        standing: AccountStanding::Allowed,
    })
}

/// The number of somebody for whom none is reserved.
fn computed(settings: &AccountSettings, domain: &AccountDomain, person: &Account) -> Result<u32, Failure> {
    let uid = match settings.numbering {
        Numbering::Name => domain.range.by_name(person.upn.as_str()),
        Numbering::ObjectId => domain.range.by_object(*person.object.guid().as_bytes()),
        Numbering::Directory => return Err(refusals::numbers_of_directory(&person.upn)),
    };
    uid.ok_or_else(|| refusals::no_number(&person.upn))
}

/// Nobody gets a home that is somebody else's; through a link that leads nowhere nobody gets one at all.
pub(crate) fn home_belongs_to(
    local: &LocalFacts,
    (upn, uid): (&Upn, u32),
    home: &str,
) -> Result<(), Failure> {
    match local.home {
        HomeFound::OwnedBy(owner) if owner != uid => Err(refusals::home_of_another(upn, home, (owner, uid))),
        HomeFound::BrokenLink => Err(refusals::home_link_broken(upn, home)),
        HomeFound::Nothing | HomeFound::OwnedBy(_) => Ok(()),
    }
}

/// The account with another name of passwd(5); its home stays where it is.
///
/// # Errors
/// Where the name is none that other programs understand, or is somebody else's.
pub(crate) fn renamed(
    account: &LocalAccount,
    name: &str,
    known: &Known<'_>,
    local: &LocalFacts,
) -> Result<LocalAccount, Failure> {
    if !is_name(name) {
        return Err(refusals::unusable_name(name));
    }
    let mut others = local.clone();
    // Its own number may be in use by whatever was there before it.
    others.users.retain(|entry| entry.id != account.uid);
    others.groups.retain(|entry| entry.id != account.uid);
    others.sub_ids.clear();
    match others.conflict((name, account.uid), &known.pinned(Some(account), None), None) {
        Some(conflict) => Err(refusals::taken(&account.person.upn, (name, account.uid), &conflict)),
        None => Ok(LocalAccount { name: name.to_owned(), ..account.clone() }),
    }
}

/// The account with another number, for itself and its primary group.
///
/// # Errors
/// Where the number is never given, or is somebody else's.
pub(crate) fn renumbered(
    account: &LocalAccount,
    (uid, kept_free): (u32, Option<IdRange>),
    known: &Known<'_>,
    local: &LocalFacts,
) -> Result<LocalAccount, Failure> {
    match local.conflict((&account.name, uid), &known.pinned(Some(account), None), kept_free) {
        Some(conflict) => Err(refusals::taken(&account.person.upn, (&account.name, uid), &conflict)),
        None => Ok(LocalAccount { uid, gid: uid, ..account.clone() }),
    }
}

/// The short name where the person may have one and nobody has it, else the full one.
pub(crate) fn free_name(
    settings: &AccountSettings,
    upn: &Upn,
    pinned: &[LocalEntry],
    local: &LocalFacts,
) -> String {
    let short = short_name(upn);
    let mut others = local.users.iter().chain(&local.groups).chain(pinned);
    let has_short = settings.short_names && settings.is_first(upn.domain()) && is_name(short);
    let is_free = !others.any(|entry| entry.name.eq_ignore_ascii_case(short));
    if has_short && is_free { short.to_owned() } else { upn.to_string() }
}

pub(crate) fn short_name(upn: &Upn) -> &str {
    upn.as_str().split_once('@').map_or(upn.as_str(), |(short, _)| short)
}

fn domain_of<'s>(settings: &'s AccountSettings, person: &Account) -> Result<&'s AccountDomain, Failure> {
    settings.domain(person.upn.domain()).ok_or_else(|| refusals::no_domain(&person.upn))
}

/// A sign-in within so long of the one that is on disk writes nothing.
const HOUR: Duration = Duration::from_secs(3600);
