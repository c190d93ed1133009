//! entra.md 1: metadata, keys, hosts.

use crate::asking::Ask;
use crate::world::Tenant;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tenant_wire::answer::Answer;
use tenant_wire::cloud::{self, Cloud, Urls};

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
        let mut answer = Answer::ok(described(ask, &tenant, place));
        if ask.tenant.is_some_and(|id| self.directories.cloud_of(id) == Cloud::UsGov) {
            answer.set("tenant_region_sub_scope", json!("DODCON"));
        }
        answer.fact("tenant", tenant)
    }

    pub(crate) fn jwks(&self) -> Answer {
        let (n, e) = self.signer.public();
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Answer::ok(json!({ "keys": [{
            "kty": "RSA", "use": "sig", "kid": self.signer.kid, "x5t": self.signer.kid, "n": encode(&n), "e": encode(&e),
        }] }))
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
        let known = |groups: &[&str]| groups.contains(&host.to_ascii_lowercase().as_str());
        if !asked.is_empty() && local != Some(host) && !ALIASES.iter().any(|it| known(it)) {
            return ask.error(UNKNOWN_INSTANCE, "invalid_instance", "Unknown or invalid instance.");
        }
        let tenant = rest.split('/').next().filter(|word| !word.is_empty()).unwrap_or("common");
        let host = if host.is_empty() { &ask.hosts.login } else { host };
        let group = |aliases: &[&str]| {
            let cache = aliases.get(1).or(aliases.first());
            json!({ "preferred_network": aliases.first(), "preferred_cache": cache, "aliases": aliases })
        };
        let own = local.map(|host| group(&[host]));
        let metadata: Vec<Value> = own.into_iter().chain(ALIASES.iter().map(|it| group(it))).collect();
        Answer::ok(json!({
            "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": metadata,
        }))
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

/// The members of either version; `tenant` is an id or the placeholder of `common`, `place` what stands in paths.
fn described(ask: &Ask, tenant: &str, place: &str) -> Value {
    let (login, second) = (&ask.hosts.login, ask.is_v2());
    let version = if second { "/v2.0" } else { "" };
    let oauth = format!("https://{login}/{place}/oauth2{version}");
    let issuer = match second {
        true => format!("https://{login}/{tenant}/v2.0"),
        false => format!("https://sts.windows.net/{tenant}/"),
    };
    let jwks = match second {
        true => format!("https://{login}/{place}/discovery/v2.0/keys"),
        false => format!("https://{login}/common/discovery/keys"),
    };
    json!({
        "token_endpoint": format!("{oauth}/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "authorization_endpoint": format!("{oauth}/authorize"),
        "device_authorization_endpoint": format!("{oauth}/devicecode"),
        "end_session_endpoint": format!("{oauth}/logout"),
        "jwks_uri": jwks,
        "issuer": issuer,
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "microsoft_multi_refresh_token": true,
        "tenant_region_scope": "EU",
        "cloud_instance_name": ask.hosts.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": ask.hosts.graph,
        "rbac_url": ask.hosts.rbac,
    })
}

const ALL: [Cloud; 3] = [Cloud::Public, Cloud::UsGov, Cloud::China];
/// entra.md 1.2; the first of a group is the network's name for it, the second that of caches.
const ALIASES: [&[&str]; 4] = [
    &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    &["login.microsoftonline.de"],
    &["login.microsoftonline.us", "login.usgovcloudapi.net"],
];
/// Not on the page [inferred].
const UNKNOWN_INSTANCE: u32 = 50_049;
