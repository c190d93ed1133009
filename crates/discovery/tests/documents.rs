//! The four documents, as the pages show them and as something else answers in their place.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

#[path = "../../reply/tests/common/variants.rs"]
mod variants;

use bytes::Bytes;
use discovery::realm::Realm;
use discovery::{DiscoveryError, drs, jwks, metadata, realm};
use http::Response;
use model::FailureClass::{Broken, Denied, NeedsUser, Transient};
use model::{Delivery, HostPort, Secret, TenantId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

const TENANT: &str = "22222222-aaaa-4bbb-8ccc-333333333333";

fn login() -> HostPort {
    "login.example:8443".parse().unwrap()
}

fn registration() -> HostPort {
    "drs.example".parse().unwrap()
}

fn tenant() -> TenantId {
    TENANT.parse().unwrap()
}

fn reply(status: u16, body: &str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap()
}

fn oidc() -> Value {
    let base = format!("https://login.example:8443/{TENANT}");
    json!({
        "issuer": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "cloud_instance_name": "microsoftonline.com",
        "tenant_region_scope": null,
    })
}

fn with(mut document: Value, name: &str, value: Value) -> String {
    document[name] = value;
    document.to_string()
}

fn read_metadata(body: &str) -> Result<metadata::Metadata, DiscoveryError> {
    metadata::read(reply(200, body), &login())
}

#[test]
fn metadata_is_asked_for_by_domain_and_never_leaves_its_segment() {
    let sent = metadata::request(&login(), "contoso.com");
    assert_eq!(sent.uri(), "https://login.example:8443/contoso.com/v2.0/.well-known/openid-configuration");
    let sent = metadata::request(&login(), "a/../b?c#d");
    assert_eq!(sent.uri().path().matches('/').count(), 4, "{}", sent.uri());
    assert_eq!(sent.uri().query(), None);
}

#[test]
fn metadata_gives_the_tenant_and_its_endpoints() {
    let read = read_metadata(&oidc().to_string()).unwrap();
    assert_eq!(read.tenant, tenant());
    assert_eq!(read.issuer, format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    assert_eq!(read.jwks_uri, format!("https://login.example:8443/{TENANT}/discovery/v2.0/keys"));
    assert_eq!(read.cloud_instance.as_deref(), Some("microsoftonline.com"));
    let derived = read_metadata(&with(oidc(), "device_authorization_endpoint", Value::Null)).unwrap();
    assert_eq!(derived, read);
}

#[test]
fn an_endpoint_elsewhere_is_refused() {
    for url in [
        "https://login.example/x/keys",
        "https://login.example:8444/x/keys",
        "http://login.example:8443/x/keys",
        "https://login.example.evil:8443/x/keys",
        "https://evil.login.example:8443/x/keys",
        "https://login.example:8443@evil.example/x/keys",
        "https://user@login.example:8443/x/keys",
        "/x/keys",
        "keys",
    ] {
        for name in ["token_endpoint", "device_authorization_endpoint", "jwks_uri"] {
            let error = read_metadata(&with(oidc(), name, json!(url))).unwrap_err();
            assert!(matches!(error, DiscoveryError::ForeignHost { .. }), "{name} {url}: {error}");
            assert_eq!((error.failure().class, error.failure().code.as_str()), (Denied, "ForeignHost"));
        }
    }
}

#[test]
fn a_tenant_of_another_cloud_is_refused_by_whatever_names_that_cloud() {
    let authority: HostPort = "login.microsoftonline.com".parse().unwrap();
    let here = oidc().to_string().replace("login.example:8443", "login.microsoftonline.com");
    let here: Value = serde_json::from_str(&here).unwrap();
    for (member, value, refused) in [
        ("cloud_instance_name", "microsoftonline.com", false),
        ("cloud_instance_name", "microsoftonline.us", true),
        ("cloud_instance_name", "partner.microsoftonline.cn", true),
        ("cloud_instance_name", "somewhere.example", false),
        ("msgraph_host", "graph.microsoft.com", false),
        ("msgraph_host", "dod-graph.microsoft.us", true),
    ] {
        let reply = Response::new(Bytes::from(with(here.clone(), member, json!(value))));
        let read = metadata::read(reply, &authority);
        assert_eq!(
            matches!(read, Err(DiscoveryError::ForeignHost { .. })),
            refused,
            "{member} {value}: {read:?}"
        );
    }
    // A stand-in is of no cloud, whatever it says.
    assert!(read_metadata(&with(oidc(), "cloud_instance_name", json!("microsoftonline.us"))).is_ok());
}

#[test]
fn metadata_that_contradicts_itself_is_of_no_use() {
    let other = "https://login.example:8443/11111111-aaaa-4bbb-8ccc-333333333333/oauth2/v2.0/token";
    for body in [
        with(oidc(), "token_endpoint", json!(other)),
        with(oidc(), "issuer", json!("https://login.microsoftonline.com/{tenantid}/v2.0")),
    ] {
        let failure = read_metadata(&body).unwrap_err().failure();
        assert_eq!((failure.class, failure.code.as_str()), (Broken, "UnusableDocument"), "{body}");
    }
}

#[test]
fn a_member_of_another_type_is_named_and_is_the_service_s() {
    let jwks = json!({ "keys": [{ "kty": "RSA", "kid": "one", "n": "_w8P".repeat(86), "e": "AQAB", "use": "sig" }] });
    let realm = json!({ "account_type": "Managed", "domain_name": "contoso.com" });
    let service = json!({ "JoinEndpoint": "https://drs.example/device/", "ServiceVersion": "2.0" });
    let drs = json!({ "DeviceJoinService": service, "MsaProviderData": { "SiteId": 7 } });
    let oidc: Value = serde_json::from_str(&oidc().to_string()).unwrap();
    type Reader = fn(Response<Bytes>) -> Option<DiscoveryError>;
    let readers: [(Value, Reader); 4] = [
        (oidc, |reply| metadata::read(reply, &login()).err()),
        (jwks, |reply| jwks::read(reply).err()),
        (realm, |reply| realm::read(reply).err()),
        (drs, |reply| drs::read(reply, &registration(), &login()).err()),
    ];
    for (good, judge) in readers {
        assert_eq!(judge(reply(200, &good.to_string())), None);
        for (member, body) in variants::of(&good) {
            let Some(error) = judge(reply(200, &body.to_string())) else { continue };
            let failure = error.failure();
            // A key that cannot be read is passed over, so the list is what is named.
            let named = failure.message.contains(&member) || failure.message.contains("'keys'");
            assert!(named, "{member}: {failure:?}");
            assert_eq!((failure.who, failure.class), (model::Who::Nobody, Broken), "{member}: {failure:?}");
        }
    }
}

#[test]
fn every_word_with_an_unknown_number_names_somebody_who_can_help() {
    for word in model::OauthWord::ALL {
        let body = json!({ "error": word.as_str(), "error_description": "AADSTS987654: New.", "error_codes": [987_654] });
        let failure = metadata::read(reply(400, &body.to_string()), &login()).unwrap_err().failure();
        assert_ne!(failure.who, model::Who::Developers, "{word}");
        assert!(!format!("{failure:?}").to_lowercase().contains("report it"), "{word}");
    }
}

fn refusal(code: &str) -> String {
    json!({
        "error": "invalid_request",
        "error_description": format!("{code}: Tenant 'x' was not found.\u{1b}[2J\r\nTrace ID: t\r\n"),
        "error_codes": [],
        "timestamp": "2026-11-23 00:00:00Z",
        "trace_id": "t-1",
        "correlation_id": "c-1",
    })
    .to_string()
}

#[test]
fn codes_of_the_service_are_judged_by_the_table() {
    for (code, class) in [
        ("AADSTS90002", Denied),
        ("AADSTS900023", Denied),
        ("AADSTS90038", Denied),
        ("AADSTS50049", Denied),
        ("AADSTS90033", Transient),
        ("AADSTS999999", Broken),
    ] {
        let error = metadata::read(reply(400, &refusal(code)), &login()).unwrap_err();
        assert!(matches!(error, DiscoveryError::Refused { .. }), "{error}");
        let failure = error.failure();
        assert_eq!((failure.class, failure.code.as_str()), (class, code));
        assert_eq!(failure.trace.request_id.as_deref(), Some("t-1"));
        assert_eq!(failure.trace.correlation_id.as_deref(), Some("c-1"));
        assert_eq!(failure.trace.server_time.as_deref(), Some("2026-11-23 00:00:00Z"));
        assert!(failure.message.contains("was not found") && !failure.message.contains("Trace ID"));
        assert!(!failure.message.contains('\u{1b}'));
    }
}

#[test]
fn a_status_tells_a_busy_service_from_a_portal_and_a_refusal() {
    for (status, body, class, code) in [
        (200, "<html>", Transient, "NotJson"),
        (200, "", Transient, "NotJson"),
        (302, "", Transient, "NotJson"),
        (403, "<html>", Transient, "NotJson"),
        (404, "not found", Transient, "NotJson"),
        (511, "<html>", Transient, "NotJson"),
        (429, "{}", Transient, "ServiceBusy"),
        (503, "<html>", Transient, "ServiceBusy"),
        (502, "", Transient, "ServiceBusy"),
        (400, "{}", Broken, "UnusableReply"),
        (200, "[]", Broken, "UnusableReply"),
        (200, "{}", Broken, "UnusableReply"),
        (404, "{\"error_description\":\"no\"}", Broken, "UnusableReply"),
    ] {
        let failure = metadata::read(reply(status, body), &login()).unwrap_err().failure();
        assert_eq!((failure.class, failure.code.as_str()), (class, code), "{status} {body}");
        assert_eq!((failure.trace.http_status, failure.delivery), (Some(status), Delivery::Answered));
    }
    let mut busy = reply(503, "");
    busy.headers_mut().insert("retry-after", "12".parse().unwrap());
    busy.headers_mut().insert("x-ms-request-id", "r-1".parse().unwrap());
    let failure = metadata::read(busy, &login()).unwrap_err().failure();
    assert_eq!(failure.retry_after, Some(Duration::from_secs(12)));
    assert_eq!(failure.trace.request_id.as_deref(), Some("r-1"));
}

#[test]
fn keys_for_signatures_are_kept_and_the_others_passed_over() {
    // 256 bytes with and without the zero that some writers put in front.
    let n = format!("{}Dw", "_w8P".repeat(85));
    let padded = format!("AP8P{}", "Dw8P".repeat(84));
    let body = json!({ "keys": [
        { "kty": "RSA", "use": "sig", "kid": "one", "n": n, "e": "AQAB", "x5c": ["…"], "issuer": "https://x" },
        { "kty": "RSA", "kid": "two", "n": format!("{padded}Dw8"), "e": "AQAB=" },
        { "kty": "RSA", "use": "enc", "kid": "no", "n": n, "e": "AQAB" },
        { "kty": "EC", "use": "sig", "kid": "no", "x": "AA", "y": "AA" },
        { "kty": "RSA", "kid": "no", "n": "AQAB", "e": "AQAB" },
        { "kty": "RSA", "kid": "no", "n": n, "e": "AQABAQAB" },
        { "kty": "RSA", "kid": "no", "n": n, "e": "AAAA" },
        { "kty": "RSA", "kid": "no", "n": "!", "e": "AQAB" },
        { "kty": "RSA", "n": n, "e": "AQAB" },
        7,
    ] });
    let read = jwks::read(reply(200, &body.to_string())).unwrap();
    let shown: Vec<(&str, usize, u8)> = read
        .keys
        .iter()
        .map(|key| (key.kid.as_str(), key.public.modulus.len(), key.public.modulus[0]))
        .collect();
    assert_eq!(shown, [("one", 256, 0xff), ("two", 256, 0xff)]);
    assert_eq!(read.find("one").unwrap().public.exponent, [1, 0, 1]);
    for body in [r#"{"keys":[]}"#, r#"{"keys":[{"kty":"RSA"}]}"#] {
        assert_eq!(jwks::read(reply(200, body)).unwrap_err().failure().code, "UnusableDocument");
    }
}

#[test]
fn a_realm_is_read_in_both_versions() {
    let sent = realm::request(&login(), &"al'ex#x@contoso.com".parse().unwrap());
    assert_eq!(
        sent.uri(),
        "https://login.example:8443/common/userrealm/al%27ex%23x%40contoso.com?api-version=1.0"
    );
    for (body, expected) in [
        (json!({ "ver": "1.0", "account_type": "Managed", "domain_name": "contoso.com" }), Realm::Managed),
        (json!({ "NameSpaceType": "Federated", "AuthURL": "https://x" }), Realm::Federated),
        (json!({ "account_type": "federated", "NameSpaceType": "Federated" }), Realm::Federated),
        (json!({ "account_type": "Unknown" }), Realm::Unknown),
    ] {
        assert_eq!(realm::read(reply(200, &body.to_string())), Ok(expected), "{body}");
    }
    for body in ["{}", "[]", r#"{"account_type":7}"#] {
        assert!(matches!(realm::read(reply(200, body)), Err(DiscoveryError::Reply { .. })), "{body}");
    }
}

#[test]
fn discover_is_asked_with_a_token_only_where_one_is_given() {
    let id = "5b0d7c1e-0000-4000-8000-0000000000aa".parse().unwrap();
    let token = Secret::new("T0KEN".to_owned());
    for token in [None, Some(&token)] {
        let sent = drs::request(&registration(), tenant(), token, id);
        assert_eq!(
            sent.uri().to_string(),
            format!("https://drs.example/{TENANT}/Discover?api-version=1.9&managed=True")
        );
        assert_eq!(sent.headers()["client-request-id"], "5b0d7c1e-0000-4000-8000-0000000000aa");
        assert_eq!(sent.headers().get("authorization").is_some(), token.is_some());
        assert!(!format!("{sent:?}").contains("T0KEN"));
    }
}

fn discovered(service: Value) -> Result<drs::DrsEndpoints, DiscoveryError> {
    let body = json!({ "DeviceJoinService": service, "MsaProviderData": { "SiteId": 7 } });
    drs::read(reply(200, &body.to_string()), &registration(), &login())
}

#[test]
fn discover_gives_an_endpoint_to_which_a_query_can_be_added() {
    for (endpoint, version, expected) in [
        ("https://drs.example/EnrollmentServer/device/", json!("2.0"), "2.0"),
        ("https://DRS.example:443/EnrollmentServer/device", json!("3"), "3"),
        ("https://login.example:8443/EnrollmentServer/device", json!("2.0&x=y"), "2.0"),
        ("https://drs.example/EnrollmentServer/device/", json!(9), "2.0"),
        ("https://drs.example/EnrollmentServer/device/", Value::Null, "2.0"),
    ] {
        let read = discovered(json!({ "JoinEndpoint": endpoint, "ServiceVersion": version })).unwrap();
        assert_eq!(read.join, format!("{}/", endpoint.trim_end_matches('/')));
        assert_eq!(read.join_version, expected, "{version}");
    }
}

#[test]
fn discover_cannot_send_the_token_elsewhere() {
    for endpoint in [
        "http://drs.example/EnrollmentServer/device/",
        "https://drs.example:8443/EnrollmentServer/device/",
        "https://evil.example/EnrollmentServer/device/",
        "https://drs.example.evil/EnrollmentServer/device/",
        "https://drs.example@evil.example/",
        "https://drs.example/device/?x=",
        "https://drs.example/device/#x",
    ] {
        let error = discovered(json!({ "JoinEndpoint": endpoint })).unwrap_err();
        assert!(matches!(error, DiscoveryError::ForeignHost { .. }), "{endpoint}: {error}");
    }
    for service in [Value::Null, json!({}), json!({ "JoinEndpoint": 7 }), json!("x")] {
        let error = discovered(service.clone()).unwrap_err();
        assert!(matches!(error, DiscoveryError::Reply { .. }), "{service}: {error}");
    }
}

#[test]
fn discover_without_leave_asks_for_a_token() {
    for status in [401, 403] {
        for body in ["", "{}", "<html>"] {
            let error = drs::read(reply(status, body), &registration(), &login()).unwrap_err();
            assert_eq!(error, DiscoveryError::NeedsToken);
            assert_eq!(error.failure().class, NeedsUser);
        }
    }
}

#[test]
fn the_documented_endpoint_is_that_of_the_page() {
    let host = "enterpriseregistration.windows.net".parse().unwrap();
    let endpoints = drs::documented(&host);
    assert_eq!(endpoints.join, "https://enterpriseregistration.windows.net/EnrollmentServer/device/");
    assert_eq!(endpoints.join_version, "2.0");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_answer_ends_in_a_document_on_our_hosts_or_in_words_that_can_be_printed(
        status in 200u16..600,
        body in prop_oneof![
            ".{0,120}",
            Just(oidc().to_string()),
            ".{0,40}".prop_map(|text| with(oidc(), "jwks_uri", json!(text))),
            ".{0,40}".prop_map(|text| json!({ "error_description": format!("AADSTS{text}") }).to_string()),
            ".{0,40}".prop_map(|text| json!({ "DeviceJoinService": { "JoinEndpoint": text } }).to_string()),
        ],
    ) {
        let errors = [
            metadata::read(reply(status, &body), &login()).err(),
            jwks::read(reply(status, &body)).err(),
            realm::read(reply(status, &body)).err(),
            drs::read(reply(status, &body), &registration(), &login()).err(),
        ];
        for error in errors.into_iter().flatten() {
            let failure = error.failure();
            prop_assert!(!failure.message.chars().any(char::is_control), "{:?}", failure.message);
            prop_assert!(failure.message.len() < 1_500);
        }
        if let Ok(read) = metadata::read(reply(status, &body), &login()) {
            prop_assert!(read.jwks_uri.starts_with("https://login.example:8443/"));
        }
    }
}
