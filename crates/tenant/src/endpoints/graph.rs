//! As much of Graph as clients ask for, and what nobody serves.

use crate::request_context::RequestContext;
use crate::rules::bearer::bearer;
use crate::rules::policy::is_graph;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_wire::answer::Answer;
use uuid::Uuid;

/// A path that is served by nobody; below a version of Graph in the shape of Graph's errors.
pub(crate) fn nothing_there(context: &RequestContext) -> Answer {
    let of_graph = context.path.first().is_some_and(|word| word == "v1.0" || word == "beta");
    let body = match of_graph {
        true => json!({ "error": { "code": "Request_ResourceNotFound", "message": "Not served here." } }),
        false => json!({ "error": "not_found" }),
    };
    Answer::refusal(404, "unknown path", body)
}

/// `GET /v1.0/devices(deviceId='…')`: none of the first-party clients may, unless a knob adds the scope
/// (entra.md 0.5).
pub(crate) fn device_object(entra: &Tenant, context: &RequestContext) -> Answer {
    let error = |status, code: &str| {
        Answer::refusal(status, code, json!({ "error": { "code": code, "message": "Refused." } }))
    };
    let Some(claims) = bearer(entra, context, |aud| is_graph(entra, aud)) else {
        return error(401, "InvalidAuthenticationToken");
    };
    let mut scopes = claims["scp"].as_str().unwrap_or_default().split_whitespace();
    if !scopes.any(|scope| ["Device.Read.All", "Directory.Read.All"].contains(&scope)) {
        return error(403, "Authorization_RequestDenied");
    }
    let id = context.path.last().and_then(|word| word.split(['\'', '(', ')']).nth(2)?.parse::<Uuid>().ok());
    let device = id.and_then(|id| entra.devices.get(id));
    match device.filter(|device| claims["tid"] == device.tenant.to_string()) {
        Some(device) => Answer::ok(json!({
            "deviceId": device.id.to_string(), "displayName": device.name, "accountEnabled": device.enabled,
            "isManaged": device.managed, "isCompliant": device.compliant, "trustType": device.trust_type(),
            "operatingSystem": "Linux", "operatingSystemVersion": device.os,
        })),
        None => error(404, "Request_ResourceNotFound"),
    }
}

/// The user of the token.
pub(crate) fn me(entra: &Tenant, context: &RequestContext) -> Answer {
    let refusal = |status| {
        Answer::refusal(
            status,
            "graph token",
            json!({ "error": { "code": "InvalidAuthenticationToken", "message": "Access token validation failure." } }),
        )
    };
    let Some(claims) = bearer(entra, context, |aud| is_graph(entra, aud)) else { return refusal(401) };
    let id = |name: &str| claims[name].as_str().and_then(|text| text.parse::<Uuid>().ok());
    let (Some(tenant), Some(oid)) = (id("tid"), id("oid")) else { return refusal(401) };
    match entra.directories.user(tenant, oid) {
        Some(user) => Answer::ok(json!({ "id": user.oid.to_string(), "userPrincipalName": user.upn })),
        None => refusal(404),
    }
}
