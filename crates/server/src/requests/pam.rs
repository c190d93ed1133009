//! `pam_authenticate`, `pam_session`: a sign-in for a program that lets people in, and the sessions that it opens.

use super::sign_in::{self, SignInFor};
use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use crate::dispatch::forbidden;
use crate::talk::By;
use accounts::Meant;
use driver::{Codes, Purpose};
use ipc::{Ending, PersonAsked, Wait};
use model::{Asked, Asker, Failure};

/// Finds out who it is; the registration goes on by itself. The caller hears of us every few seconds, and takes
/// silence for our end (login.md 1.2, rule 6).
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    (name, asked): (&str, PersonAsked),
    caller: Caller,
) -> Result<Ending, Failure> {
    connection.gives_signs_of_life = true;
    let codes = match asked {
        PersonAsked::Person => Codes::Shown,
        PersonAsked::OnePrompt => Codes::NotShown,
    };
    let (asked, purpose) = match service.driver.meant_by(name) {
        None => return Ok(Ending::NotServed),
        Some(Meant::Person(person)) => (person, Purpose::LetIn(codes)),
        Some(Meant::MappedUser(person)) => (person, Purpose::Identify(codes)),
    };
    // A screen locker runs as the person whom it asks for.
    if !caller.peer.is_root && service.driver.uid_of(&asked) != Some(caller.peer.uid) {
        return Err(forbidden("only root and the owner of the account may sign in for it"));
    }
    let asker = Asker { by: caller.by, may_register: (service.registrars.people)(&asked) };
    sign_in::run(
        connection,
        service,
        SignInFor { asked: Asked::Person(asked), asker, by: By::Person(purpose), wait: Wait::SignedIn },
    )
    .await
}

/// Counts a session that a program has opened or closed; who has no account here is nobody's business.
pub(crate) fn session(service: &Service, name: &str, open: bool) {
    if let Some(Meant::Person(person)) = service.driver.meant_by(name) {
        service.driver.count_session(&person, open);
    }
}
