//! Requests to Graph, whose token is judged here, and what nobody serves.

use crate::request_context::RequestContext;
use crate::rules::bearer::bearer;
use crate::rules::policy::is_graph;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_graph::Call;
use tenant_model::knobs::GroupsTold;
use tenant_wire::answer::Answer;
use tenant_wire::unserved;

/// A path that is served by nobody; below a version of Graph in the shape of Graph's errors.
pub(crate) fn nothing_there(context: &RequestContext) -> Answer {
    let text = unserved::text(context.method.as_str(), &context.path);
    let of_graph = context.path.first().is_some_and(|word| word == "v1.0" || word == "beta");
    let body = match of_graph {
        true => json!({ "error": { "code": "Request_ResourceNotFound", "message": text } }),
        false => json!({ "error": "not_served", "error_description": text }),
    };
    Answer::refusal(404, "unknown path", body)
}

/// A grant that the token endpoint does not know, or leaves out.
pub(crate) fn other_grant(context: &RequestContext) -> Answer {
    let form = context.form();
    let Some(grant) = form.get("grant_type") else {
        return context.error(900_144, "invalid_request", "The request body must contain 'grant_type'.");
    };
    let left_out = unserved::UNSERVED_GRANTS.iter().find(|(name, _)| *name == grant);
    let why = left_out.map(|(_, what)| format!(" entra-simulator leaves out {what}.")).unwrap_or_default();
    let text = format!("The app requested an unsupported grant type '{grant}'.{why}");
    context.error(70_003, "unsupported_grant_type", &text)
}

/// One of the requests of Graph.
pub(crate) fn graph(entra: &Tenant, context: &RequestContext, name: &str) -> Answer {
    let claims = bearer(entra, context, |aud| is_graph(entra, aud));
    tenant_graph::answer(&Call {
        name,
        path: &context.path,
        query: &context.query,
        claims: claims.as_ref(),
        host: &context.hosts.graph,
        groups_readable: matches!(context.knobs.groups_told, GroupsTold::Graph | GroupsTold::TooMany),
        directories: &entra.directories,
        devices: &entra.devices,
    })
}
