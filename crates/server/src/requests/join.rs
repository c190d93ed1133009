//! `join`: the registration of a machine that nobody sits at (login.md 9).

use super::sign_in::{self, SignInFor};
use crate::Service;
use crate::connection::Connection;
use crate::conversation::Caller;
use crate::talk::{bad_name, parse_domain};
use driver::{Codes, Purpose};
use ipc::{Ending, Wait};
use model::{Asked, Asker, DomainName, Failure};

/// Shows a code, takes whoever of the domain signs in with it, and follows the registration.
pub(crate) async fn run(
    connection: &mut Connection,
    service: &Service,
    domain: Option<String>,
    caller: Caller,
) -> Result<Ending, Failure> {
    let domain = domain_to_join(service, domain)?;
    // Only root comes here.
    let asker = Asker::who_may_register(caller.by);
    let asked = Asked::AnyoneOf(domain, Vec::new());
    sign_in::run(
        connection,
        service,
        SignInFor { asked, asker, purpose: Purpose::Identify(Codes::Shown), wait: Wait::Settled },
    )
    .await
}

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
