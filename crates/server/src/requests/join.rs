//! `join`: the registration of a machine that nobody sits at (login.md 9).

use super::sign_in::{self, SignInFor};
use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use crate::talk::{By, bad_name, bad_request, parse_domain};
use driver::{Codes, Purpose};
use ipc::{Answer, Ending, Message, Wait};
use model::{Asked, Asker, DomainName, Failure, Secret};
use std::time::Duration;
use tokio::time::timeout;

/// Shows a code, takes whoever of the domain signs in with it, and follows the registration.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
    caller: Caller,
) -> Result<Ending, Failure> {
    let domain = domain_to_join(service, domain)?;
    let by = By::Person(Purpose::Identify(Codes::Shown));
    sign_in::run(connection, service, registration(domain, caller, by)).await
}

/// Asks for the token that somebody of the domain gave beforehand, and follows the registration.
pub(crate) async fn by_token(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
    caller: Caller,
) -> Result<Ending, Failure> {
    let domain = domain_to_join(service, domain)?;
    let by = By::Token(ask_token(connection).await?);
    sign_in::run(connection, service, registration(domain, caller, by)).await
}

/// Only root comes here.
fn registration(domain: DomainName, caller: Caller, by: By) -> SignInFor {
    let (asked, asker) = (Asked::AnyoneOf(domain, Vec::new()), Asker::who_may_register(caller.by));
    SignInFor { asked, asker, by, wait: Wait::Settled }
}

/// The tool has read it already.
async fn ask_token(connection: &mut Connection) -> Result<Secret<String>, Failure> {
    connection.say(&Message::AskJoinToken {}).await;
    match timeout(TOKEN_TIME, connection.answer()).await {
        Ok(Ok(Answer::JoinToken { token })) => Ok(token),
        Ok(Ok(_)) => Err(bad_request("the answer is to another question")),
        Ok(Err(error)) => Err(bad_request(&error.to_string())),
        Err(_) => Err(bad_request("the token did not come within 30 s")),
    }
}

const TOKEN_TIME: Duration = Duration::from_secs(30);

/// The domain that is named, or the only one of the configuration.
fn domain_to_join(service: &Service, domain: Option<String>) -> Result<DomainName, Failure> {
    if let Some(text) = domain {
        return parse_domain(&text);
    }
    let views = service.driver.view();
    let mut configured = views.into_iter().filter(|view| view.config.is_some()).map(|view| view.domain);
    match (configured.next(), configured.next()) {
        (Some(domain), None) => Ok(domain),
        (None, _) => Err(bad_name("no domain is configured: set domain in himmelblau.conf")),
        (Some(_), Some(_)) => Err(bad_name("there is more than one domain: name it with --domain")),
    }
}
