//! The account that a person has on this machine or will have, to and from its record.

use crate::found::damaged;
use accounts::ReservedAccount;
use model::{Account, AccountStanding, DirectoryGroup, LocalAccount, ObjectId, TenantId, Timestamp, Upn};
use store::record::{self, Versioned};
use store::{RecordKey, SCHEMA, StoreError};

pub(crate) fn account_to_record(account: &LocalAccount) -> record::LocalAccount {
    let group = |group: &DirectoryGroup| (group.object.to_string(), group.name.clone());
    let barred = match &account.standing {
        AccountStanding::Allowed => None,
        AccountStanding::Denied { code, at } => Some((Some(code.clone()), at)),
        AccountStanding::Forgotten { at } => Some((None, at)),
    };
    record::LocalAccount {
        schema: SCHEMA,
        upn: account.person.upn.to_string(),
        name: account.name.clone(),
        uid: account.uid,
        gid: account.gid,
        home: account.home.clone(),
        shell: account.shell.clone(),
        first_seen: account.first_seen.as_millis(),
        last_online: account.last_online.as_millis(),
        groups: account.groups.iter().map(group).collect(),
        barred: barred.map(|(code, at)| record::Barred { code, at: at.as_millis() }),
    }
}

pub(crate) fn account_from_record(
    (tenant, object): (TenantId, ObjectId),
    key: &RecordKey,
    bytes: &[u8],
) -> Result<LocalAccount, StoreError> {
    let record = record::LocalAccount::decode(key, bytes)?;
    let upn = record.upn.parse().map_err(|_| damaged(key, "upn is no name"))?;
    let group = |(object, name): (String, Option<String>)| match object.parse() {
        Ok(object) => Ok(DirectoryGroup { object, name }),
        Err(_) => Err(damaged(key, "a group is no GUID")),
    };
    let standing = match record.barred {
        None => AccountStanding::Allowed,
        Some(record::Barred { code: Some(code), at }) => {
            AccountStanding::Denied { code, at: Timestamp::from_millis(at) }
        }
        Some(record::Barred { code: None, at }) => {
            AccountStanding::Forgotten { at: Timestamp::from_millis(at) }
        }
    };
    Ok(LocalAccount {
        person: Account { tenant, object, upn },
        name: record.name,
        uid: record.uid,
        gid: record.gid,
        home: record.home,
        shell: record.shell,
        first_seen: Timestamp::from_millis(record.first_seen),
        last_online: Timestamp::from_millis(record.last_online),
        groups: record.groups.into_iter().map(group).collect::<Result<_, _>>()?,
        standing,
    })
}

pub(crate) fn reserved_to_record(reserved: &ReservedAccount) -> record::ReservedAccount {
    record::ReservedAccount {
        schema: SCHEMA,
        name: reserved.name.clone(),
        uid: reserved.uid,
        home: reserved.home.clone(),
        shell: reserved.shell.clone(),
        reserved_at: reserved.reserved_at.as_millis(),
    }
}

pub(crate) fn reserved_from_record(
    upn: &Upn,
    key: &RecordKey,
    bytes: &[u8],
) -> Result<ReservedAccount, StoreError> {
    let record = record::ReservedAccount::decode(key, bytes)?;
    Ok(ReservedAccount {
        upn: upn.clone(),
        name: record.name,
        uid: record.uid,
        home: record.home,
        shell: record.shell,
        reserved_at: Timestamp::from_millis(record.reserved_at),
    })
}
