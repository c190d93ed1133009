//! Discover of the registration service (entra.md 3).

use crate::ask::Ask;
use crate::rules::bearer::registration_token;
use crate::tenant::Tenant;
use tenant_wire::answer::Answer;
use tenant_wire::documents;

/// The endpoints of the registration service for the tenant of the path.
pub(crate) fn discover(entra: &Tenant, ask: &Ask) -> Answer {
    let word = ask.path.first().map(String::as_str).unwrap_or_default();
    let Some(directory) = entra.directories.named(word) else {
        return ask.bad_request("error_fail", "AADSTS90002: tenant not found.");
    };
    if ask.knobs.discover_needs_token
        && let Err(refusal) = registration_token(entra, ask)
    {
        return refusal;
    }
    let name = directory.domains.first().map(String::as_str);
    let federated = name.is_some_and(|domain| ask.knobs.federated.get(domain) == Some(&true));
    let document = documents::discover(&ask.hosts, directory.id, name, federated);
    Answer::ok(document).fact("tenant", directory.id)
}
