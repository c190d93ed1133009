//! `accounts`, `change_account`: who has an account of this machine, and what root changes of one.

use crate::Service;
use crate::connection::Connection;
use crate::talk::{bad_name, tell};
use accounts::AccountChange;
use ipc::{AccountEntry, Ending, Message};
use model::{AccountStanding, Failure, LocalAccount, Timestamp};

/// Everybody, by their numbers.
pub(crate) async fn list(connection: &mut Connection, service: &Service) -> Result<Ending, Failure> {
    let mut accounts = service.driver.accounts();
    accounts.sort_by_key(|account| account.uid);
    let usable = service.driver.usable_offline().people;
    let until = |it: &LocalAccount| {
        usable.iter().find(|((tenant, object), _)| it.is_of(*tenant, *object)).map(|(_, until)| *until)
    };
    let accounts = accounts.iter().map(|it| entry(it, until(it))).collect();
    connection.say(&Message::Accounts { accounts }).await;
    Ok(Ending::Done)
}

fn entry(account: &LocalAccount, offline_until: Option<Timestamp>) -> AccountEntry {
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
        offline_until: offline_until.map(|until| until.to_string()),
    }
}

/// Gives an account another name or another number.
pub(crate) async fn change(
    connection: &mut Connection,
    service: &Service,
    name: &str,
    to: (Option<String>, Option<u32>),
) -> Result<Ending, Failure> {
    let (to, afterwards) = match to {
        (Some(new), None) => (AccountChange::Name(new), "The home directory stays where it is."),
        (None, Some(uid)) => {
            (AccountChange::Uid(uid), "Files keep the number before: give them away with chown.")
        }
        _ => return Err(bad_name("an account gets a new name or a new number")),
    };
    let account = service.driver.change_account(name.to_owned(), to).await?;
    tell(
        connection,
        &format!("{} is {} with the number {} now.", account.person.upn, account.name, account.uid),
    )
    .await;
    tell(connection, afterwards).await;
    tell(connection, "Whoever is logged in stays who they were until they log out.").await;
    Ok(Ending::Done)
}
