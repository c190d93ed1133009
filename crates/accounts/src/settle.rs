use crate::refusals;
use crate::settings::{AccountDomain, AccountSettings, Numbering};
use model::{Account, AccountStanding, DirectoryGroup, Failure, LocalAccount, Timestamp};
use names::{Conflict, HomeName, LocalEntry, Others, SubIds, conflict, is_name, is_path};
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
    /// Whose the home directory is that the account will have; none where there is no such directory.
    pub home_owner: Option<u32>,
}

/// The home directory of whoever signs in for the first time.
///
/// # Errors
/// Where no domain is configured for the person.
pub fn home_of(settings: &AccountSettings, person: &Account) -> Result<String, Failure> {
    let domain = domain_of(settings, person)?;
    let last = match domain.home_name {
        HomeName::Upn => person.upn.to_string(),
        HomeName::ShortName => short_name(person).to_owned(),
        HomeName::ObjectId => person.object.to_string(),
    };
    let home = format!("{}{last}", domain.home_prefix);
    if is_path(&home) { Ok(home) } else { Err(refusals::unusable_home(person, &home)) }
}

/// The account of somebody whom the directory has just let in: the one that they have, else a new one.
///
/// `known` are the accounts of everybody, those too that root gave up.
///
/// # Errors
/// Where a new account cannot be made because its name, its number or its home is somebody else's.
pub(crate) fn settle(
    settings: &AccountSettings,
    (person, groups): (&Account, Vec<DirectoryGroup>),
    known: &[&LocalAccount],
    local: &LocalFacts,
    now: Timestamp,
) -> Result<LocalAccount, Failure> {
    if let Some(mine) = known.iter().find(|it| it.is_of(person.tenant, person.object)) {
        let last_online = if now.since(mine.last_online) < HOUR { mine.last_online } else { now };
        let (person, standing) = (person.clone(), AccountStanding::Allowed);
        return Ok(LocalAccount { person, last_online, groups, standing, ..(*mine).clone() });
    }
    let domain = domain_of(settings, person)?;
    let uid = match settings.numbering {
        Numbering::Name => domain.range.by_name(person.upn.as_str()),
        Numbering::ObjectId => domain.range.by_object(*person.object.guid().as_bytes()),
        Numbering::Directory => return Err(refusals::numbers_of_directory(person)),
    };
    let uid = uid.ok_or_else(|| refusals::no_number(person))?;
    let home = home_of(settings, person)?;
    let name = name_of(settings, person, known, local);
    if let Some(conflict) = taken(&name, uid, known, local) {
        return Err(refusals::taken(person, (&name, uid), &conflict));
    }
    match local.home_owner {
        Some(owner) if owner != uid => Err(refusals::home_of_another(person, &home, (owner, uid))),
        _ => Ok(LocalAccount {
            person: person.clone(),
            name,
            uid,
            gid: uid,
            home,
            shell: domain.shell.clone(),
            first_seen: now,
            last_online: now,
            groups,
            standing: AccountStanding::Allowed,
        }),
    }
}

/// The account with another name of passwd(5); its home stays where it is.
///
/// # Errors
/// Where the name is none that other programs understand, or is somebody else's.
pub(crate) fn renamed(
    account: &LocalAccount,
    name: &str,
    known: &[&LocalAccount],
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
    match taken(name, account.uid, &except(known, account), &others) {
        Some(conflict) => Err(refusals::taken(&account.person, (name, account.uid), &conflict)),
        None => Ok(LocalAccount { name: name.to_owned(), ..account.clone() }),
    }
}

/// The account with another number, for itself and its primary group.
///
/// # Errors
/// Where the number is never given, or is somebody else's.
pub(crate) fn renumbered(
    account: &LocalAccount,
    uid: u32,
    known: &[&LocalAccount],
    local: &LocalFacts,
) -> Result<LocalAccount, Failure> {
    match taken(&account.name, uid, &except(known, account), local) {
        Some(conflict) => Err(refusals::taken(&account.person, (&account.name, uid), &conflict)),
        None => Ok(LocalAccount { uid, gid: uid, ..account.clone() }),
    }
}

fn except<'k>(known: &[&'k LocalAccount], account: &LocalAccount) -> Vec<&'k LocalAccount> {
    let is_other = |it: &&&LocalAccount| !it.is_of(account.person.tenant, account.person.object);
    known.iter().filter(is_other).copied().collect()
}

/// Whose a name or a number is already.
fn taken(name: &str, uid: u32, known: &[&LocalAccount], local: &LocalFacts) -> Option<Conflict> {
    let entries = |it: &&LocalAccount| {
        [&it.name, it.person.upn.as_str()].map(|name| LocalEntry { name: name.to_owned(), id: it.uid })
    };
    let pinned: Vec<LocalEntry> = known.iter().flat_map(entries).collect();
    let (users, groups, sub_ids) = (&local.users, &local.groups, &local.sub_ids);
    conflict(name, uid, Others { users, groups, sub_ids, pinned: &pinned })
}

/// The short name where the person may have one and nobody has it, else the full one.
fn name_of(
    settings: &AccountSettings,
    person: &Account,
    known: &[&LocalAccount],
    local: &LocalFacts,
) -> String {
    let short = short_name(person);
    let is_same = |name: &str| name.eq_ignore_ascii_case(short);
    let is_free = !local.users.iter().chain(&local.groups).any(|entry| is_same(&entry.name))
        && !known.iter().any(|it| is_same(&it.name));
    let has_short = settings.short_names && settings.is_first(person.upn.domain()) && is_name(short);
    if has_short && is_free { short.to_owned() } else { person.upn.to_string() }
}

fn short_name(person: &Account) -> &str {
    person.upn.as_str().split_once('@').map_or(person.upn.as_str(), |(short, _)| short)
}

fn domain_of<'s>(settings: &'s AccountSettings, person: &Account) -> Result<&'s AccountDomain, Failure> {
    settings.domain(person.upn.domain()).ok_or_else(|| refusals::no_domain(person))
}

/// A sign-in within so long of the one that is on disk writes nothing.
const HOUR: Duration = Duration::from_secs(3600);
