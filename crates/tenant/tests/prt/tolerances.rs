//! What other clients do differently is taken (entra.md 11.3).

use crate::client::*;
use crate::sent::Sent;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

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
        let mut harness = Harness::new();
        let mut request = harness.by_refresh_token();
        change(&mut request);
        let reply = harness.ask(&request);
        assert_eq!(reply.status, 200, "{what}: {reply:?}");
    }
}

#[test]
fn a_signed_request_may_be_derived_either_way_from_a_context_of_any_length() {
    for version in [1, 2] {
        for length in [0, 1, 24, 32, 100] {
            let mut harness = Harness::new();
            let prt = harness.prt();
            let mut request = harness.exchange(&prt);
            request.ctx = vec![0xfb; length];
            if version == 1 {
                request.header = json!({ "alg": "HS256", "kid": "0123abcd", "typ": "JWT" });
            }
            let reply = harness.ask_signed(&request);
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
        let mut harness = Harness::new();
        let prt = harness.prt();
        let mut request = harness.exchange(&prt);
        change(&mut request);
        assert_eq!(harness.ask_signed(&request).status, 200, "{what}");
    }
}

#[test]
fn a_nonce_of_any_endpoint_serves_more_than_once() {
    let mut harness = Harness::new();
    for tenant in ["common", FABRIKAM, "fabrikam.net"] {
        let body = "windows_api_version=2.0&grant_type=srv_challenge&client_id=x";
        let path = format!("/{tenant}/OAuth2/Token");
        let reply = harness.send(Request::post(path).body(Bytes::from(body)).unwrap());
        assert_eq!((reply.headers["pragma"].as_bytes(), reply.status), (&b"no-cache"[..], 200));
        let mut request = harness.by_refresh_token();
        request.claims["request_nonce"] = reply.json()["Nonce"].clone();
        assert_eq!([harness.ask(&request).status, harness.ask(&request).status], [200, 200], "{tenant}");
    }
}

#[test]
fn the_transport_key_may_be_a_jwk() {
    use rsa::traits::PublicKeyParts;
    let mut harness = Harness::new();
    let n = STANDARD.encode(harness.device.transport.n().to_be_bytes());
    let jwk = json!({ "kty": "RSA", "e": "AQAB", "n": n, "alg": "RS256", "kid": "X" });
    harness.join_again(&STANDARD.encode(jwk.to_string()));
    let request = harness.by_refresh_token();
    let reply = harness.ask(&request);
    harness.unwrap(&reply.json());
}

#[test]
fn a_transport_key_that_can_wrap_nothing_is_named() {
    let mut harness = Harness::new();
    harness.join_again(&STANDARD.encode(r#"{"kty":"RSA","e":"AQAB","n":"AA"}"#));
    let request = harness.by_refresh_token();
    assert_eq!(harness.ask(&request).code(), 130_006);
}

fn named(sent: &mut Sent, key: &rsa::RsaPrivateKey, name: &str) {
    sent.edit(|body| body["CertificateRequest"]["Data"] = json!(STANDARD.encode(csr_named(name, key))));
}

#[test]
fn a_join_may_be_spelled_otherwise() {
    type Spelling = fn(&mut Harness, &mut Sent);
    let changes: &[(&str, Spelling)] = &[
        ("a name with a NUL at its end", |harness, sent| {
            named(sent, &harness.device.key, "7E980AD9-B86D-4306-9425-9AC066FB014A\0");
        }),
        ("any name", |harness, sent| named(sent, &harness.device.key, "lap-0042")),
        ("members in lower case", |_, sent| {
            sent.edit(|body| {
                let members = body.as_object().unwrap().iter();
                *body = Value::Object(members.map(|(name, it)| (name.to_lowercase(), it.clone())).collect());
            });
        }),
        ("attributes as booleans", |_, sent| {
            sent.edit(|body| body["Attributes"] = json!({ "ReuseDevice": true, "SharedDevice": false }));
        }),
        ("no attributes", |_, sent| sent.edit(|body| body["Attributes"] = json!(null))),
        ("a ticket among the attributes", |_, sent| {
            sent.edit(|body| body["Attributes"] = json!({ "MSA-DDID": "AAAA" }));
        }),
        ("any target domain", |_, sent| sent.edit(|body| body["TargetDomain"] = json!(CONTOSO))),
        ("any kind of device", |_, sent| sent.edit(|body| body["DeviceType"] = json!("Toaster"))),
        ("empty attestation", |_, sent| {
            sent.edit(|body| {
                body["AikCertificate"] = json!("");
                body["AttestationData"] = json!("");
            });
        }),
        ("join type 8", |_, sent| sent.edit(|body| body["JoinType"] = json!(8))),
        ("one key for both", |harness, sent| {
            let blob = STANDARD.encode(blob(&harness.device.key));
            sent.edit(|body| body["TransportKey"] = json!(blob));
        }),
        ("no slash, another case, an older version", |_, sent| {
            sent.path = "/enrollmentserver/DEVICE?api-version=1.0".to_owned();
        }),
        ("no version", |_, sent| sent.path = "/EnrollmentServer/device/".to_owned()),
    ];
    for (what, change) in changes {
        let mut harness = Harness::new();
        let mut request = harness.join_request();
        change(&mut harness, &mut request);
        let reply = harness.replay(&request);
        assert_eq!(reply.status, 200, "{what}: {reply:?}");
        assert!(reply.json()["Certificate"]["RawBody"].is_string(), "{what}");
    }
}

#[test]
fn a_form_may_be_spelled_otherwise() {
    type Spelling = fn(&mut Sent);
    let polls: &[(&str, Spelling)] = &[
        ("the name of version 1", |sent| sent.put("&device_code=", "&code=")),
        ("any case in the path", |sent| sent.path = format!("/{CONTOSO}/oAuth2/v2.0/token")),
        ("any tenant", |sent| sent.path = "/organizations/oauth2/v2.0/token".to_owned()),
        ("escaped", |sent| sent.put("urn:ietf:params:oauth:", "urn%3Aietf%3Aparams%3Aoauth%3A")),
        ("a resource again", |sent| {
            sent.body.push_str("&resource=urn:ms-drs:enterpriseregistration.windows.net")
        }),
    ];
    for (what, change) in polls {
        let mut harness = Harness::new();
        let mut request = harness.poll();
        change(&mut request);
        assert_eq!(harness.replay(&request).status, 200, "{what}");
    }
    let passwords: &[(&str, Spelling)] = &[
        ("version 1", |sent| {
            sent.path = format!("/{CONTOSO}/oauth2/token");
            let scope = format!("&scope=openid offline_access {REGISTRATION}/.default");
            sent.put(&scope, "&resource=urn:ms-drs:enterpriseregistration.windows.net");
        }),
        ("any tenant", |sent| sent.path = "/organizations/oauth2/v2.0/token".to_owned()),
        ("a name in capitals", |sent| sent.put(ALEX, "Alex@CONTOSO.com")),
        ("blanks as plus signs", |sent| sent.body = sent.body.replace(' ', "+")),
    ];
    for (what, change) in passwords {
        let mut harness = Harness::new();
        let mut request = harness.password_request();
        change(&mut request);
        let reply = harness.replay(&request);
        assert_eq!(reply.status, 200, "{what}: {reply:?}");
    }
}
