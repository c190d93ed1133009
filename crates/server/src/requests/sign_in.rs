//! `sign_in`: who somebody is, and the registration that may begin with it.

use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use crate::talk::{
    By, Identified, first_use, follow_registration, identify, parse_name, suspended_by, tell, tell_failure,
    tell_waiting,
};
use driver::{Codes, Purpose};
use ipc::{Ending, Wait};
use messages::Said;
use model::{Account, Asked, Asker, DomainName, Failure, Registration};

/// Who signs in, for whom and for what.
pub(crate) struct SignInFor {
    pub(crate) asked: Asked,
    pub(crate) asker: Asker,
    pub(crate) by: By,
    pub(crate) wait: Wait,
}

/// The sign-in that a command asks for.
///
/// # Errors
/// Where the name is none.
pub(crate) fn of_command(
    service: &Service,
    (name, wait): (&str, Wait),
    caller: Caller,
) -> Result<SignInFor, Failure> {
    let asked = Asked::Person(parse_name(name)?);
    let may_register = (service.registrars.callers)(caller.peer.is_root, caller.by, caller.gid);
    let asker = Asker { by: caller.by, may_register };
    Ok(SignInFor { asked, asker, by: By::Person(Purpose::Identify(Codes::Shown)), wait })
}

/// Finds out who it is, then follows the registration as far as the caller wants to wait.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    SignInFor { asked, asker, by, wait }: SignInFor,
) -> Result<Ending, Failure> {
    let domain = asked.domain().clone();
    // Before anybody takes the trouble to sign in.
    for text in (service.about)().key_problems {
        tell(connection, &text).await;
    }
    match identify(connection, service, (asked, asker, by)).await {
        Ok(Identified::Yes(account)) => settle(connection, service, (&domain, &account), wait).await,
        Ok(Identified::HungUp) => Ok(Ending::Failed),
        Err(failure) => refused(connection, service, &domain, failure).await,
    }
}

/// What a sign-in met may have suspended the identity.
async fn refused(
    connection: &mut Connection,
    service: &Service,
    domain: &DomainName,
    failure: Failure,
) -> Result<Ending, Failure> {
    let status = service.driver.follow(domain);
    let suspended = match status {
        Some(status) => suspended_by(&failure, status).await,
        None => false,
    };
    if !suspended {
        return Err(failure);
    }
    tell_failure(connection, &failure).await;
    Ok(Ending::Suspended)
}

/// After the account is checked: follows the registration as far as the caller wants to wait.
async fn settle(
    connection: &mut Connection,
    service: &Service,
    (domain, account): (&DomainName, &Account),
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
    let Some(status) = service.driver.follow(domain) else {
        return match service.driver.not_writable().borrow().clone() {
            Some(failure) => Err(failure),
            None => Ok(Ending::NotRegistered),
        };
    };
    let ending = follow_registration(connection, service, status.clone()).await?;
    let Some(session) = service.driver.session(account).filter(|_| ending == Ending::Done) else {
        return Ok(ending);
    };
    // A code shows no key: only the first use of one tells whether this is the machine that they were made on.
    let waiting = connection.hearer.hears(FIRST_USE, Said::WaitsForFirstUse);
    tell_waiting(connection, &waiting).await;
    match first_use(status, session).await {
        Some(failure) => {
            tell_failure(connection, &failure).await;
            Ok(Ending::Suspended)
        }
        None => Ok(ending),
    }
}

const FIRST_USE: &str = "the keys of this machine to be used for the first time";
