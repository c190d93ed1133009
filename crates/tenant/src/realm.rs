//! Whose sign-in it is (entra.md 1.4, 1.5): user realm and credential type.

use crate::asking::Ask;
use crate::world::Tenant;
use serde_json::{Value, json};
use tenant_wire::answer::Answer;

/// How the users of a domain sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Realm {
    Managed,
    Federated,
    Unknown,
}

impl Tenant {
    fn realm_of(&self, ask: &Ask, upn: &str) -> (Realm, String) {
        let domain = upn.rsplit_once('@').map(|(_, domain)| domain.to_ascii_lowercase()).unwrap_or_default();
        let federated = ask.knobs.federated.get(&domain).copied().unwrap_or_default();
        let realm = match self.directories.named(&domain) {
            None => Realm::Unknown,
            Some(_) if federated => Realm::Federated,
            Some(_) => Realm::Managed,
        };
        (realm, domain)
    }

    /// `userrealm/{upn}` in versions 1.0 and 2.0, and `GetUserRealm.srf?login={upn}`.
    pub(crate) fn realm(&self, ask: &Ask) -> Answer {
        let upn = match ask.path.get(2) {
            Some(word) => word.replace("%40", "@"),
            None => ask.query.get("login").unwrap_or_default().to_ascii_lowercase(),
        };
        let (realm, domain) = self.realm_of(ask, &upn);
        let version = ask.query.get("api-version").unwrap_or("1.0");
        let answer = match (ask.path.len(), version) {
            (1, _) => realm_file(realm, &upn, &domain),
            (_, "2.0") => realm_two(realm, &upn, &domain),
            _ => realm_one(realm, &domain),
        };
        answer.fact("realm", format!("{realm:?}"))
    }

    /// `GetCredentialType`: whether the user exists and what they sign in with.
    pub(crate) fn credential_type(&self, ask: &Ask) -> Answer {
        let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let upn = body["username"].as_str().unwrap_or_default();
        let (realm, domain) = self.realm_of(ask, upn);
        let exists = self.directories.user_named(upn).is_some();
        let federated = realm == Realm::Federated;
        let mut credentials = json!({
            "PrefCredential": if federated { 4 } else { 1 }, "HasPassword": true,
            "RemoteNgcParams": null, "FidoParams": null, "SasParams": null,
            "HasAccessPass": false, "HasFido": false, "HasRemoteNGC": false,
        });
        let result = ask.knobs.exists_results.get(&upn.to_ascii_lowercase());
        let result = result.copied().unwrap_or(i32::from(!exists));
        if federated {
            credentials["FederationRedirectUrl"] = json!(active_url(&domain));
        }
        Answer::ok(json!({
            "Username": upn, "Display": upn, "IfExistsResult": result,
            "ThrottleStatus": i32::from(result == THROTTLED),
            "Credentials": credentials,
            "EstsProperties": {
                "UserTenantBranding": null, "DomainType": if federated { 4 } else { 3 }, "DesktopSsoEnabled": false,
            },
            "FlowToken": body["flowToken"], "apiCanary": "canary",
        }))
        .fact("exists", exists)
    }
}

fn realm_one(realm: Realm, domain: &str) -> Answer {
    let mut answer = Answer::ok(json!({
        "ver": "1.0", "account_type": format!("{realm:?}"), "domain_name": domain,
        "cloud_instance_name": CLOUD, "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }));
    if realm == Realm::Federated {
        answer.set("federation_protocol", json!("WSTrust"));
        answer.set("federation_metadata_url", json!(format!("https://sts.{domain}/adfs/services/trust/mex")));
        answer.set("federation_active_auth_url", json!(active_url(domain)));
    }
    answer
}

fn realm_two(realm: Realm, upn: &str, domain: &str) -> Answer {
    let mut answer = Answer::ok(json!({
        "NameSpaceType": format!("{realm:?}"), "Login": upn, "DomainName": domain,
        "FederationBrandName": domain, "TenantBrandingInfo": null, "cloud_instance_name": CLOUD,
    }));
    if realm == Realm::Federated {
        answer.set("federation_protocol", json!("WSTrust"));
        answer.set("AuthURL", json!(active_url(domain)));
    }
    answer
}

/// `State` is 4 for managed and 3 for federated domains; that of an unknown one is inferred.
fn realm_file(realm: Realm, upn: &str, domain: &str) -> Answer {
    let (state, user_state) = match realm {
        Realm::Managed => (4, 1),
        Realm::Federated => (3, 2),
        Realm::Unknown => (2, 1),
    };
    let mut answer = Answer::ok(json!({
        "State": state, "UserState": user_state, "Login": upn, "NameSpaceType": format!("{realm:?}"),
        "DomainName": domain, "FederationBrandName": domain, "CloudInstanceName": CLOUD,
    }));
    if realm == Realm::Federated {
        answer.set("FederationGlobalVersion", json!(-1));
        answer.set("AuthURL", json!(active_url(domain)));
    }
    answer
}

fn active_url(domain: &str) -> String {
    format!("https://sts.{domain}/adfs/services/trust/2005/usernamemixed")
}

/// `IfExistsResult` of a throttled look-up.
const THROTTLED: i32 = 2;
const CLOUD: &str = "microsoftonline.com";
