//! The stand-in judges: a good request of the real client with one thing changed is refused as the
//! protocol page says, and what the page tolerates is taken.

use crate::World;
use crate::network::Recorded;
use crate::setup::CONTOSO;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, header};
use serde_json::{Value, json};
use std::process::Command;

fn registered() -> World {
    let mut world = World::new(5);
    world.sign_in().unwrap();
    world
}

/// Status and the name of the rule that refused.
fn send(world: &World, (request, peer): Recorded, later_s: i64) -> (u16, String) {
    let now = world.now().as_millis() + later_s * 1000;
    let outcome = world.cloud().handle(request, &peer, now);
    (outcome.entry.status, outcome.entry.rule.unwrap_or_default())
}

fn with_body(world: &World, name: &str, change: impl Fn(&mut Value)) -> Recorded {
    let (mut request, peer) = world.recorded(name);
    let mut body: Value = serde_json::from_slice(request.body()).unwrap();
    change(&mut body);
    *request.body_mut() = Bytes::from(body.to_string());
    (request, peer)
}

/// Flips one bit of a base64 member.
fn flip(body: &mut Value, pointer: &str, at: usize) {
    let text = body.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    let mut bytes = STANDARD.decode(text).unwrap();
    bytes[at] ^= 1;
    *body.pointer_mut(pointer).unwrap() = json!(STANDARD.encode(bytes));
}

#[test]
fn the_good_join_is_taken_again_and_gets_the_same_object() {
    let world = registered();
    assert_eq!(send(&world, world.recorded("join"), 0).0, 200);
    assert_eq!(world.cloud().devices().len(), 1);
}

#[test]
fn one_thing_wrong_with_a_join_is_refused() {
    type Change = fn(&mut Value);
    let changes: &[(&str, Change)] = &[
        ("the signature of the CSR", |body| {
            let length = STANDARD.decode(body["CertificateRequest"]["Data"].as_str().unwrap()).unwrap().len();
            flip(body, "/CertificateRequest/Data", length - 1);
        }),
        ("the subject of the CSR", |body| flip(body, "/CertificateRequest/Data", 40)),
        ("the type of the CSR", |body| body["CertificateRequest"]["Type"] = json!("pkcs7")),
        ("the CSR is no base64", |body| body["CertificateRequest"]["Data"] = json!("!")),
        ("the CSR is no CSR", |body| body["CertificateRequest"]["Data"] = json!("AAAA")),
        ("there is no CSR", |body| body["CertificateRequest"] = json!(null)),
        ("the magic of the transport key", |body| flip(body, "/TransportKey", 0)),
        ("the bits of the transport key", |body| flip(body, "/TransportKey", 5)),
        ("the exponent length of the transport key", |body| flip(body, "/TransportKey", 8)),
        ("the modulus length of the transport key", |body| flip(body, "/TransportKey", 12)),
        ("a prime in the transport key", |body| flip(body, "/TransportKey", 16)),
        ("there is no transport key", |body| body["TransportKey"] = json!(null)),
        ("the join type is hybrid", |body| body["JoinType"] = json!(6)),
        ("the join type is unheard of", |body| body["JoinType"] = json!(9)),
        ("the body is no object", |body| *body = json!([])),
    ];
    for (what, change) in changes {
        let world = registered();
        assert_eq!(
            send(&world, with_body(&world, "join", change), 0),
            (400, "error_fail".to_owned()),
            "{what}"
        );
        assert_eq!(world.cloud().devices().len(), 1);
    }
}

#[test]
fn one_thing_wrong_with_the_token_of_a_join_is_refused() {
    let world = registered();
    let (good, peer) = world.recorded("join");
    let token = good.headers()[header::AUTHORIZATION].to_str().unwrap().to_owned();
    let (head, tail) = token.split_at(token.len() - 10);
    for bad in [
        format!("{head}AAAAAAAAAA"),
        "Bearer x".to_owned(),
        "Bearer ".to_owned(),
        token.replace("Bearer", "Basic x"),
    ] {
        let mut request = good.clone();
        request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_str(&bad).unwrap());
        assert_eq!(send(&world, (request, peer.clone()), 0).0, 401, "{tail}");
    }
    let mut none = good.clone();
    none.headers_mut().remove(header::AUTHORIZATION);
    assert_eq!(send(&world, (none, peer.clone()), 0).0, 401);
    assert_eq!(send(&world, (good, peer), 3600).0, 401, "the token has expired");
}

