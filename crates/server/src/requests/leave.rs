//! `leave`: the machine leaves the tenant of a domain.

use crate::Service;
use crate::connection::Connection;
use crate::talk::{Until, follow, tell, which_domain};
use driver::LeaveStarted;
use identity::LeaveKind;
use ipc::Ending;
use model::{Cloud, Failure};
use report::left_behind;

/// Asks for it, and follows the machine until it has left or somebody has to decide.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
    force: bool,
) -> Result<Ending, Failure> {
    let domain = which_domain(service, domain, "There is nothing to leave.")?;
    let known = service.driver.view().into_iter().find(|view| view.domain == domain);
    let cloud = known.as_ref().and_then(|view| Some(view.config.as_ref()?.cloud)).unwrap_or(Cloud::Public);
    let ledger = known.as_ref().and_then(|view| Some(view.status()?.snapshot.ledger.clone()));
    let ask = if force { LeaveKind::Force } else { LeaveKind::Unregister };
    let LeaveStarted { domains, status } = service.driver.leave(&domain, ask).await?;
    let names: Vec<String> = domains.iter().map(ToString::to_string).collect();
    let Some(status) = status else {
        tell(connection, &given_up(&names.join(", "))).await;
        return Ok(Ending::Done);
    };
    tell(connection, &format!("Leaving the tenant of {}.", names.join(", "))).await;
    let last = status.clone();
    let ending = follow(connection, service, status, Until::LEFT).await?;
    let stays = left_behind(&ledger.unwrap_or_default(), &last.borrow().snapshot.ledger, cloud);
    for text in stays {
        tell(connection, &text).await;
    }
    Ok(if ending == Ending::NotRegistered { Ending::Done } else { ending })
}

/// What somebody has to do by hand who gave up an identity that could not be read.
fn given_up(domains: &str) -> String {
    format!(
        "What could not be read of {domains} was given up; firmamentd does not know the device object. \
         Ask an administrator of the organisation to look for objects with the name of this machine."
    )
}
