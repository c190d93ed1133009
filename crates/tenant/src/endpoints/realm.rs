//! Whose sign-in it is (entra.md 1.4, 1.5): user realm and credential type.

use crate::request_context::RequestContext;
use crate::tenant::Tenant;
use serde_json::Value;
use tenant_wire::answer::Answer;
use tenant_wire::realm::{self, Credentials, Realm};

fn realm_of(entra: &Tenant, context: &RequestContext, upn: &str) -> (Realm, String) {
    let domain = upn.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()).unwrap_or_default();
    let federated = context.knobs.federated.get(&domain).copied().unwrap_or_default();
    let realm = match entra.directories.named(&domain) {
        None => Realm::Unknown,
        Some(_) if federated => Realm::Federated,
        Some(_) => Realm::Managed,
    };
    (realm, domain)
}

/// `userrealm/{upn}` in versions 1.0 and 2.0, and `GetUserRealm.srf?login={upn}`.
pub(crate) fn realm(entra: &Tenant, context: &RequestContext) -> Answer {
    let upn = match context.path.get(2) {
        Some(word) => word.replace("%40", "@"),
        None => context.query.get("login").unwrap_or_default().to_ascii_lowercase(),
    };
    let (realm, domain) = realm_of(entra, context, &upn);
    let version = context.query.get("api-version").unwrap_or("1.0");
    let cloud = entra.directories.named(&domain).map(|it| it.cloud);
    let cloud = cloud.map_or(context.hosts.instance, |cloud| entra.urls.hosts(cloud).instance);
    let answer = match (context.path.len(), version) {
        (1, _) => realm::file(realm, &upn, &domain, cloud),
        (_, "2.0") => realm::two(realm, &upn, &domain, cloud),
        _ => realm::one(realm, &domain, cloud),
    };
    answer.fact("realm", format!("{realm:?}"))
}

/// `GetCredentialType`: whether the user exists and what they sign in with.
pub(crate) fn credential_type(entra: &Tenant, context: &RequestContext) -> Answer {
    let body: Value = serde_json::from_slice(&context.body).unwrap_or_default();
    let upn = body["username"].as_str().unwrap_or_default();
    let (realm, domain) = realm_of(entra, context, upn);
    let exists = entra.directories.user_named(upn).is_some();
    let result = context.knobs.exists_results.get(&upn.to_ascii_lowercase());
    let exists_result = result.copied().unwrap_or(i32::from(!exists));
    let flow_token = &body["flowToken"];
    Credentials { upn, domain: &domain, realm, exists_result, flow_token }.answer().fact("exists", exists)
}
