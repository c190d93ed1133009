//! What other clients do differently is taken (entra.md 11.3).

use crate::client::*;
use bytes::Bytes;
use http::Request;
use serde_json::json;

type Change<T> = fn(&mut T);

#[test]
fn a_request_for_a_prt_may_be_spelled_otherwise() {
    let changes: &[(&str, Change<DeviceSigned>)] = &[
        ("x5c is a string", |request| request.header["x5c"] = request.header["x5c"][0].clone()),
        ("an unknown kid", |request| request.header["kid"] = json!("0123abcd")),
        ("kdf_ver is announced", |request| request.header["kdf_ver"] = json!(2)),
        ("the standard alphabet", |request| {
            request.standard_alphabet = true;
            // Bytes that need its two letters.
            request.claims["win_ver"] = json!("~~~???>>>");
        }),
        ("tgt with a capital", |request| request.form.push_str("&tgt=True")),
        ("client_info as text", |request| request.form = "client_info=\"1\"".to_owned()),
        ("nulls", |request| request.claims["group_sids"] = json!(null)),
        ("any case in the path", |request| request.tenant = "CONTOSO.com".to_owned()),
        ("any tenant", |request| request.tenant = "Common".to_owned()),
        ("iat and exp as text", |request| {
            request.claims["iat"] = json!("1");
            request.claims["exp"] = json!("2");
        }),
    ];
    for (what, change) in changes {
        let mut house = House::new();
        let mut request = house.by_refresh_token();
        change(&mut request);
        let reply = house.ask(&request);
        assert_eq!(reply.status, 200, "{what}: {reply:?}");
    }
}

#[test]
fn a_signed_request_may_be_derived_either_way_from_a_context_of_any_length() {
    for version in [1, 2] {
        for length in [0, 1, 24, 32, 100] {
            let mut house = House::new();
            let prt = house.prt();
            let mut request = house.exchange(&prt);
            request.ctx = vec![0xfb; length];
            if version == 1 {
                request.header = json!({ "alg": "HS256", "kid": "0123abcd", "typ": "JWT" });
            }
            let reply = house.ask_signed(&request);
            assert_eq!(
                (reply.status, reply.fact("kdf_ver")),
                (200, version.to_string().as_str()),
                "{length}"
            );
            prt.open(&reply);
        }
    }
}

#[test]
fn a_signed_request_may_lack_what_the_specification_wants() {
    let changes: &[(&str, Change<SessionSigned>)] = &[
        ("no iat and exp", |request| {
            request.claims["iat"] = json!(null);
            request.claims["exp"] = json!(null);
        }),
        ("iat and exp as numbers", |request| {
            request.claims["iat"] = json!(1);
            request.claims["exp"] = json!(2);
        }),
        ("no aud", |request| request.claims["aud"] = json!(null)),
        ("no form fields", |request| request.form = String::new()),
        ("no resource", |request| request.claims["resource"] = json!(null)),
    ];
    for (what, change) in changes {
        let mut house = House::new();
        let prt = house.prt();
        let mut request = house.exchange(&prt);
        change(&mut request);
        assert_eq!(house.ask_signed(&request).status, 200, "{what}");
    }
}

#[test]
fn a_nonce_of_any_endpoint_serves_more_than_once() {
    let mut house = House::new();
    for tenant in ["common", FABRIKAM, "fabrikam.net"] {
        let body = "windows_api_version=2.0&grant_type=srv_challenge&client_id=x";
        let path = format!("/{tenant}/OAuth2/Token");
        let reply = house.send(Request::post(path).body(Bytes::from(body)).unwrap());
        assert_eq!((reply.headers["pragma"].as_bytes(), reply.status), (&b"no-cache"[..], 200));
        let mut request = house.by_refresh_token();
        request.claims["request_nonce"] = reply.json()["Nonce"].clone();
        assert_eq!([house.ask(&request).status, house.ask(&request).status], [200, 200], "{tenant}");
    }
}

#[test]
fn the_transport_key_may_be_a_jwk() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use rsa::traits::PublicKeyParts;
    let mut house = House::new();
    let n = STANDARD.encode(house.device.transport.n().to_be_bytes());
    let jwk = json!({ "kty": "RSA", "e": "AQAB", "n": n, "alg": "RS256", "kid": "X" });
    house.join_again(&STANDARD.encode(jwk.to_string()));
    let request = house.by_refresh_token();
    let reply = house.ask(&request);
    house.unwrap(&reply.json());
}

#[test]
fn a_transport_key_that_can_wrap_nothing_is_named() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let mut house = House::new();
    house.join_again(&STANDARD.encode(r#"{"kty":"RSA","e":"AQAB","n":"AA"}"#));
    let request = house.by_refresh_token();
    assert_eq!(house.ask(&request).code(), 130_006);
}
