//! `rekey`, `cancel_rekey`: moving keys to another place, with a person who signs in for it.

use crate::Service;
use crate::connection::Connection;
use crate::talk::{
    By, Identified, Until, bad_name, follow, follow_registration, identify, parse_name, tell, tell_failure,
    tell_waiting, which_domain,
};
use driver::{Codes, Purpose, Rekey};
use identity::{LeaveKind, Status, WaitsFor};
use ipc::Ending;
use model::{Asked, Asker, Backend, DomainName, Failure, Requester, UnknownWord, Upn};
use report::still_there;
use std::sync::Arc;
use tokio::sync::watch;

/// Registers keys in another place, then sees the old device object off.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    name: &str,
    to: &str,
    force: bool,
) -> Result<Ending, Failure> {
    let asked = parse_name(name)?;
    let places = |UnknownWord(places)| bad_name(&format!("keys can be moved to {}", places.join(", ")));
    let to: Backend = to.parse().map_err(places)?;
    let domain = asked.domain().clone();
    let ask = if force { LeaveKind::Force } else { LeaveKind::Unregister };
    tell_waiting(connection, "the new place of the keys").await;
    match service.driver.rekey(&asked, to, ask).await? {
        Rekey::Unfinished(status) => {
            tell(connection, UNFINISHED).await;
            see_off(connection, service, status).await
        }
        Rekey::SignIn(status) => {
            tell(connection, BEGUN).await;
            let ending = register(connection, service, asked, status).await;
            service.driver.rekey_over(&domain).await;
            match ending? {
                Ending::Done => part(connection, service, &domain).await,
                other => Ok(other),
            }
        }
    }
}

/// Gives a move up.
pub(crate) async fn cancel(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
) -> Result<Ending, Failure> {
    let domain = which_domain(service, domain, "There is nothing to give up.")?;
    let status = service.driver.cancel_rekey(&domain).await?;
    let ending = follow(connection, service, status, Until::LEFT).await;
    service.driver.rekey_over(&domain).await;
    match ending? {
        Ending::NotRegistered => {
            tell(connection, CANCELLED).await;
            Ok(Ending::Done)
        }
        other => Ok(other),
    }
}

async fn register(
    connection: &mut Connection,
    service: &Service,
    asked: Upn,
    status: watch::Receiver<Arc<Status>>,
) -> Result<Ending, Failure> {
    match identify(
        connection,
        service,
        (Asked::Person(asked), Asker::who_may_register(ROOT), By::Person(Purpose::Identify(Codes::Shown))),
    )
    .await?
    {
        Identified::Yes(_) => follow_registration(connection, service, status).await,
        Identified::HungUp => Ok(Ending::Failed),
    }
}

/// The new keys are in force: the old object goes.
async fn part(
    connection: &mut Connection,
    service: &Service,
    domain: &DomainName,
) -> Result<Ending, Failure> {
    match service.driver.predecessor(domain) {
        Some(status) => see_off(connection, service, status).await,
        None => {
            tell(connection, MOVED).await;
            Ok(Ending::Done)
        }
    }
}

async fn see_off(
    connection: &mut Connection,
    service: &Service,
    status: watch::Receiver<Arc<Status>>,
) -> Result<Ending, Failure> {
    let last = status.clone();
    let ending = follow(connection, service, status, Until::LEFT).await?;
    let last = last.borrow().clone();
    if last.waits_for == Some(WaitsFor::Operator) {
        if let Some(failure) = still_there(&last) {
            tell_failure(connection, &failure).await;
        }
        return Ok(Ending::Denied);
    }
    if ending == Ending::NotRegistered {
        let text = if last.snapshot.ledger.is_empty() { MOVED } else { LEFT_BEHIND };
        tell(connection, text).await;
        return Ok(Ending::Done);
    }
    Ok(ending)
}

/// Nobody else may ask for a move.
const ROOT: Requester = Requester(0);
const BEGUN: &str = "New keys are registered with the sign-in that follows; until the directory has proved to know \
                     them, the old ones are in force.";
const UNFINISHED: &str = "The device object of the last move is still there: it is removed first.";
const MOVED: &str = "The old device object is gone, and its keys too.";
const LEFT_BEHIND: &str =
    "The old keys are gone; what stayed at the service is in the ledger of aad-tool status.";
const CANCELLED: &str = "Rekey cancelled; the previous keys remain in use.";
