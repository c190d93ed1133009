//! Discover of the registration service (entra.md 3).

use crate::request_context::RequestContext;
use crate::rules::bearer::registration_token;
use crate::tenant::Tenant;
use tenant_wire::answer::Answer;
use tenant_wire::documents;

/// The endpoints of the registration service for the tenant of the path.
pub(crate) fn discover(entra: &Tenant, context: &RequestContext) -> Answer {
    let word = context.path.first().map(String::as_str).unwrap_or_default();
    let Some(directory) = entra.directories.named(word) else {
        return context.bad_request("error_fail", "AADSTS90002: tenant not found.");
    };
    if context.knobs.discover_needs_token
        && let Err(refusal) = registration_token(entra, context)
    {
        return refusal;
    }
    let name = directory.domains.first().map(String::as_str);
    let federated = name.is_some_and(|domain| context.knobs.federated.get(domain) == Some(&true));
    let document = documents::discover(&context.hosts, directory.id, name, federated);
    Answer::ok(document).fact("tenant", directory.id)
}
