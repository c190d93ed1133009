//! What is given out: forms of access tokens, documents of discovery, and what moves their clock.

use crate::client::*;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tenant_model::knobs::{Knobs, TokenForm};
use tenant_model::views::UserAction;

fn forms(rows: &[(&str, TokenForm)]) -> impl FnOnce(&mut Knobs) {
    let forms = rows.iter().map(|(resource, form)| ((*resource).to_owned(), *form)).collect();
    move |knobs| knobs.access_tokens = forms
}

#[test]
fn an_access_token_has_the_form_of_its_resource_and_serves_there_all_the_same() {
    for (form, parts) in [(TokenForm::Plain, 3), (TokenForm::HashedNonce, 3), (TokenForm::Opaque, 5)] {
        let mut harness = Harness::new();
        harness.turn(forms(&[(GRAPH, form)]));
        let tokens = harness.device_code(GRAPH);
        let token = tokens["access_token"].as_str().unwrap();
        assert_eq!(token.split('.').count(), parts, "{form:?}");
        let me = harness.get("/v1.0/me", token);
        assert_eq!((me.status, &me.json()["userPrincipalName"]), (200, &json!(ALEX)), "{form:?}");
        assert_eq!(harness.get("/v1.0/me", &token[..token.len() - 4]).status, 401, "{form:?}, cut");
        harness.now += 3_600_000;
        assert_eq!(harness.get("/v1.0/me", token).status, 401, "{form:?}, expired");
        let plain = harness.device_code(REGISTRATION);
        assert_eq!(plain["access_token"].as_str().unwrap().split('.').count(), 3, "another resource");
    }
}

#[test]
fn a_hashed_nonce_does_not_verify_as_it_is_shown() {
    let mut harness = Harness::new();
    harness.turn(forms(&[("*", TokenForm::HashedNonce)]));
    let tokens = harness.device_code(GRAPH);
    let token = tokens["access_token"].as_str().unwrap();
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    assert!(header["nonce"].as_str().is_some_and(|nonce| nonce.len() == 43), "{header}");
    let shown = |nonce: &str| {
        let mut header = header.clone();
        header["nonce"] = json!(nonce);
        let (_, rest) = token.split_once('.').unwrap();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
    };
    assert_eq!(harness.get("/v1.0/me", &shown("x")).status, 401, "the nonce is covered");
}

#[test]
fn instance_discovery_tells_of_the_authority_that_was_asked_about() {
    let mut harness = Harness::new();
    let ask = |harness: &mut Harness, authority: &str| {
        let path = "/common/discovery/instance?api-version=1.1&authorization_endpoint=";
        harness.get(&format!("{path}https://{authority}/oauth2/v2.0/authorize"), "")
    };
    let tenant = format!("login.microsoftonline.com/{CONTOSO}");
    let reply = ask(&mut harness, &tenant).json();
    assert_eq!(
        reply["tenant_discovery_endpoint"],
        format!("https://{tenant}/v2.0/.well-known/openid-configuration")
    );
    let groups: Vec<&Value> = reply["metadata"].as_array().unwrap().iter().collect();
    let known = |host: &str| {
        groups.iter().any(|group| group["aliases"].as_array().unwrap().iter().any(|alias| alias == host))
    };
    for host in ["login.windows.net", "sts.windows.net", "login.chinacloudapi.cn", "login.microsoftonline.us"]
    {
        assert!(known(host), "{host}");
    }
    let unknown = ask(&mut harness, "login.example.com/common");
    assert_eq!((unknown.status, &unknown.json()["error"]), (400, &json!("invalid_instance")));
}

#[test]
fn discover_has_every_section_of_the_page() {
    let mut harness = Harness::new();
    let reply = harness.get("/contoso.com/Discover?api-version=1.9&managed=True", "").json();
    for section in [
        "DiscoveryService",
        "DeviceRegistrationService",
        "AuthenticationService",
        "IdentityProviderService",
        "DeviceJoinService",
        "KeyProvisioningService",
        "WebAuthNService",
        "DeviceManagementService",
        "MsaProviderData",
        "PrecreateService",
        "TenantInfo",
        "AzureRbacService",
        "BPLService",
        "DeviceJoinResourceService",
        "NonceService",
    ] {
        let members = reply[section].as_object().unwrap_or_else(|| panic!("no {section}"));
        assert!(members.get("ServiceVersion").is_none_or(Value::is_string), "{section}");
        let endpoint = members.iter().find(|(name, _)| name.ends_with("Endpoint"));
        let served =
            endpoint.filter(|(name, _)| ["JoinEndpoint", "KeyProvisionEndpoint"].contains(&name.as_str()));
        assert!(served.is_none_or(|(_, url)| url.as_str().unwrap().ends_with('/')), "{section}");
    }
    assert_eq!(reply["IdentityProviderService"]["Federated"], false);
    harness.turn(|knobs| knobs.federated = [("contoso.com".to_owned(), true)].into());
    let reply = harness.get("/contoso.com/Discover?api-version=1.9", "").json();
    assert_eq!(reply["IdentityProviderService"]["Federated"], true);
}

