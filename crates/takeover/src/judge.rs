//! What fits together of what is known of a person.

use crate::passwd::PasswdLine;
use crate::table::{StaticGroup, StaticUser};
use model::{DomainName, Upn};
use names::{HomeName, IdRange, is_name, refused};
use std::collections::BTreeMap;

/// What the configuration says of a domain's people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeoverDomain {
    /// The domain, or an alias of one.
    pub name: DomainName,
    /// The range that numbers are computed from; none where a name does not tell them.
    pub range: Option<IdRange>,
    /// What stands before the last part of a home.
    pub home_prefix: String,
    /// That last part.
    pub home_name: HomeName,
}

/// What is known of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Their name, as it was given or stands in the table.
    pub name: String,
    /// Their row of the table.
    pub row: Option<StaticUser>,
    /// What the name resolves to.
    pub passwd: Option<PasswdLine>,
}

/// Whose a home is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HomeOwner {
    /// There is none.
    Nobody,
    /// A user with this number.
    User(u32),
    /// It is a link that leads nowhere.
    BrokenLink,
}

/// What is to be set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// For whom.
    pub upn: Upn,
    /// The number.
    pub uid: u32,
    /// The home; that of the configuration where it is not known.
    pub home: Option<String>,
}

/// Whether what is known of somebody fits together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does: this is to be set aside, and what else is to be said.
    Agrees(Wanted, Option<String>),
    /// It does not: what differs, and what to do.
    Differs(String),
}

/// What was found of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name, fit to be shown.
    pub name: String,
    /// Their number, as far as one is known.
    pub uid: Option<u32>,
    /// Their home, as far as it is known.
    pub home: Option<String>,
    /// Whose that is.
    pub owner: HomeOwner,
    /// What comes of it.
    pub standing: Standing,
}

/// Judges everybody, by `owner` of each home.
pub fn judge(
    domains: &[TakeoverDomain],
    short_names: bool,
    all: &[Evidence],
    owner: impl Fn(&str) -> HomeOwner,
) -> Vec<Person> {
    let mut people: Vec<Person> = all.iter().map(|it| one(domains, short_names, it, &owner)).collect();
    let mut holders: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (place, person) in people.iter().enumerate() {
        person.uid.into_iter().for_each(|uid| holders.entry(uid).or_default().push(place));
    }
    for (uid, places) in holders.into_iter().filter(|(_, places)| places.len() > 1) {
        let names: Vec<String> =
            places.iter().filter_map(|place| people.get(*place)).map(|it| it.name.clone()).collect();
        for place in places {
            if let Some(person) = people.get_mut(place) {
                person.standing =
                    Standing::Differs(format!("{uid} is the number of {}", names.join(" and ")));
            }
        }
    }
    people
}

fn one(
    domains: &[TakeoverDomain],
    short_names: bool,
    it: &Evidence,
    owner: &impl Fn(&str) -> HomeOwner,
) -> Person {
    let name = model::printable(&it.name, 80);
    let nothing = |why: String| Person {
        name: name.clone(),
        uid: None,
        home: None,
        owner: HomeOwner::Nobody,
        standing: Standing::Differs(why),
    };
    let Some((upn, domain)) = who(domains, short_names, &it.name) else {
        return nothing("this is no name of a domain that himmelblau.conf names".to_owned());
    };
    let told = match told(it) {
        Ok(told) => told,
        Err(why) => return nothing(why),
    };
    let computed = domain.range.and_then(|range| range.by_name(upn.as_str()));
    let Some(uid) = told.or(computed) else {
        return nothing(format!(
            "nothing tells the number: aad-tool account add {upn} --uid N, with the right one"
        ));
    };
    let home = it.passwd.as_ref().map(|line| line.home.clone()).or_else(|| home_of(domain, &upn));
    let owner = home.as_deref().map_or(HomeOwner::Nobody, owner);
    let standing = match against(&upn, uid, home.as_deref(), owner) {
        Some(why) => Standing::Differs(why),
        None => {
            let wanted = Wanted { upn: upn.clone(), uid, home: home.clone() };
            Standing::Agrees(wanted, remark(it, uid, computed))
        }
    };
    Person { name: upn.to_string(), uid: Some(uid), home, owner, standing }
}

