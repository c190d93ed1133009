//! What is sent: forms, claims and headers of every exchange.

use crate::common::{AUTHORITY, TENANT, call, form, jwt, session, tenant};
use model::{CertificateDer, Kdf, Secret};
use oauth::client::{BROKER, COMPANY_PORTAL, WINDOWS_BROKER};
use oauth::refresh::Refresh;
use prt::acquire::{self, Acquire, Credential};
use prt::code::{self, Authorize, Target};
use prt::exchange::{self, Exchange};
use prt::{nonce, redirect, renew, sso};
use serde_json::{Value, json};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const RESOURCE: &str = "d4ebce55-015a-49b5-a083-c84d1797ae8c";

fn certificate() -> CertificateDer {
    CertificateDer(vec![0xfb, 0xff, 0xfe])
}

fn acquire(credential: Credential<'_>) -> [Value; 2] {
    let certificate = certificate();
    let order = Acquire {
        call: call(),
        certificate: &certificate,
        nonce: "AwABEgEAAAADAOz_",
        win_ver: "Ubuntu 24.04 LTS 24.04",
        credential,
    };
    let input = acquire::to_sign(&order);
    let request = acquire::request(&order, &input, &[0xff, 0xee]);
    let form = form(&request, "/oauth2/token");
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["windows_api_version", "grant_type", "request", "client_info"]);
    assert_eq!((form[0].1.as_str(), form[1].1.as_str(), form[3].1.as_str()), ("2.0", JWT_BEARER, "1"));
    assert_eq!(form[2].1, format!("{}._-4", String::from_utf8(input).unwrap()));
    jwt(&form[2].1)
}

#[test]
fn the_nonce_is_asked_for_at_the_tenant() {
    assert_eq!(
        form(&nonce::request(&call()), "/oauth2/token"),
        [("grant_type".to_owned(), "srv_challenge".to_owned())]
    );
}

#[test]
fn a_refresh_token_is_offered_as_the_broker() {
    let token = Secret::new("0.AX".to_owned());
    let [header, payload] = acquire(Credential::RefreshToken(&token));
    assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT", "x5c": ["+//+"] }));
    assert_eq!(
        payload,
        json!({
            "client_id": BROKER, "request_nonce": "AwABEgEAAAADAOz_", "scope": "openid aza ugs",
            "win_ver": "Ubuntu 24.04 LTS 24.04", "grant_type": "refresh_token", "refresh_token": "0.AX",
        })
    );
}

#[test]
fn a_password_is_offered_as_the_windows_broker_and_nothing_in_it_breaks_out() {
    let (username, password) = ("Alex@contoso.com".parse().unwrap(), Secret::new("p\"\\,\u{1}ä".to_owned()));
    let [_, payload] = acquire(Credential::Password { username: &username, password: &password });
    assert_eq!(
        payload,
        json!({
            "client_id": WINDOWS_BROKER, "request_nonce": "AwABEgEAAAADAOz_", "scope": "openid aza ugs",
            "win_ver": "Ubuntu 24.04 LTS 24.04", "grant_type": "password", "username": "alex@contoso.com",
            "password": "p\"\\,\u{1}ä",
        })
    );
}

/// Header and payload of a request signed by the session key.
fn signed(request: &http::Request<bytes::Bytes>) -> [Value; 2] {
    let form = form(request, "/oauth2/token");
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["windows_api_version", "grant_type", "request", "client_info"]);
    assert_eq!((form[0].1.as_str(), form[1].1.as_str(), form[3].1.as_str()), ("2.2", JWT_BEARER, "1"));
    jwt(&form[2].1)
}

#[test]
fn the_header_names_the_second_key_derivation_and_never_the_first() {
    let ctx = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZX";
    let [second, _] = signed(&renew::request(&call(), &session(Kdf::V2)));
    assert_eq!(second, json!({ "alg": "HS256", "typ": "JWT", "ctx": ctx, "kdf_ver": 2 }));
    let [first, _] = signed(&renew::request(&call(), &session(Kdf::V1)));
    assert_eq!(first, json!({ "alg": "HS256", "typ": "JWT", "ctx": ctx }));
}

