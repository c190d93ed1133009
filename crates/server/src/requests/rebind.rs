//! `rebind`: keys that were bound to a machine whose components have changed.

use crate::Service;
use crate::connection::Connection;
use crate::talk::{Until, follow, tell, tell_failure, which_domain};
use driver::RebindStarted;
use ipc::Ending;
use model::Failure;
use report::{ending_of, rebind_failure};

/// Binds the keys anew, and follows the machine until it has settled.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
) -> Result<Ending, Failure> {
    let domain = which_domain(service, domain, "There is nothing to bind.")?;
    let started = service.driver.rebind(&domain).await?;
    for text in rebinding(&started) {
        tell(connection, &text).await;
    }
    let last = started.status.clone();
    let ending = follow(connection, service, started.status, Until::BOUND).await?;
    let status = last.borrow().clone();
    let Some(failure) = rebind_failure(&status) else { return Ok(ending) };
    if status.failure.as_ref() != Some(failure) {
        tell_failure(connection, failure).await;
    }
    Ok(if ending == Ending::Suspended { ending } else { ending_of(failure) })
}

/// What a rebinding is about to do, by the names of components alone: their values are nobody's business.
pub(crate) fn rebinding(started: &RebindStarted) -> [String; 3] {
    let listed = |names: &[String]| {
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    let domains: Vec<String> = started.domains.iter().map(ToString::to_string).collect();
    [
        format!(
            "Until now the keys of {} record: {}.",
            domains.join(", "),
            listed(&started.before.components)
        ),
        format!("Changed since: {}.", listed(&started.before.changed)),
        format!("From now on they record of this machine: {}.", listed(&started.now)),
    ]
}
