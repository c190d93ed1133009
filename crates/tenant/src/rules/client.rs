//! Which client asks, whether it may, and what it has to show.

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use tenant_wire::answer::Answer;
use tenant_wire::clients::{self, BROKER, BROKER_IDENTITY};
use tenant_wire::forms::Form;
use tenant_wire::request::Signed;
use uuid::Uuid;

/// The client of a request that only the broker may send, by either of its names (entra.md 7.3).
pub(crate) fn broker_only<'a>(context: &RequestContext, signed: &'a Signed) -> Result<&'a str, Answer> {
    let client = signed.claim("client_id").filter(|client| [BROKER, BROKER_IDENTITY].contains(client));
    client.ok_or_else(|| context.refuse(700_016))
}

/// Refuses a redirect URI that is not one of the client's.
pub(crate) fn must_be_registered(
    entra: &Tenant,
    context: &RequestContext,
    signed: &Signed,
) -> Result<(), Answer> {
    let text = |name: &str| signed.claim(name).unwrap_or_default();
    if is_registered(entra, text("client_id"), text("redirect_uri")) {
        return Ok(());
    }
    Err(wrong_redirect_uri(context))
}

/// The refusal of a redirect URI that is not one of the client's.
pub(crate) fn wrong_redirect_uri(context: &RequestContext) -> Answer {
    let text = "The redirect URI specified in the request does not match those of the application.";
    context.error(50_011, "invalid_request", &format!("{text} {OF_THE_SEED}"))
}

/// Whether a redirect URI is one of the client's: of the seed, or else of first-party clients.
pub(crate) fn is_registered(entra: &Tenant, client: &str, redirect_uri: &str) -> bool {
    match entra.directories.application(client) {
        Some((_, application)) => application.takes(redirect_uri),
        None => clients::is_registered(client, redirect_uri),
    }
}

/// Refuses a client that is no application of this tenant: one of another, and where a knob says so all that
/// neither the seed nor the protocol page names.
pub(crate) fn unknown_client(
    entra: &Tenant,
    context: &RequestContext,
    client: &str,
    tenant: Uuid,
) -> Option<Answer> {
    let unknown = match entra.directories.application(client) {
        Some((home, _)) => home != tenant,
        None => !context.knobs.unlisted_clients && !clients::is_listed(client),
    };
    unknown.then(|| context.refuse(700_016))
}

/// Refuses a client that does not show its secret, or shows one that it does not have.
pub(crate) fn refused_secret(entra: &Tenant, context: &RequestContext, form: &Form) -> Option<Answer> {
    if form.get("client_assertion").is_some() {
        let text = "Client assertions are not served here: show a client_secret.";
        return Some(Answer { status: 401, ..context.error(50_027, "invalid_client", text) });
    }
    let client = form.get("client_id").unwrap_or_default();
    let application = entra.directories.application(client).map(|(_, application)| application);
    let own = application.and_then(|it| it.secret.as_deref());
    match (own, form.get("client_secret")) {
        (Some(own), Some(shown)) if own == shown => None,
        (None, None) => None,
        (Some(_), Some(_)) => Some(context.refuse(7_000_215)),
        (Some(_), None) => Some(context.refuse(7_000_218)),
        (None, Some(_)) if application.is_some() || clients::is_listed(client) => {
            Some(context.refuse(700_025))
        }
        (None, Some(_)) => {
            let text = format!("The application '{client}' was not found in the directory. {OF_THE_SEED}");
            Some(context.error(700_016, "unauthorized_client", &text))
        }
    }
}

/// What to do about a client that the stand-in does not know; no text of the real service.
pub(crate) const OF_THE_SEED: &str =
    "entra-simulator knows secrets and redirect URIs of the applications in its seed only.";
