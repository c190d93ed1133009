//! Whose sign-in it is, as documents say it (entra.md 1.4, 1.5): user realm and credential type.

use crate::answer::Answer;
use serde_json::{Value, json};

/// How the users of a domain sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Realm {
    /// At Entra: `State` 4, `DomainType` 3.
    Managed,
    /// At a service of their own: `State` 3, `DomainType` 4.
    Federated,
    /// No tenant has the domain.
    Unknown,
}

/// What `GetCredentialType` says about one name.
#[derive(Debug, Clone, Copy)]
pub struct Credentials<'a> {
    /// The name as it was given.
    pub upn: &'a str,
    /// Its domain, in lower case.
    pub domain: &'a str,
    /// How the users of that domain sign in.
    pub realm: Realm,
    /// `IfExistsResult`: 0 exists, 1 does not exist, 2 throttled (entra.md 1.5).
    pub exists_result: i32,
    /// `FlowToken`, which repeats that of the request.
    pub flow_token: &'a Value,
}

impl Credentials<'_> {
    /// The reply of `GetCredentialType`, with status 200.
    pub fn answer(&self) -> Answer {
        let federated = self.realm == Realm::Federated;
        let mut credentials = json!({
            "PrefCredential": if federated { 4 } else { 1 }, "HasPassword": true,
            "RemoteNgcParams": null, "FidoParams": null, "SasParams": null,
            "HasAccessPass": false, "HasFido": false, "HasRemoteNGC": false,
        });
        if federated {
            credentials["FederationRedirectUrl"] = json!(active_url(self.domain));
        }
        Answer::ok(json!({
            "Username": self.upn, "Display": self.upn, "IfExistsResult": self.exists_result,
            "ThrottleStatus": i32::from(self.exists_result == THROTTLED),
            "Credentials": credentials,
            "EstsProperties": {
                "UserTenantBranding": null, "DomainType": if federated { 4 } else { 3 }, "DesktopSsoEnabled": false,
            },
            "FlowToken": self.flow_token, "apiCanary": "canary",
        }))
    }
}

/// Version 1.0 of `userrealm`; `cloud` is the instance of the tenant's cloud.
pub fn one(realm: Realm, domain: &str, cloud: &str) -> Answer {
    let mut answer = Answer::ok(json!({
        "ver": "1.0", "account_type": format!("{realm:?}"), "domain_name": domain,
        "cloud_instance_name": cloud, "cloud_audience_urn": "urn:federation:MicrosoftOnline",
    }));
    if realm == Realm::Federated {
        answer.set("federation_protocol", json!("WSTrust"));
        answer.set("federation_metadata_url", json!(format!("https://sts.{domain}/adfs/services/trust/mex")));
        answer.set("federation_active_auth_url", json!(active_url(domain)));
    }
    answer
}

/// Version 2.0 of `userrealm`.
pub fn two(realm: Realm, upn: &str, domain: &str, cloud: &str) -> Answer {
    let mut answer = Answer::ok(json!({
        "NameSpaceType": format!("{realm:?}"), "Login": upn, "DomainName": domain,
        "FederationBrandName": domain, "TenantBrandingInfo": null, "cloud_instance_name": cloud,
    }));
    if realm == Realm::Federated {
        answer.set("federation_protocol", json!("WSTrust"));
        answer.set("AuthURL", json!(active_url(domain)));
    }
    answer
}

/// `GetUserRealm.srf`: `State` is 4 for managed and 3 for federated domains; that of an unknown one is inferred.
pub fn file(realm: Realm, upn: &str, domain: &str, cloud: &str) -> Answer {
    let (state, user_state) = match realm {
        Realm::Managed => (4, 1),
        Realm::Federated => (3, 2),
        Realm::Unknown => (2, 1),
    };
    let mut answer = Answer::ok(json!({
        "State": state, "UserState": user_state, "Login": upn, "NameSpaceType": format!("{realm:?}"),
        "DomainName": domain, "FederationBrandName": domain, "CloudInstanceName": cloud,
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