#[test]
fn a_renewal_asks_for_a_new_prt_as_the_windows_broker() {
    let [_, payload] = signed(&renew::request(&call(), &session(Kdf::V2)));
    assert_eq!(
        payload,
        json!({
            "client_id": WINDOWS_BROKER, "scope": "openid aza ugs", "grant_type": "refresh_token",
            "refresh_token": "0.PRT-EXAMPLE", "iss": "aad:brokerplugin", "aud": "login.microsoftonline.com",
            "request_nonce": "NONCE-EXAMPLE", "win_ver": "Ubuntu 24.04 LTS 24.04",
        })
    );
}

#[test]
fn an_exchange_names_client_redirect_and_resource_and_asks_for_no_prt() {
    for (client, redirect_uri) in [
        (COMPANY_PORTAL, "companyportal://com.microsoft.CompanyPortal"),
        (
            "d7b530a4-0000-0000-0000-000000000000",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/d7b530a4-0000-0000-0000-000000000000",
        ),
    ] {
        let resource = "https://graph.microsoft.com";
        let order = Exchange { call: call(), session: session(Kdf::V2), client, resource };
        let [_, payload] = signed(&exchange::request(&order));
        assert_eq!(
            payload,
            json!({
                "client_id": client, "redirect_uri": redirect_uri, "resource": resource,
                "scope": "openid profile offline_access", "grant_type": "refresh_token",
                "refresh_token": "0.PRT-EXAMPLE", "iss": "aad:brokerplugin", "aud": "login.microsoftonline.com",
                "request_nonce": "NONCE-EXAMPLE", "win_ver": "Ubuntu 24.04 LTS 24.04",
            })
        );
    }
}

#[test]
fn version_3_asks_version_2_of_the_endpoint_for_a_scope_and_names_no_derivation() {
    let order = Exchange { call: call(), session: session(Kdf::V2), client: BROKER, resource: RESOURCE };
    let form = form(&prt::third::request(&order), "/oauth2/v2.0/token");
    assert_eq!(form[0], ("prt_protocol_version".to_owned(), "3.0".to_owned()));
    assert!(form.iter().all(|(name, _)| name != "windows_api_version"));
    let [header, payload] = jwt(&form[2].1);
    assert_eq!((&header["alg"], header.get("kdf_ver")), (&json!("HS256"), None));
    assert_eq!(
        payload,
        json!({
            "client_id": BROKER, "redirect_uri": "msauth://Microsoft.AAD.BrokerPlugin",
            "scope": format!("openid profile offline_access {RESOURCE}/.default"), "grant_type": "refresh_token",
            "refresh_token": "0.PRT-EXAMPLE", "iss": "aad:brokerplugin", "aud": "login.microsoftonline.com",
            "request_nonce": "NONCE-EXAMPLE", "win_ver": "Ubuntu 24.04 LTS 24.04",
        })
    );
}

#[test]
fn the_refresh_token_of_way_one_is_redeemed_by_the_company_portal() {
    let refresh_token = Secret::new("0.RT".to_owned());
    let request_id = call().request_id;
    let order = Refresh {
        authority: &AUTHORITY,
        tenant: tenant(),
        refresh_token: &refresh_token,
        resource: RESOURCE,
        request_id,
    };
    let form = form(&exchange::redeem(&order), "/oauth2/v2.0/token");
    for (name, value) in [
        ("client_id", COMPANY_PORTAL),
        ("grant_type", "refresh_token"),
        ("refresh_token", "0.RT"),
        ("scope", &format!("openid profile offline_access {RESOURCE}/.default")),
    ] {
        assert!(form.contains(&(name.to_owned(), value.to_owned())), "{name}");
    }
}

#[test]
fn the_cookie_of_a_session_is_that_of_the_vector() {
    assert!(sso::token(&session(Kdf::V2)).expose().ends_with(".xu9drJ4trbRDoiBjoyLoRMzUtwYBvj3JZXSb4-pBGp0"));
    assert!(sso::token(&session(Kdf::V1)).expose().ends_with(".32RsDprjarL_WO94ECaghK8kwNvwAAAOFjLXz4aa0Ys"));
    assert_eq!(sso::NAME, "x-ms-RefreshTokenCredential");
}

