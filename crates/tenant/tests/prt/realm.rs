//! User realm and credential type (entra.md 1.4, 1.5).

use crate::client::*;
use serde_json::{Value, json};

fn harness() -> Harness {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.federated.extend([("fabrikam.com".to_owned(), true)]));
    harness
}

#[test]
fn a_realm_is_managed_federated_or_unknown() {
    for (upn, kind, state) in [
        (ALEX, "Managed", 4),
        ("sam%40fabrikam.com", "Federated", 3),
        ("kim@fabrikam.net", "Managed", 4),
        ("x@nowhere.example", "Unknown", 2),
    ] {
        let mut harness = harness();
        let mut get = |path: String| harness.get(&path, "").json();
        let one = get(format!("/common/UserRealm/{upn}?api-version=1.0"));
        let two = get(format!("/common/userrealm/{upn}?api-version=2.0"));
        let file = get(format!("/GetUserRealm.srf?login={upn}"));
        assert_eq!((&one["account_type"], &one["ver"]), (&json!(kind), &json!("1.0")), "{upn}");
        assert_eq!((&two["NameSpaceType"], &file["NameSpaceType"]), (&json!(kind), &json!(kind)));
        assert_eq!((&file["State"], &file["Login"]), (&json!(state), &two["Login"]));
        let federated = [&one["federation_active_auth_url"], &two["AuthURL"], &file["AuthURL"]];
        assert!(federated.iter().all(|url| url.is_string() == (kind == "Federated")), "{upn}");
    }
}

#[test]
fn the_credential_type_tells_who_exists_and_how_they_sign_in() {
    for (upn, exists, preferred, domain) in
        [(ALEX, 0, 1, 3), ("nobody@contoso.com", 1, 1, 3), ("sam@fabrikam.com", 0, 4, 4)]
    {
        let mut harness = harness();
        let body = json!({ "username": upn, "isOtherIdpSupported": true, "flowToken": "f" }).to_string();
        let reply = harness.post("/common/GetCredentialType", body);
        let told = reply.json();
        assert_eq!((reply.entry.request.as_str(), &told["FlowToken"]), ("credential_type", &json!("f")));
        assert_eq!([&told["IfExistsResult"], &told["ThrottleStatus"]], [&json!(exists), &json!(0)], "{upn}");
        let credentials = &told["Credentials"];
        assert_eq!(
            (&credentials["PrefCredential"], &credentials["HasPassword"]),
            (&json!(preferred), &json!(true))
        );
        assert_eq!(credentials["FederationRedirectUrl"] != Value::Null, domain == 4);
        assert_eq!(told["EstsProperties"]["DomainType"], domain);
    }
}
