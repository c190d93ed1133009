//! The endpoint list of Graph (intune.md 1.3, 9.2).

use crate::intune::Intune;
use crate::records::knobs::{IntuneKnobs, MdmCasing, PROVIDERS};
use crate::request_context::RequestContext;
use crate::routes::IW_PATH;
use crate::wire::answer::Answer;
use serde_json::{Value, json};
use tenant_wire::cloud::{ALL, Urls};

/// The services of Intune with their URIs.
pub(crate) fn endpoints(intune: &Intune, context: &RequestContext<'_>) -> Result<Answer, Answer> {
    let claims = context.claims.as_ref().filter(|claims| is_for_graph(intune, claims)).ok_or_else(|| {
        graph_error(401, "token", "InvalidAuthenticationToken", "Access token validation failure.")
    })?;
    let scopes = claims["scp"].as_str().unwrap_or_default();
    if !scopes.split(' ').any(|scope| scope == SCOPE) {
        let text = "Insufficient privileges to complete the operation.";
        return Err(graph_error(403, "scope", "Authorization_RequestDenied", text));
    }
    let list: Vec<Value> = PROVIDERS
        .iter()
        .zip(PATHS)
        .zip(1..)
        .filter(|((name, _), _)| !context.knobs.endpoints_missing.contains(**name))
        .map(|((name, path), number)| endpoint(intune, context.knobs, name, path, number))
        .collect();
    let context =
        format!("https://graph.microsoft.com/v1.0/$metadata#servicePrincipals('appId%3D{INTUNE}')/endpoints");
    Ok(Answer::ok(json!({ "@odata.context": context, "value": list })))
}

fn is_for_graph(intune: &Intune, claims: &Value) -> bool {
    let audience = claims["aud"].as_str().unwrap_or_default();
    let bare = audience.trim_end_matches('/');
    let of_cloud = |cloud| bare.strip_prefix("https://") == Some(&Urls::Public.hosts(cloud).graph);
    bare == GRAPH || bare == intune.graph || ALL.into_iter().any(of_cloud)
}

fn endpoint(intune: &Intune, knobs: &IntuneKnobs, name: &str, path: &str, number: u32) -> Value {
    let mdm = match knobs.mdm_casing {
        MdmCasing::LinuxMDM => "LinuxMDM",
        MdmCasing::LinuxMdm => "LinuxMdm",
    };
    let end = if knobs.trailing_slash { "/" } else { "" };
    json!({
        "id": format!("e0000000-0000-4000-8000-{number:012}"), "deletedDateTime": null,
        "capability": name, "providerId": INTUNE, "providerName": name,
        "providerResourceId": format!("f0000000-0000-4000-8000-{number:012}"),
        "uri": format!("{}{}{end}", intune.base, path.replace("LinuxMDM", mdm)),
    })
}

fn graph_error(status: u16, rule: &str, code: &str, text: &str) -> Answer {
    Answer::refusal(status, rule, json!({ "error": { "code": code, "message": text } }))
}

const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
const INTUNE: &str = "0000000a-0000-0000-c000-000000000000";
const SCOPE: &str = "ServicePrincipalEndpoint.Read.All";
/// The paths of the providers; those of other platforms stand between, for clients that take the first one. The
/// path of AndroidEnrollment is invented.
const PATHS: [&str; PROVIDERS.len()] = [
    "/TrafficGateway/TrafficRoutingService/Enrollment/StatelessAndroidEnrollment",
    "/TrafficGateway/TrafficRoutingService/LinuxMDM/LinuxEnrollmentService",
    "/TrafficGateway/TrafficRoutingService/Wcs/StatelessBrandingService",
    IW_PATH,
    "/TrafficGateway/TrafficRoutingService/LinuxMDM/LinuxDeviceCheckinService",
    "/OAuth/StatelessOAuthService/OAuthProxy",
];
