//! The file of names: who may read it, everybody; what is in it, [`Snapshot`].

use crate::IdRange;
use crate::account::{Account, Domain, Group, HomeName, Parameters, Snapshot};
use crate::fields::{Cursor, Writer};
use crate::name::{is_comment, is_name, is_path};
use crate::provisional::provisional;
use crate::refusal::{IdRefusal, refused};
use crate::table::{Builder, Damaged, Source, Table};
use std::collections::BTreeSet;
use std::fmt;

/// Format 1.
const MAGIC: [u8; 8] = *b"FMNAMES1";
const INDEXES: usize = 5;
const PEOPLE_BY_NAME: usize = 0;
const PEOPLE_BY_UID: usize = 1;
const GROUPS_BY_NAME: usize = 2;
const GROUPS_BY_GID: usize = 3;
const PARAMETERS: usize = 4;

/// Why a snapshot is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unwritable {
    /// A name that other programs would misread.
    Name(String),
    /// A path that other programs would misread.
    Path(String),
    /// A comment that other programs would misread; whose it is.
    Comment(String),
    /// A number that is never given; whose it would be.
    Id(String, IdRefusal),
    /// A name stands twice.
    NameTwice(String),
    /// A number stands twice.
    IdTwice(u32),
}

impl fmt::Display for Unwritable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unwritable::Name(name) => write!(out, "'{name}' cannot be the name of a person or a group"),
            Unwritable::Path(path) => write!(out, "'{path}' cannot be a home directory or a shell"),
            Unwritable::Comment(name) => write!(out, "the comment of '{name}' cannot stand in passwd(5)"),
            Unwritable::Id(name, why) => write!(out, "'{name}' cannot have its number: {why}"),
            Unwritable::NameTwice(name) => write!(out, "two accounts or groups have the name '{name}'"),
            Unwritable::IdTwice(id) => write!(out, "two accounts or groups have the number {id}"),
        }
    }
}

impl std::error::Error for Unwritable {}

/// The file for a snapshot, where nothing in it could harm whoever reads it.
pub fn encode(snapshot: &Snapshot) -> Result<Vec<u8>, Unwritable> {
    check(snapshot)?;
    let mut builder = Builder::<INDEXES>::new();
    for account in &snapshot.accounts {
        let mut keys = vec![(PEOPLE_BY_UID, account.uid)];
        let names = account.aliases.iter().chain([&account.name]);
        keys.extend(names.map(|name| (PEOPLE_BY_NAME, key(name))));
        builder.add(&written_account(account), &keys);
    }
    for group in &snapshot.groups {
        let keys = [(GROUPS_BY_NAME, key(&group.name)), (GROUPS_BY_GID, group.gid)];
        builder.add(&written_group(group), &keys);
    }
    builder.add(&written_parameters(&snapshot.parameters), &[(PARAMETERS, 0)]);
    Ok(builder.finish(MAGIC))
}

fn check(snapshot: &Snapshot) -> Result<(), Unwritable> {
    let (mut names, mut ids) = (BTreeSet::new(), BTreeSet::new());
    let mut once = |name: &String| {
        let new = names.insert(name.to_ascii_lowercase());
        if new { Ok(()) } else { Err(Unwritable::NameTwice(name.clone())) }
    };
    for account in &snapshot.accounts {
        check_account(account)?;
        once(&account.name)?;
        account.aliases.iter().try_for_each(&mut once)?;
        if !ids.insert(account.uid) {
            return Err(Unwritable::IdTwice(account.uid));
        }
    }
    for group in &snapshot.groups {
        check_name(&group.name)?;
        check_id(&group.name, group.gid)?;
        group.members.iter().try_for_each(|name| check_name(name))?;
        once(&group.name)?;
        if !ids.insert(group.gid) {
            return Err(Unwritable::IdTwice(group.gid));
        }
    }
    Ok(())
}

