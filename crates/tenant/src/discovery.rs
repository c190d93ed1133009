//! entra.md 1: metadata, keys, hosts.

use crate::asking::Ask;
use crate::world::Tenant;
use serde_json::json;
use tenant_wire::answer::Answer;
use tenant_wire::cloud::{self, Cloud, Urls};
use tenant_wire::documents;

impl Tenant {
    pub(crate) fn is_graph(&self, resource: &str) -> bool {
        let host = resource.trim_start_matches("https://").trim_end_matches('/');
        let named = |cloud| self.urls.hosts(cloud).graph == host || Urls::Public.hosts(cloud).graph == host;
        resource == "00000003-0000-0000-c000-000000000000" || ALL.into_iter().any(named)
    }

    /// OIDC metadata; a tenant of another cloud is described with the hosts of its own [inferred].
    pub(crate) fn metadata(&self, ask: &Ask) -> Answer {
        let word = ask.path.first().map(String::as_str).unwrap_or_default();
        let tenant = match word {
            "common" | "organizations" | "consumers" => ANY.to_owned(),
            _ => match self.directories.named(word) {
                Some(directory) => directory.id.to_string(),
                None => {
                    let text = format!("Tenant '{word}' not found.");
                    return ask.error(90_002, "invalid_tenant", &text);
                }
            },
        };
        // Clients call the endpoints as they are; only the issuer has the placeholder [inferred].
        let place = if tenant == ANY { word } else { &tenant };
        let mut answer = Answer::ok(documents::metadata(&ask.hosts, &tenant, place, ask.is_v2()));
        if ask.tenant.is_some_and(|id| self.directories.cloud_of(id) == Cloud::UsGov) {
            answer.set("tenant_region_sub_scope", json!("DODCON"));
        }
        answer.fact("tenant", tenant)
    }

    pub(crate) fn jwks(&self) -> Answer {
        Answer::ok(documents::jwks(&self.signer))
    }

    /// Instance discovery (entra.md 1.2): the document of the authority that was asked about, and the
    /// aliases of all.
    pub(crate) fn instance(&self, ask: &Ask) -> Answer {
        let asked = ask.query.get("authorization_endpoint").unwrap_or_default();
        let (host, rest) = asked.trim_start_matches("https://").split_once('/').unwrap_or((asked, ""));
        let local = match &self.urls {
            Urls::Local { host } => Some(host.as_str()),
            Urls::Public => None,
        };
        if !asked.is_empty() && local != Some(host) && !documents::is_alias(host) {
            return ask.error(UNKNOWN_INSTANCE, "invalid_instance", "Unknown or invalid instance.");
        }
        let tenant = rest.split('/').next().filter(|word| !word.is_empty()).unwrap_or("common");
        let host = if host.is_empty() { &ask.hosts.login } else { host };
        Answer::ok(documents::instance(host, tenant, local))
    }

    pub(crate) fn federation_provider(&self, ask: &Ask) -> Answer {
        let domain = ask.query.get("domain").unwrap_or_default().to_ascii_lowercase();
        let Some(directory) = self.directories.named(&domain) else {
            return Answer::refusal(404, "unknown domain", json!({ "error": "unknown domain" }));
        };
        let hosts = self.urls.hosts(directory.cloud);
        Answer::ok(json!({
            "tenantId": directory.id.to_string(),
            "authority_host": hosts.login,
            "graph": format!("https://{}", hosts.graph),
        }))
    }

    /// Why a tenant is not served at this host, if it is not (entra.md 6.5, 10.5).
    pub(crate) fn wrong_cloud(&self, ask: &Ask, tenant: uuid::Uuid) -> Option<Answer> {
        let asked = cloud::of_host(&ask.peer.host).filter(|_| self.urls == Urls::Public)?;
        let text = "The tenant is in another national cloud: use its own host.";
        (asked != self.directories.cloud_of(tenant)).then(|| ask.error(90_038, "invalid_request", text))
    }
}

/// Stands for a tenant that is known only once somebody signs in.
const ANY: &str = "{tenantid}";

const ALL: [Cloud; 3] = [Cloud::Public, Cloud::UsGov, Cloud::China];
/// Not on the page [inferred].
const UNKNOWN_INSTANCE: u32 = 50_049;