fn who<'d>(
    domains: &'d [TakeoverDomain],
    short_names: bool,
    name: &str,
) -> Option<(Upn, &'d TakeoverDomain)> {
    let full = match (name.contains('@'), domains.first().filter(|_| short_names)) {
        (true, _) => name.to_owned(),
        (false, first) => format!("{name}@{}", first?.name),
    };
    let upn: Upn = full.parse().ok().filter(|_| is_name(&full))?;
    let domain = domains.iter().find(|domain| domain.name == *upn.domain())?;
    Some((upn, domain))
}

/// The number that the table or the old module tells, where they tell one and the same.
fn told(it: &Evidence) -> Result<Option<u32>, String> {
    let row = it.row.as_ref().map(|row| row.uid.clone()).transpose();
    let row = row.map_err(|text| format!("the table of himmelblau has {text} for a number"))?;
    match (row, it.passwd.as_ref().map(|line| line.uid)) {
        (Some(row), Some(passwd)) if row != passwd => {
            Err(format!("the table of himmelblau has the number {row}, and getent passwd says {passwd}"))
        }
        (row, passwd) => Ok(row.or(passwd)),
    }
}

/// Why somebody cannot have a number and a home.
fn against(upn: &Upn, uid: u32, home: Option<&str>, owner: HomeOwner) -> Option<String> {
    if let Some(why) = refused(uid) {
        return Some(format!("nobody can have the number {uid}: {why}"));
    }
    let home = home.unwrap_or_default();
    match owner {
        HomeOwner::User(owner) if owner != uid => Some(format!(
            "{home} belongs to {owner}: aad-tool account add {upn} --uid {owner} if that is their number, else chown it"
        )),
        HomeOwner::BrokenLink => {
            Some(format!("{home} is a link that leads nowhere: bring back what it leads to"))
        }
        HomeOwner::User(_) | HomeOwner::Nobody => None,
    }
}

/// What else is to be known of somebody whose number is clear.
fn remark(it: &Evidence, uid: u32, computed: Option<u32>) -> Option<String> {
    let gid =
        it.row.as_ref().and_then(|row| row.gid.clone().ok()).or(it.passwd.as_ref().map(|line| line.gid));
    let group = gid.filter(|gid| *gid != uid).map(|gid| {
        format!("their group was {gid} and will have the number {uid}: chgrp what the old one alone may read")
    });
    let other = computed.filter(|computed| *computed != uid);
    let other = other.map(|computed| format!("the configuration would give {computed}"));
    let remarks: Vec<String> = group.into_iter().chain(other).collect();
    (!remarks.is_empty()).then(|| remarks.join("; "))
}

fn home_of(domain: &TakeoverDomain, upn: &Upn) -> Option<String> {
    let short = upn.as_str().split_once('@').map(|(short, _)| short);
    let last = match domain.home_name {
        HomeName::Upn => Some(upn.as_str()),
        HomeName::ShortName => short,
        HomeName::ObjectId => None,
    };
    last.map(|last| format!("{}{last}", domain.home_prefix))
}

/// What was found of a group of the directory that the table names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupFinding {
    /// Its object id, fit to be shown.
    pub name: String,
    /// What the number is here, and what to do.
    pub text: String,
}

/// Groups whose number here is another one: no number of a group can be set aside.
pub fn judge_groups(domains: &[TakeoverDomain], groups: &[StaticGroup]) -> Vec<GroupFinding> {
    let differs = |group: &StaticGroup| {
        let here: Vec<u32> = domains.iter().filter_map(|domain| domain.range?.by_name(&group.name)).collect();
        let text = match &group.gid {
            Err(text) => format!("the table of himmelblau has {text} for a number"),
            Ok(gid) if here.contains(gid) => return None,
            Ok(gid) => match here.first() {
                Some(here) => format!("its number was {gid} and is {here} here: chgrp its files"),
                None => {
                    format!("its number was {gid} and may be another one here: compare it with getent group")
                }
            },
        };
        Some(GroupFinding { name: model::printable(&group.name, 80), text })
    };
    groups.iter().filter_map(differs).collect()
}
