//! `accounts`, `change_account`, `reserve_account`: who has an account of this machine, and what root changes of one.

use crate::Service;
use crate::connection::Connection;
use crate::talk::{bad_name, parse_name, tell};
use accounts::{AccountChange, ReservationWanted};
use ipc::{Ending, Message};
use model::{Failure, LocalAccount};
use report::account_entries;
use std::collections::BTreeMap;

/// Everybody, by their numbers.
pub(crate) async fn list(connection: &mut Connection, service: &Service) -> Result<Ending, Failure> {
    let driver = &service.driver;
    let usable: BTreeMap<_, _> = driver.usable_offline().people.into_iter().collect();
    let offline_until = |it: &LocalAccount| usable.get(&(it.person.tenant, it.person.object)).copied();
    let (accounts, reserved) = (driver.accounts(), driver.reserved());
    let sessions = |it: &LocalAccount| driver.open_sessions(it);
    let accounts =
        account_entries(driver.account_settings(), (&accounts, &reserved), offline_until, sessions);
    let pages = ipc::account_pages(accounts, connection.page());
    connection.say_pages(pages, |accounts, more| Message::Accounts { accounts, more }).await?;
    Ok(Ending::Done)
}

/// Sets an account aside for somebody who has not signed in yet.
pub(crate) async fn reserve(
    connection: &mut Connection,
    service: &Service,
    name: &str,
    (uid, home): (Option<u32>, Option<String>),
) -> Result<Ending, Failure> {
    let wanted = ReservationWanted { upn: parse_name(name)?, uid, home };
    let reserved = service.driver.reserve_account(wanted).await?;
    let (upn, name, uid, home) = (&reserved.upn, &reserved.name, reserved.uid, &reserved.home);
    tell(connection, &format!("{upn} will be {name} with the number {uid} and the home {home}.")).await;
    tell(
        connection,
        "The name resolves from now on; the first sign-in with a password or a code lets them in.",
    )
    .await;
    Ok(Ending::Done)
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