fn check_account(account: &Account) -> Result<(), Unwritable> {
    check_name(&account.name)?;
    account.aliases.iter().chain(&account.local_groups).try_for_each(|name| check_name(name))?;
    let numbers = [account.uid, account.gid].into_iter().chain(account.groups.iter().copied());
    for id in numbers {
        check_id(&account.name, id)?;
    }
    if !is_comment(&account.gecos) {
        return Err(Unwritable::Comment(account.name.clone()));
    }
    let path = [&account.home, &account.shell].into_iter().find(|path| !is_path(path));
    path.map_or(Ok(()), |path| Err(Unwritable::Path(path.clone())))
}

fn check_name(name: &str) -> Result<(), Unwritable> {
    if is_name(name) { Ok(()) } else { Err(Unwritable::Name(name.to_owned())) }
}

fn check_id(name: &str, id: u32) -> Result<(), Unwritable> {
    refused(id).map_or(Ok(()), |why| Err(Unwritable::Id(name.to_owned(), why)))
}

/// What an index by names is in order of; names that differ in case alone are one.
pub(crate) fn key(name: &str) -> u32 {
    crc32c::crc32c(name.to_ascii_lowercase().as_bytes())
}

/// The file of names, each question reading what it needs.
///
/// What the file says is believed only as far as a hostile writer could not make anybody somebody else by it: no
/// name, path or number that [`encode`] refuses ever comes out.
#[derive(Debug)]
pub struct Names<S> {
    table: Table<S, INDEXES>,
}

impl<S: Source> Names<S> {
    /// Reads the head of the file.
    pub fn open(source: S) -> Result<Names<S>, Damaged> {
        Ok(Names { table: Table::open(source, MAGIC)? })
    }

    /// Whoever has this name, in any case of its letters.
    pub fn account_by_name(&self, name: &str) -> Result<Option<Account>, Damaged> {
        let has = |account: &Account| {
            account.aliases.iter().chain([&account.name]).any(|other| other.eq_ignore_ascii_case(name))
        };
        self.table.find(PEOPLE_BY_NAME, key(name), |record| Ok(Some(read_account(record)?).filter(has)))
    }

    /// Whoever has this number.
    pub fn account_by_uid(&self, uid: u32) -> Result<Option<Account>, Damaged> {
        let has = |account: &Account| account.uid == uid;
        self.table.find(PEOPLE_BY_UID, uid, |record| Ok(Some(read_account(record)?).filter(has)))
    }

    /// The group of this name: one of the configuration, or somebody's own.
    pub fn group_by_name(&self, name: &str) -> Result<Option<Group>, Damaged> {
        let has = |group: &Group| group.name.eq_ignore_ascii_case(name);
        let group =
            self.table.find(GROUPS_BY_NAME, key(name), |record| Ok(Some(read_group(record)?).filter(has)))?;
        match group {
            Some(group) => Ok(Some(group)),
            None => Ok(self.account_by_name(name)?.as_ref().and_then(own_group)),
        }
    }

    /// The group of this number: one of the configuration, or somebody's own.
    pub fn group_by_gid(&self, gid: u32) -> Result<Option<Group>, Damaged> {
        let has = |group: &Group| group.gid == gid;
        let group =
            self.table.find(GROUPS_BY_GID, gid, |record| Ok(Some(read_group(record)?).filter(has)))?;
        match group {
            Some(group) => Ok(Some(group)),
            None => Ok(self.account_by_uid(gid)?.as_ref().and_then(own_group)),
        }
    }

    /// The account that a name of a configured domain will get, for somebody who has not signed in yet.
    pub fn provisional(&self, name: &str) -> Result<Option<Account>, Damaged> {
        let account = provisional(&self.parameters()?, name);
        let taken = match &account {
            Some(account) => {
                self.account_by_name(name)?.is_some() || self.account_by_uid(account.uid)?.is_some()
            }
            None => false,
        };
        Ok(account.filter(|account| !taken && check_account(account).is_ok()))
    }

    /// What the configuration says of everybody.
    pub fn parameters(&self) -> Result<Parameters, Damaged> {
        let parameters = self.table.find(PARAMETERS, 0, |record| read_parameters(record).map(Some))?;
        parameters.ok_or(Damaged)
    }

    /// Everybody, for whoever may list them.
    pub fn accounts(&self) -> Result<Vec<Account>, Damaged> {
        self.table.all(PEOPLE_BY_UID, read_account)
    }