#[test]
fn a_code_is_asked_for_with_two_headers_and_no_user_agent() {
    let certificate = certificate();
    let target = Target { client: COMPANY_PORTAL, resource: RESOURCE };
    let order = Authorize { call: call(), session: session(Kdf::V1), certificate: &certificate, target };
    let input = code::to_sign(&order);
    let request = code::request(&order, &input, &[0xff, 0xee]);
    assert_eq!(request.method(), "GET");
    assert_eq!(request.uri().host(), Some("login.microsoftonline.com"));
    assert_eq!(request.uri().path(), format!("/{}/oauth2/v2.0/authorize", TENANT));
    let query = url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes()).into_owned();
    let wanted = [
        ("client_id", COMPANY_PORTAL),
        ("response_type", "code"),
        ("redirect_uri", "companyportal://com.microsoft.CompanyPortal"),
        ("client-request-id", "11112222-3333-4444-5555-666677778888"),
        ("scope", "openid profile d4ebce55-015a-49b5-a083-c84d1797ae8c/.default"),
    ];
    assert!(query.eq(wanted.map(|(name, value)| (name.to_owned(), value.to_owned()))));
    let headers = request.headers();
    assert_eq!(headers["user-agent"], "");
    assert_eq!(headers["x-ms-refreshtokencredential"], sso::token(&session(Kdf::V1)).expose().as_str());
    let device = headers["x-ms-devicecredential"].to_str().unwrap();
    assert_eq!(device, format!("{}._-4", String::from_utf8(input).unwrap()));
    let [header, payload] = jwt(device);
    assert_eq!(header, json!({ "alg": "RS256", "typ": "JWT", "x5c": ["+//+"] }));
    assert_eq!(
        payload,
        json!({
            "grant_type": "device_auth", "iss": "aad:brokerplugin", "request_nonce": "NONCE-EXAMPLE",
            "win_ver": "Ubuntu 24.04 LTS 24.04",
        })
    );
    assert!(!format!("{headers:?}").contains("eyJ"), "both headers are marked as secrets");
}

#[test]
fn a_code_is_redeemed_for_the_scope_and_redirect_it_was_asked_with() {
    let target = Target { client: COMPANY_PORTAL, resource: RESOURCE };
    let request = code::redeem(&call(), &target, &Secret::new("0.CODE".to_owned()));
    let wanted = [
        ("client_id", COMPANY_PORTAL),
        ("grant_type", "authorization_code"),
        ("code", "0.CODE"),
        ("redirect_uri", "companyportal://com.microsoft.CompanyPortal"),
        ("scope", "openid profile d4ebce55-015a-49b5-a083-c84d1797ae8c/.default"),
        ("client_info", "1"),
    ];
    assert_eq!(
        form(&request, "/oauth2/v2.0/token"),
        wanted.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn redirects_are_those_that_are_registered() {
    assert_eq!(redirect::of(BROKER), "msauth://Microsoft.AAD.BrokerPlugin");
    assert_eq!(redirect::registered(BROKER).len(), 7);
    assert_eq!(
        redirect::registered(&COMPANY_PORTAL.to_uppercase()),
        ["companyportal://com.microsoft.CompanyPortal"]
    );
    assert!(redirect::registered(WINDOWS_BROKER).is_empty());
}

#[test]
fn no_secret_is_in_any_debug_text() {
    let (token, password) = (Secret::new("s3cr3t-token".to_owned()), Secret::new("s3cr3t-word".to_owned()));
    let username = "alex@contoso.com".parse().unwrap();
    let (certificate, target) = (certificate(), Target { client: COMPANY_PORTAL, resource: RESOURCE });
    let exchange = Exchange { call: call(), session: session(Kdf::V2), client: BROKER, resource: RESOURCE };
    let authorize = Authorize { call: call(), session: session(Kdf::V2), certificate: &certificate, target };
    let texts = [
        format!("{:?}", Credential::RefreshToken(&token)),
        format!("{:?}", Credential::Password { username: &username, password: &password }),
        format!("{exchange:?}"),
        format!("{authorize:?}"),
        format!("{:?}", sso::token(&session(Kdf::V2))),
    ];
    for text in texts {
        assert!(!text.contains("s3cr3t") && !text.contains("PRT-EXAMPLE") && !text.contains("eyJ"), "{text}");
        assert!(!text.contains("0, 1, 2, 3"), "the session key is in {text}");
    }
}