#[test]
fn a_probe_of_the_host_is_answered() {
    assert_eq!(Harness::new().get("/", "").status, 200);
}

#[test]
fn a_tenant_can_have_a_clock_and_a_lag_of_its_own() {
    let mut harness = Harness::new();
    let id = harness.cloud.tenant_id("contoso.com").unwrap();
    let own = Knobs { clock_offset_s: 86_400, replication_lag_s: 3_600, ..Knobs::default() };
    harness.cloud.set_tenant_knobs([(id, own)].into());
    let path = |domain: &str| format!("/{domain}/v2.0/.well-known/openid-configuration");
    let date = |harness: &mut Harness, domain: &str| harness.get(&path(domain), "").headers["date"].clone();
    assert_eq!(date(&mut harness, "fabrikam.com"), "Thu, 09 Oct 2025 08:53:20 GMT");
    assert_eq!(date(&mut harness, "contoso.com"), "Fri, 10 Oct 2025 08:53:20 GMT");
    let request = harness.by_refresh_token();
    assert_eq!(harness.ask(&request).status, 200, "the device is a day old there");
    harness.cloud.set_tenant_knobs([(id, Knobs { replication_lag_s: 1, ..Knobs::default() })].into());
    let request = harness.by_refresh_token();
    assert_eq!(harness.ask(&request).code(), 50_155);
}

#[test]
fn signing_out_revokes_what_was_granted_and_nothing_later() {
    let mut harness = Harness::new();
    let prt = harness.prt();
    harness.cloud.user(ALEX, UserAction::SignOut).unwrap();
    let renewal = harness.renewal(&prt);
    assert_eq!(harness.ask_signed(&renewal).code(), 50_173);
    harness.now += 1;
    harness.refresh_token = harness.device_code(REGISTRATION)["refresh_token"].as_str().unwrap().to_owned();
    let request = harness.by_refresh_token();
    assert_eq!(harness.ask(&request).status, 200);
}

#[test]
fn a_join_says_who_administers_the_device_where_that_is_asked_for() {
    for (attributes, wanted) in [
        (json!({}), false),
        (json!({ "ReturnClientSid": "false" }), false),
        (json!({ "ReturnClientSid": "true" }), true),
        (json!({ "returnclientsid": "True" }), true),
        (json!({ "ReturnClientSid": true }), true),
    ] {
        let mut harness = Harness::new();
        let mut request = harness.join_request();
        request.edit(|body| body["Attributes"] = attributes.clone());
        let reply = harness.replay(&request).json();
        let sids = reply.pointer("/MembershipChanges/0/AddSIDs").and_then(Value::as_array);
        assert_eq!(sids.is_some(), wanted, "{attributes}");
        assert!(sids.is_none_or(|sids| sids.len() == 3 && sids[0] == ALEX_SID), "{sids:?}");
    }
}

/// SID of Alex's object id (entra.md 12.6).
const ALEX_SID: &str = "S-1-12-1-2863315899-3722300620-4294962926-286326784";

#[test]
fn only_the_issuer_leaves_the_tenant_open() {
    let mut harness = Harness::new();
    for word in ["common", "organizations"] {
        let document = harness.get(&format!("/{word}/v2.0/.well-known/openid-configuration"), "").json();
        assert_eq!(document["issuer"], "https://login.microsoftonline.com/{tenantid}/v2.0");
        for member in
            ["token_endpoint", "device_authorization_endpoint", "authorization_endpoint", "jwks_uri"]
        {
            let url = document[member].as_str().unwrap();
            assert!(
                url.starts_with(&format!("https://login.microsoftonline.com/{word}/")),
                "{member}: {url}"
            );
        }
    }
}

#[test]
fn what_is_not_served_is_told_in_the_words_of_its_service() {
    let mut harness = Harness::new();
    for path in ["/v1.0/users/alex@contoso.com", "/beta/me/memberOf"] {
        let reply = harness.get(path, "");
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (404, &json!("Request_ResourceNotFound")));
    }
    let elsewhere = harness.get("/nowhere/at/all", "");
    assert_eq!((elsewhere.status, elsewhere.entry.rule.as_deref()), (404, Some("unknown path")));
    let prt = harness.prt();
    let mut request = harness.renewal(&prt);
    request.claims["cert_token_use"] = json!("user_cert");
    assert_eq!(harness.ask_signed(&request).code(), 70_003);
}
