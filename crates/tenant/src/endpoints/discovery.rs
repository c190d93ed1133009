//! Metadata, keys, instance discovery, and the cloud of a domain (entra.md 1).

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use serde_json::json;
use tenant_wire::answer::Answer;
use tenant_wire::cloud::{Cloud, Urls};
use tenant_wire::documents;

/// OIDC metadata, at the hosts of the tenant's own cloud.
pub(crate) fn metadata(entra: &Tenant, context: &RequestContext) -> Answer {
    let word = context.path.first().map(String::as_str).unwrap_or_default();
    let tenant = match word {
        "common" | "organizations" | "consumers" => ANY.to_owned(),
        _ => match entra.directories.named(word) {
            Some(directory) => directory.id.to_string(),
            None => {
                let text = format!("Tenant '{word}' not found.");
                return context.error(90_002, "invalid_tenant", &text);
            }
        },
    };
    // Clients call the endpoints as they are; only the issuer has the placeholder [inferred].
    let place = if tenant == ANY { word } else { &tenant };
    let mut answer = Answer::ok(documents::metadata(&context.hosts, &tenant, place, context.is_v2()));
    if context.tenant.is_some_and(|id| entra.directories.cloud_of(id) == Cloud::UsGov) {
        answer.set("tenant_region_sub_scope", json!("DODCON"));
    }
    answer.fact("tenant", tenant)
}

/// The key that signs the tokens.
pub(crate) fn jwks(entra: &Tenant) -> Answer {
    Answer::ok(documents::jwks(&entra.signer))
}

/// Instance discovery (entra.md 1.2): the document of the authority that was asked about, and the
/// aliases of all.
pub(crate) fn instance(entra: &Tenant, context: &RequestContext) -> Answer {
    let asked = context.query.get("authorization_endpoint").unwrap_or_default();
    let (host, rest) = asked.trim_start_matches("https://").split_once('/').unwrap_or((asked, ""));
    let local = match &entra.urls {
        Urls::Local { host } => Some(host.as_str()),
        Urls::Public => None,
    };
    if !asked.is_empty() && local != Some(host) && !documents::is_alias(host) {
        return context.error(UNKNOWN_INSTANCE, "invalid_instance", "Unknown or invalid instance.");
    }
    let tenant = rest.split('/').next().filter(|word| !word.is_empty()).unwrap_or("common");
    let host = if host.is_empty() { &context.hosts.login } else { host };
    Answer::ok(documents::instance(host, tenant, local))
}

/// The tenant of a domain, and the hosts of its cloud.
pub(crate) fn federation_provider(entra: &Tenant, context: &RequestContext) -> Answer {
    let domain = context.query.get("domain").unwrap_or_default().to_ascii_lowercase();
    let Some(directory) = entra.directories.named(&domain) else {
        return Answer::refusal(404, "unknown domain", json!({ "error": "unknown domain" }));
    };
    let hosts = entra.urls.hosts(directory.cloud);
    Answer::ok(json!({
        "tenantId": directory.id.to_string(),
        "authority_host": hosts.login,
        "graph": format!("https://{}", hosts.graph),
    }))
}

/// Stands for a tenant that is known only once somebody signs in.
const ANY: &str = "{tenantid}";
/// Not on the page \[inferred\].
const UNKNOWN_INSTANCE: u32 = 50_049;
