//! Accounts of this machine as root is shown them.

use accounts::{AccountSettings, ReservedAccount};
use ipc::AccountEntry;
use model::{AccountStanding, LocalAccount, Timestamp};

/// Everybody who has an account here and everybody for whom one is set aside, by their numbers; each entry is made when
/// it is asked for.
pub fn account_entries<'a>(
    settings: &'a AccountSettings,
    (accounts, reserved): (&'a [LocalAccount], &'a [ReservedAccount]),
    offline_until: impl Fn(&LocalAccount) -> Option<Timestamp> + 'a,
    sessions: impl Fn(&LocalAccount) -> u32 + 'a,
) -> impl Iterator<Item = AccountEntry> + 'a {
    let accounts = accounts.iter().map(|it| (it.uid, Whose::Account(it)));
    let mut all: Vec<_> = accounts.chain(reserved.iter().map(|it| (it.uid, Whose::Reserved(it)))).collect();
    all.sort_by_key(|(uid, _)| *uid);
    all.into_iter().map(move |(_, whose)| match whose {
        Whose::Account(account) => AccountEntry {
            offline_until: offline_until(account).map(|until| until.to_string()),
            sessions: sessions(account),
            ..entry(settings, account)
        },
        Whose::Reserved(reserved) => reserved_entry(settings, reserved),
    })
}

enum Whose<'a> {
    Account(&'a LocalAccount),
    Reserved(&'a ReservedAccount),
}

fn entry(settings: &AccountSettings, account: &LocalAccount) -> AccountEntry {
    let (standing, code) = match &account.standing {
        AccountStanding::Allowed => ("allowed", None),
        AccountStanding::Denied { code, .. } => ("denied", Some(code.clone())),
        AccountStanding::Forgotten { .. } => ("forgotten", None),
    };
    AccountEntry {
        name: account.name.clone(),
        upn: account.person.upn.to_string(),
        tenant: account.person.tenant.to_string(),
        object: account.person.object.to_string(),
        uid: account.uid,
        gid: account.gid,
        home: account.home.clone(),
        shell: account.shell.clone(),
        standing: standing.to_owned(),
        code,
        first_seen: account.first_seen.to_string(),
        last_online: account.last_online.to_string(),
        sub_ids: settings.sub_ids_of(&account.person.upn),
        reserved_at: None,
        offline_until: None,
        sessions: 0,
    }
}

fn reserved_entry(settings: &AccountSettings, reserved: &ReservedAccount) -> AccountEntry {
    AccountEntry {
        name: reserved.name.clone(),
        upn: reserved.upn.to_string(),
        uid: reserved.uid,
        gid: reserved.uid,
        home: reserved.home.clone(),
        shell: reserved.shell.clone().unwrap_or_default(),
        standing: "reserved".to_owned(),
        sub_ids: settings.sub_ids_of(&reserved.upn),
        reserved_at: Some(reserved.reserved_at.to_string()),
        ..AccountEntry::default()
    }
}
