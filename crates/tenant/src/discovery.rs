//! entra.md 1: metadata, keys, hosts.

use crate::answer::Answer;
use crate::words::Urls;
use crate::world::{Ask, Tenant};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

/// The hosts that documents name.
pub(crate) struct Hosts {
    pub(crate) login: String,
    pub(crate) drs: String,
    pub(crate) graph: String,
}

impl Tenant {
    pub(crate) fn hosts(&self) -> Hosts {
        match &self.urls {
            Urls::Local { host } => Hosts { login: host.clone(), drs: host.clone(), graph: host.clone() },
            Urls::Public => Hosts {
                login: "login.microsoftonline.com".to_owned(),
                drs: "enterpriseregistration.windows.net".to_owned(),
                graph: "graph.microsoft.com".to_owned(),
            },
        }
    }

    pub(crate) fn is_graph(&self, resource: &str) -> bool {
        let host = resource.trim_start_matches("https://").trim_end_matches('/');
        host == self.hosts().graph
            || host == "graph.microsoft.com"
            || resource == "00000003-0000-0000-c000-000000000000"
    }

    pub(crate) fn metadata(&self, ask: &Ask) -> Answer {
        let word = ask.path.first().map(String::as_str).unwrap_or_default();
        let tenant = match word {
            "common" | "organizations" | "consumers" => "{tenantid}".to_owned(),
            _ => match self.tenant_named(word) {
                Some(directory) => directory.id.to_string(),
                None => {
                    let text = format!("Tenant '{word}' not found.");
                    return ask.error(90_002, "invalid_tenant", &text);
                }
            },
        };
        let login = self.hosts().login;
        let second = ask.path.iter().any(|part| part == "v2.0");
        let (oauth, issuer) = match second {
            true => {
                (format!("https://{login}/{tenant}/oauth2/v2.0"), format!("https://{login}/{tenant}/v2.0"))
            }
            false => {
                (format!("https://{login}/{tenant}/oauth2"), format!("https://sts.windows.net/{tenant}/"))
            }
        };
        let jwks = if second {
            format!("https://{login}/{tenant}/discovery/v2.0/keys")
        } else {
            format!("https://{login}/common/discovery/keys")
        };
        let hosts = self.hosts();
        Answer::ok(json!({
            "token_endpoint": format!("{oauth}/token"),
            "authorization_endpoint": format!("{oauth}/authorize"),
            "device_authorization_endpoint": format!("{oauth}/devicecode"),
            "jwks_uri": jwks,
            "issuer": issuer,
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": hosts.graph,
            "rbac_url": "https://pas.windows.net",
        }))
        .fact("tenant", tenant)
    }

    pub(crate) fn jwks(&self) -> Answer {
        let (n, e) = self.signer.public();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Answer::ok(json!({ "keys": [{
            "kty": "RSA", "use": "sig", "kid": self.signer.kid, "x5t": self.signer.kid, "n": encode(&n), "e": encode(&e),
        }] }))
    }

    pub(crate) fn instance(&self) -> Answer {
        let login = self.hosts().login;
        Answer::ok(json!({
            "tenant_discovery_endpoint": format!("https://{login}/common/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [{ "preferred_network": login, "preferred_cache": "login.windows.net", "aliases": [login, "login.windows.net", "login.microsoft.com", "sts.windows.net"] }],
        }))
    }

    pub(crate) fn federation_provider(&self, ask: &Ask) -> Answer {
        let domain = ask.query.get("domain").unwrap_or_default().to_ascii_lowercase();
        let hosts = self.hosts();
        match self.tenant_named(&domain) {
            Some(directory) => Answer::ok(json!({
                "tenantId": directory.id.to_string(),
                "authority_host": hosts.login,
                "graph": format!("https://{}", hosts.graph),
            })),
            None => Answer::refusal(404, "unknown domain", json!({ "error": "unknown domain" })),
        }
    }
}