#[test]
fn what_other_clients_send_is_tolerated() {
    type Change = fn(&mut Value);
    let changes: &[(&str, Change)] = &[
        ("register", |body| body["JoinType"] = json!(4)),
        ("join type 8", |body| body["JoinType"] = json!(8)),
        ("attributes as booleans", |body| body["Attributes"]["ReuseDevice"] = json!(true)),
        ("no attributes", |body| body["Attributes"] = json!({})),
        ("any target domain", |body| body["TargetDomain"] = json!("elsewhere.example")),
        ("members in lower case", |body| {
            let members =
                body.as_object().unwrap().iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
            *body = Value::Object(members.collect());
        }),
        ("a JWK as transport key", |body| {
            body["TransportKey"] = json!(STANDARD.encode(r#"{"kty":"RSA","e":"AQAB","n":"AA"}"#))
        }),
    ];
    for (what, change) in changes {
        let world = registered();
        assert_eq!(send(&world, with_body(&world, "join", change), 0).0, 200, "{what}");
    }
    let world = registered();
    let (mut request, peer) = world.recorded("join");
    *request.uri_mut() =
        "https://enterpriseregistration.windows.net/enrollmentserver/DEVICE?api-version=1.0".parse().unwrap();
    assert_eq!(send(&world, (request, peer), 0).0, 200, "no slash, another case, an older version");
}

#[test]
fn one_thing_wrong_with_a_delete_is_refused() {
    let mut world = registered();
    world.lose_reply("leave");
    world.leave().unwrap();
    let (good, peer) = world.recorded("leave");
    let mut other = registered();
    let stranger = tenant_model::setup::Peer { client_certificate: Some(vec![0x30, 0]), ..peer.clone() };
    let nobody = tenant_model::setup::Peer { client_certificate: None, ..peer.clone() };
    assert_eq!(send(&other, (good.clone(), stranger), 0).0, 401, "a certificate that nobody issued");
    assert_eq!(send(&other, (good.clone(), nobody), 0).0, 401, "no certificate");
    assert_eq!(send(&world, (good, peer), 0), (400, "error_missing_device".to_owned()), "the device is gone");
    other.leave().unwrap();
}

#[test]
fn one_thing_wrong_with_a_poll_is_refused() {
    let world = registered();
    let (good, peer) = world.recorded("token.device_code");
    let changed = |from: &str, to: &str| {
        let mut request = good.clone();
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        assert!(body.contains(from), "{body}");
        *request.body_mut() = Bytes::from(body.replace(from, to));
        (request, peer.clone())
    };
    assert_eq!(send(&world, (good.clone(), peer.clone()), 0), (400, "AADSTS54005".to_owned()), "used twice");
    assert_eq!(
        send(&world, changed("device_code=", "device_code=x"), 0),
        (400, "AADSTS70018".to_owned()),
        "another code"
    );
    let client = "29d9ed98-a469-4536-ade2-f981bc1d605e";
    assert_eq!(send(&world, changed(client, CONTOSO), 0), (400, "AADSTS70018".to_owned()), "another client");
    assert_eq!(
        send(&world, changed("&device_code=", "&code="), 0),
        (400, "AADSTS54005".to_owned()),
        "either name"
    );
    assert_eq!(send(&world, (good, peer), 901), (400, "AADSTS70019".to_owned()), "too late");
}

#[test]
fn one_thing_wrong_with_a_code_request_is_refused() {
    let world = registered();
    let (good, peer) = world.recorded("devicecode");
    let mut nowhere = good.clone();
    *nowhere.uri_mut() = good.uri().to_string().replace(CONTOSO, "nowhere.example").parse().unwrap();
    assert_eq!(send(&world, (nowhere, peer.clone()), 0), (400, "AADSTS90002".to_owned()));
    let mut empty = good;
    *empty.body_mut() = Bytes::new();
    assert_eq!(send(&world, (empty, peer), 0), (400, "AADSTS900144".to_owned()));
}

#[test]
fn python_accepts_the_certificate_request() {
    let world = registered();
    let body: Value = serde_json::from_slice(world.recorded("join").0.body()).unwrap();
    let csr = body["CertificateRequest"]["Data"].as_str().unwrap();
    let script = "import base64,sys\nfrom cryptography import x509\n\
                  r = x509.load_der_x509_csr(base64.b64decode(sys.argv[1]))\n\
                  print(r.is_signature_valid, r.subject.rfc4514_string(), r.public_key().key_size)";
    let told: Vec<String> = ["python3", "/usr/bin/python3"]
        .iter()
        .filter_map(|python| Command::new(python).args(["-c", script, csr]).output().ok())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .collect();
    let good = "True CN=7E980AD9-B86D-4306-9425-9AC066FB014A 2048";
    assert!(told.iter().any(|line| line == good), "{told:?}");
}
