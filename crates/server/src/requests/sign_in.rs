//! `sign_in`: who somebody is, and the registration that may begin with it.

use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use crate::talk::{Identified, follow_registration, identify, parse_name, tell};
use ipc::{Ending, Wait};
use model::{Asker, DomainName, Failure, Registration};

/// Finds out who it is, then follows the registration as far as the caller wants to wait.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    (name, wait): (&str, Wait),
    caller: Caller,
) -> Result<Ending, Failure> {
    let asked = parse_name(name)?;
    let domain = asked.domain().clone();
    let may_register = (service.registrars)(caller.peer.uid == 0, caller.by, caller.gid);
    let asker = Asker { by: caller.by, may_register };
    match identify(connection, service, (asked, asker)).await? {
        Identified::Yes => settle(connection, service, &domain, wait).await,
        Identified::HungUp => Ok(Ending::Failed),
    }
}

/// After the account is checked: follows the registration as far as the caller wants to wait.
async fn settle(
    connection: &mut Connection,
    service: &Service,
    domain: &DomainName,
    wait: Wait,
) -> Result<Ending, Failure> {
    let registration = service.driver.registration(domain);
    let background = registration != Some(Registration::Required) && wait == Wait::SignedIn;
    if background || registration == Some(Registration::Off) {
        return Ok(Ending::Done);
    }
    for text in service.driver.neighbours() {
        tell(connection, &text).await;
    }
    match service.driver.follow(domain) {
        Some(status) => follow_registration(connection, service, status).await,
        None => match service.driver.not_writable().borrow().clone() {
            Some(failure) => Err(failure),
            None => Ok(Ending::NotRegistered),
        },
    }
}