    /// Every group of the configuration.
    pub fn groups(&self) -> Result<Vec<Group>, Damaged> {
        self.table.all(GROUPS_BY_GID, read_group)
    }
}

/// The private group, where the primary group is the person's own.
fn own_group(account: &Account) -> Option<Group> {
    let own = Group { name: account.name.clone(), gid: account.gid, members: Vec::new() };
    (account.gid == account.uid).then_some(own)
}

fn written_account(account: &Account) -> Writer {
    let mut record = Writer::default();
    record.number(account.uid);
    record.number(account.gid);
    for text in [&account.name, &account.gecos, &account.home, &account.shell] {
        record.text(text);
    }
    record.list(&account.aliases, |record, alias| record.text(alias));
    record.list(&account.groups, |record, gid| record.number(*gid));
    record.list(&account.local_groups, |record, name| record.text(name));
    record
}

fn read_account(record: &[u8]) -> Result<Account, Damaged> {
    let mut fields = Cursor(record);
    let account = Account {
        uid: fields.number()?,
        gid: fields.number()?,
        name: fields.text()?.to_owned(),
        gecos: fields.text()?.to_owned(),
        home: fields.text()?.to_owned(),
        shell: fields.text()?.to_owned(),
        aliases: fields.list(owned)?,
        groups: fields.list(Cursor::number)?,
        local_groups: fields.list(owned)?,
    };
    fields.end()?;
    check_account(&account).map_err(|_| Damaged)?;
    Ok(account)
}

fn owned(fields: &mut Cursor<'_>) -> Result<String, Damaged> {
    fields.text().map(str::to_owned)
}

fn written_group(group: &Group) -> Writer {
    let mut record = Writer::default();
    record.number(group.gid);
    record.text(&group.name);
    record.list(&group.members, |record, member| record.text(member));
    record
}

fn read_group(record: &[u8]) -> Result<Group, Damaged> {
    let mut fields = Cursor(record);
    let (gid, name) = (fields.number()?, fields.text()?.to_owned());
    let group = Group { name, gid, members: fields.list(owned)? };
    fields.end()?;
    let good =
        is_name(&group.name) && refused(gid).is_none() && group.members.iter().all(|name| is_name(name));
    if good { Ok(group) } else { Err(Damaged) }
}

fn written_parameters(parameters: &Parameters) -> Writer {
    let mut record = Writer::default();
    record.number(u32::from(parameters.short_names));
    record.list(&parameters.domains, |record, domain| {
        record.text(&domain.name);
        record.list(
            &domain.range.map_or(Vec::new(), |range| vec![range.min(), range.max()]),
            |record, end| {
                record.number(*end);
            },
        );
        record.text(&domain.home_prefix);
        record.number(match domain.home_name {
            HomeName::Upn => 0,
            HomeName::ShortName => 1,
            HomeName::ObjectId => 2,
        });
        record.text(&domain.shell);
        let lists: Vec<&Vec<String>> = domain.allowed.iter().collect();
        record.list(&lists, |record, list| record.list(list, |record, name| record.text(name)));
    });
    record
}

fn read_parameters(record: &[u8]) -> Result<Parameters, Damaged> {
    let mut fields = Cursor(record);
    let short_names = fields.number()? != 0;
    let domains = fields.list(read_domain)?;
    fields.end()?;
    Ok(Parameters { domains, short_names })
}

fn read_domain(fields: &mut Cursor<'_>) -> Result<Domain, Damaged> {
    let name = owned(fields)?;
    let range = match *fields.list(Cursor::number)?.as_slice() {
        [] => None,
        [min, max] => Some(IdRange::new(min, max).map_err(|_| Damaged)?),
        _ => return Err(Damaged),
    };
    let home_prefix = owned(fields)?;
    let home_name = match fields.number()? {
        0 => HomeName::Upn,
        1 => HomeName::ShortName,
        2 => HomeName::ObjectId,
        _ => return Err(Damaged),
    };
    let shell = owned(fields)?;
    let allowed = fields.list(|fields| fields.list(owned))?.into_iter().next();
    Ok(Domain { name, range, home_prefix, home_name, shell, allowed })
}
