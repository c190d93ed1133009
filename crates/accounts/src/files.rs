//! All accounts as the two files that every process reads them from.

use crate::reserved::ReservedAccount;
use crate::settings::{AccountDomain, AccountSettings, Numbering};
use model::{AccountStanding, DirectoryGroup, LocalAccount, ObjectId};
use names::{Account, Group, Snapshot, Verdict, VerdictOf, refused};
use std::collections::{BTreeMap, BTreeSet};

/// What the file of names says: everybody but those whom root gave up, people for whom root has set an account aside,
/// and the groups that the configuration names.
///
/// Whoever has a reservation has a name for everybody: root named it as `useradd` would, and files of theirs may be here
/// already. They are in no group before the directory has let them in.
///
/// Of two groups with one name the later one has the beginning of its object id behind it, and a group whose number is
/// somebody's is left out: one such group keeps nobody else's names from being written.
pub fn snapshot(
    settings: &AccountSettings,
    accounts: &[LocalAccount],
    reserved: &[ReservedAccount],
) -> Snapshot {
    let here: Vec<&LocalAccount> = accounts.iter().filter(|account| !is_forgotten(account)).collect();
    let own: BTreeSet<String> = here.iter().map(|account| account.name.to_ascii_lowercase()).collect();
    let mut people: Vec<Account> = here.iter().map(|account| entry(settings, account, &own)).collect();
    let (mut taken, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for it in &people {
        taken.extend(names_of(it));
        ids.insert(it.uid);
    }
    // Nobody loses a name by a reservation that came to be in the way.
    let set_aside = reserved.iter().filter_map(|it| reserved_entry(settings, it));
    let set_aside: Vec<Account> = set_aside.filter(|it| add(it, &mut taken, &mut ids)).collect();
    let mut groups: BTreeMap<u32, (ObjectId, Group)> = BTreeMap::new();
    for (account, entry) in here.iter().zip(&mut people) {
        for (object, gid, name) in numbered_groups(settings, account) {
            let (of, group) = groups.entry(gid).or_insert_with(|| {
                let name =
                    if taken.insert(name.to_ascii_lowercase()) { name } else { distinct(&name, object) };
                (object, Group { name, gid, members: Vec::new() })
            });
            if *of == object && !ids.contains(&gid) && !entry.groups.contains(&gid) {
                group.members.push(entry.name.clone());
                entry.groups.push(gid);
            }
        }
    }
    let mut names = BTreeSet::new();
    let groups = groups.into_values().map(|(_, group)| group);
    let is_written = |it: &Group| !it.members.is_empty() && names.insert(it.name.to_ascii_lowercase());
    people.extend(set_aside);
    Snapshot {
        parameters: settings.parameters(),
        groups: groups.filter(is_written).collect(),
        accounts: people,
    }
}

/// Takes the names and the number of a person, where all of them are free; whether they were.
fn add(account: &Account, names: &mut BTreeSet<String>, ids: &mut BTreeSet<u32>) -> bool {
    let is_free = !ids.contains(&account.uid) && !names_of(account).any(|name| names.contains(&name));
    if is_free {
        names.extend(names_of(account));
        ids.insert(account.uid);
    }
    is_free
}

/// Every name of a person, as names are compared.
fn names_of(account: &Account) -> impl Iterator<Item = String> {
    account.aliases.iter().chain([&account.name]).map(|it| it.to_ascii_lowercase())
}

fn reserved_entry(settings: &AccountSettings, reserved: &ReservedAccount) -> Option<Account> {
    let domain = settings.domain(reserved.upn.domain())?;
    let upn = reserved.upn.to_string();
    let has_alias = upn != reserved.name;
    Some(Account {
        name: reserved.name.clone(),
        aliases: if has_alias { vec![upn] } else { Vec::new() },
        uid: reserved.uid,
        gid: reserved.uid,
        gecos: String::new(),
        home: reserved.home.clone(),
        shell: reserved.shell.clone().unwrap_or_else(|| domain.shell.clone()),
        groups: Vec::new(),
        local_groups: Vec::new(),
    })
}

/// The name of a group that is not the only one of its name.
fn distinct(name: &str, object: ObjectId) -> String {
    let id = object.to_string();
    let id = id.get(..8).unwrap_or(&id);
    let kept = name.get(..name.len().min(240)).unwrap_or_default();
    format!("{kept}-{id}")
}

/// The entry of a person; `own` are the names of passwd(5) of all of them, as names are compared.
fn entry(settings: &AccountSettings, account: &LocalAccount, own: &BTreeSet<String>) -> Account {
    let upn = account.person.upn.to_string();
    let has_alias = !upn.eq_ignore_ascii_case(&account.name) && !own.contains(&upn.to_ascii_lowercase());
    Account {
        name: account.name.clone(),
        aliases: if has_alias { vec![upn] } else { Vec::new() },
        uid: account.uid,
        gid: account.gid,
        gecos: String::new(),
        home: account.home.clone(),
        shell: account.shell.clone(),
        groups: Vec::new(),
        local_groups: local_groups(settings, account),
    }
}

/// The groups of /etc/group that somebody is in: those of everybody, and the one that `sudo_groups` gives.
fn local_groups(settings: &AccountSettings, account: &LocalAccount) -> Vec<String> {
    let mut groups = settings.local_groups.clone();
    let domain = settings.domain(account.person.upn.domain());
    if domain.is_some_and(|domain| may_sudo(domain, account)) && !groups.contains(&settings.sudo_group) {
        groups.push(settings.sudo_group.clone());
    }
    groups
}

fn may_sudo(domain: &AccountDomain, account: &LocalAccount) -> bool {
    domain.sudo_people.contains(&account.person.upn)
        || account.groups.iter().any(|group| domain.sudo_groups.contains(&group.object))
}

/// The groups of the directory that somebody is in here, each with its number and its name.
fn numbered_groups(settings: &AccountSettings, account: &LocalAccount) -> Vec<(ObjectId, u32, String)> {
    let Some(domain) = settings.domain(account.person.upn.domain()) else { return Vec::new() };
    let numbered = |group: &DirectoryGroup| {
        let gid = match settings.numbering {
            Numbering::Name => domain.range.by_name(&group.object.to_string()),
            Numbering::ObjectId => domain.range.by_object(*group.object.guid().as_bytes()),
            Numbering::Directory => None,
        };
        let is_kept = |gid: u32| settings.sub_ids.is_some_and(|range| range.holds(gid));
        let gid = gid.filter(|gid| refused(*gid).is_none() && !is_kept(*gid))?;
        // A name with a blank cannot stand in group(5).
        let usable = group.name.clone().filter(|name| names::is_name(name));
        Some((group.object, gid, usable.unwrap_or_else(|| group.object.to_string())))
    };
    account.groups.iter().filter_map(numbered).collect()
}

/// What the file of verdicts says.
pub fn verdicts(settings: &AccountSettings, accounts: &[LocalAccount]) -> Vec<VerdictOf> {
    let is_admitted = |account: &LocalAccount| {
        let domain = settings.domain(account.person.upn.domain());
        domain.is_some_and(|domain| domain.admits(&account.person.upn, &account.groups))
    };
    let verdict = |account: &LocalAccount| {
        let (verdict, code, at) = match &account.standing {
            AccountStanding::Forgotten { at } => (Verdict::Forgotten, "", *at),
            AccountStanding::Denied { code, at } => (Verdict::Denied, code.as_str(), *at),
            AccountStanding::Allowed if !is_admitted(account) => {
                (Verdict::Denied, NOT_ADMITTED, account.last_online)
            }
            AccountStanding::Allowed => (Verdict::Allowed, "", account.last_online),
        };
        let told_at = u64::try_from(at.as_secs()).unwrap_or_default();
        let mut names = vec![account.name.clone()];
        if !account.person.upn.as_str().eq_ignore_ascii_case(&account.name) {
            names.push(account.person.upn.to_string());
        }
        VerdictOf { names, verdict, code: code.to_owned(), told_at }
    };
    accounts.iter().map(verdict).collect()
}

fn is_forgotten(account: &LocalAccount) -> bool {
    matches!(account.standing, AccountStanding::Forgotten { .. })
}

/// Of whom `pam_allow_groups` leaves out, as at a sign-in.
const NOT_ADMITTED: &str = "SignInNotAllowed";
