//! The documents that say where everything is: OIDC metadata, keys, instance discovery and Discover
//! (entra.md 1, 3).

use crate::cloud::Hosts;
use crate::keys::OwnKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

/// OIDC metadata of version 2 (`second`) or 1; `tenant` is an id or the placeholder of `common`, `place` what stands in paths.
pub fn metadata(hosts: &Hosts, tenant: &str, place: &str, second: bool) -> Value {
    let login = &hosts.login;
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
    let userinfo = match second {
        true => format!("https://{}/oidc/userinfo", hosts.graph),
        false => format!("https://{login}/{place}/openid/userinfo"),
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
        "userinfo_endpoint": userinfo,
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
        "http_logout_supported": true,
        "frontchannel_logout_supported": true,
        "microsoft_multi_refresh_token": true,
        "tenant_region_scope": "EU",
        "cloud_instance_name": hosts.instance,
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": hosts.graph,
        "rbac_url": hosts.rbac,
    })
}

/// The key set with the key that signs the tokens.
pub fn jwks(signer: &OwnKey) -> Value {
    let (n, e) = signer.public();
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({ "keys": [{
        "kty": "RSA", "use": "sig", "kid": signer.kid, "x5t": signer.kid, "n": encode(&n), "e": encode(&e),
    }] })
}

/// Whether a host (in any case) is one of those that instance discovery knows.
pub fn is_alias(host: &str) -> bool {
    ALIASES.iter().any(|group| group.contains(&host.to_ascii_lowercase().as_str()))
}

/// Instance discovery about a tenant at a host; `local` is the host of local mode, a cloud of its own.
pub fn instance(host: &str, tenant: &str, local: Option<&str>) -> Value {
    let group = |aliases: &[&str]| {
        let cache = aliases.get(1).or(aliases.first());
        json!({ "preferred_network": aliases.first(), "preferred_cache": cache, "aliases": aliases })
    };
    let own = local.map(|host| group(&[host]));
    let metadata: Vec<Value> = own.into_iter().chain(ALIASES.iter().map(|it| group(it))).collect();
    json!({
        "tenant_discovery_endpoint": format!("https://{host}/{tenant}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": metadata,
    })
}

/// Discover of the registration service; `name` is the tenant's first domain.
pub fn discover(hosts: &Hosts, tenant: Uuid, name: Option<&str>, federated: bool) -> Value {
    let (r, a, t) = (&hosts.drs, &hosts.login, tenant);
    let urn = &hosts.drs_resource;
    json!({
            "DiscoveryService": { "DiscoveryEndpoint": format!("https://{r}/{t}/Discover"), "ServiceVersion": "1.9" },
            "DeviceRegistrationService": { "RegistrationEndpoint": format!("https://{r}/EnrollmentServer/DeviceEnrollmentWebService.svc"), "RegistrationResourceId": urn, "ServiceVersion": "1.0" },
            "AuthenticationService": { "OAuth2": { "AuthCodeEndpoint": format!("https://{a}/{t}/oauth2/authorize"), "TokenEndpoint": format!("https://{a}/{t}/oauth2/token") } },
            "IdentityProviderService": { "Federated": federated, "PassiveAuthEndpoint": format!("https://{a}/{t}/wsfed") },
            "DeviceJoinService": { "JoinEndpoint": format!("https://{r}/EnrollmentServer/device/"), "JoinResourceId": urn, "ServiceVersion": "2.0" },
            "KeyProvisioningService": { "KeyProvisionEndpoint": format!("https://{r}/EnrollmentServer/key/"), "KeyProvisionResourceId": urn, "ServiceVersion": "1.0" },
            "WebAuthNService": { "WebAuthNEndpoint": format!("https://{r}/webauthn/{t}/"), "WebAuthNResourceId": urn, "ServiceVersion": "1.0" },
            "DeviceManagementService": { "DeviceManagementEndpoint": format!("https://{r}/manage/{t}/"), "DeviceManagementResourceId": urn, "ServiceVersion": "1.0" },
            "MsaProviderData": { "SiteId": "000000", "SiteUrl": r },
            "PrecreateService": { "PrecreateEndpoint": format!("https://{r}/EnrollmentServer/device/precreate/{t}/"), "PrecreateResourceId": urn, "ServiceVersion": "2.0" },
            "TenantInfo": { "DisplayName": name, "TenantId": t.to_string(), "TenantName": name },
            "AzureRbacService": { "RbacPolicyEndpoint": hosts.rbac },
            "BPLService": { "BPLProxyServicePrincipalId": "44444444-0000-4000-8000-000000000000", "BPLResourceId": urn, "BPLServiceEndpoint": format!("https://{r}/aadpasswordpolicy/{t}/"), "ServiceVersion": "1.0" },
            "DeviceJoinResourceService": { "Endpoint": format!("https://{r}/EnrollmentServer/device/resource/{t}/"), "ResourceId": urn, "ServiceVersion": "2.0" },
            "NonceService": { "Endpoint": format!("https://{r}/EnrollmentServer/nonce/{t}/"), "ResourceId": urn, "ServiceVersion": "1.0" },
    })
}

/// entra.md 1.2; the first of a group is the network's name for it, the second that of caches.
const ALIASES: [&[&str]; 4] = [
    &["login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"],
    &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    &["login.microsoftonline.de"],
    &["login.microsoftonline.us", "login.usgovcloudapi.net"],
];
