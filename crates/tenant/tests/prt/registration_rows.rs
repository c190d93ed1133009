//! The refusals of the registration service, row by row: entra.md 11.1 D7 to D10, 11.2 I1 to I7, and 5.7.

use crate::client::*;
use crate::sent::Sent;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsa::RsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;
use serde_json::{Value, json};
use tenant_model::knobs::ClientCertificate;
use tenant_model::setup::Peer;
use tenant_model::views::DeviceAction;
use tenant_wire::drs_error::DrsErrorShape;

type Change = fn(&mut Harness, &mut Sent);
/// Row, what is changed, status, `code`, `subcode`.
type Row = (&'static str, Change, u16, &'static str, &'static str);

fn refused(good: fn(&mut Harness) -> Sent, taken: u16, rows: &[Row]) {
    let mut harness = Harness::new();
    let request = good(&mut harness);
    assert_eq!(harness.replay(&request).status, taken, "the good request");
    for (row, change, status, code, subcode) in rows {
        let mut harness = Harness::new();
        let mut request = good(&mut harness);
        change(&mut harness, &mut request);
        let reply = harness.replay(&request);
        let body = reply.json();
        assert_eq!((reply.status, &body["code"]), (*status, &json!(code)), "{row}: {reply:?}");
        assert_eq!(body["subcode"], *subcode, "{row}");
        assert!(body["message"].is_string() && body["time"].is_string(), "{row}: {body}");
        assert_eq!(reply.entry.rule.as_deref(), Some(*subcode), "{row}");
    }
}

/// Changes one byte of a base64 member.
fn flip(body: &mut Value, pointer: &str, at: usize) {
    let member = body.pointer_mut(pointer).unwrap();
    let mut bytes = STANDARD.decode(member.as_str().unwrap()).unwrap();
    bytes[at] ^= 1;
    *member = json!(STANDARD.encode(bytes));
}

/// A token for the registration service with another `aud`, by another client or of another time is no good.
fn token_for(harness: &mut Harness, resource: &str) -> Option<String> {
    harness.device_code(resource)["access_token"].as_str().map(str::to_owned)
}

const BAD: &str = "invalid_request";
const WHO: &str = "authorization_error";

const JOIN: &[Row] = &[
    (
        "D8 the type of the CSR",
        |_, sent| sent.edit(|it| it["CertificateRequest"]["Type"] = json!("pkcs7")),
        400,
        BAD,
        "error_fail",
    ),
    (
        "D8 no base64",
        |_, sent| sent.edit(|it| it["CertificateRequest"]["Data"] = json!("!")),
        400,
        BAD,
        "error_fail",
    ),
    ("D8 no CSR", |_, sent| sent.edit(|it| it["CertificateRequest"] = json!(null)), 400, BAD, "error_fail"),
    ("I1 no token", |_, sent| sent.bearer = None, 401, WHO, "error_invalid_token"),
    (
        "I1 a token of nobody",
        |_, sent| sent.bearer = Some("x.y.z".to_owned()),
        401,
        WHO,
        "error_invalid_token",
    ),
    (
        "I1 a signature that is cut",
        |_, sent| {
            let token = sent.bearer.take().unwrap();
            sent.bearer = Some(token[..token.len() - 4].to_owned());
        },
        401,
        WHO,
        "error_invalid_token",
    ),
    ("I1 expired", |harness, _| harness.now += 3_600_000, 401, WHO, "error_invalid_token"),
    (
        "I1 for another resource",
        |harness, sent| sent.bearer = token_for(harness, GRAPH),
        401,
        WHO,
        "error_invalid_token",
    ),
    (
        "I2 the signature of the CSR",
        |_, sent| sent.edit(|it| flip(it, "/CertificateRequest/Data", 600)),
        400,
        BAD,
        "error_fail",
    ),
    ("I3 the magic", |_, sent| sent.edit(|it| flip(it, "/TransportKey", 0)), 400, BAD, "error_fail"),
    ("I3 the bits", |_, sent| sent.edit(|it| flip(it, "/TransportKey", 5)), 400, BAD, "error_fail"),
    (
        "I3 the length of the exponent",
        |_, sent| sent.edit(|it| flip(it, "/TransportKey", 8)),
        400,
        BAD,
        "error_fail",
    ),
    (
        "I3 the length of the modulus",
        |_, sent| sent.edit(|it| flip(it, "/TransportKey", 12)),
        400,
        BAD,
        "error_fail",
    ),
    ("I3 a first prime", |_, sent| sent.edit(|it| flip(it, "/TransportKey", 16)), 400, BAD, "error_fail"),
    ("I3 a second prime", |_, sent| sent.edit(|it| flip(it, "/TransportKey", 20)), 400, BAD, "error_fail"),
    ("I3 none", |_, sent| sent.edit(|it| it["TransportKey"] = json!(null)), 400, BAD, "error_fail"),
    (
        "I4 the legacy switch",
        |harness, _| harness.turn(|it| it.mfa_required_join = true),
        403,
        WHO,
        "error_mfa_required",
    ),
    (
        "I5 join is not allowed",
        |harness, _| harness.turn(|it| it.join_allowed = false),
        403,
        WHO,
        "error_authorization_request_denied",
    ),
    (
        "5.7 registration is switched off",
        |harness, _| harness.turn(|it| it.registration_allowed = false),
        400,
        BAD,
        "error_fail",
    ),
    (
        "I6 the quota",
        |harness, _| harness.turn(|it| it.quota = 1),
        400,
        BAD,
        "error_directory_quota_exceeded",
    ),
    ("I7 hybrid", |_, sent| sent.edit(|it| it["JoinType"] = json!(6)), 400, BAD, "error_fail"),
    ("I7 a join type of nobody", |_, sent| sent.edit(|it| it["JoinType"] = json!(9)), 400, BAD, "error_fail"),
    (
        "an api-version that is not served",
        |_, sent| sent.path = sent.path.replace("2.0", "3.0"),
        400,
        BAD,
        "error_fail",
    ),
    ("the body is no object", |_, sent| sent.body = "[]".to_owned(), 400, BAD, "error_fail"),
];

#[test]
fn a_join() {
    refused(Harness::join_request, 200, JOIN);
}

#[test]
fn a_csr_with_a_key_that_is_not_served() {
    for key in [&include_bytes!("test-1024.pk8")[..], include_bytes!("test-3072.pk8")] {
        let key = RsaPrivateKey::from_pkcs8_der(key).unwrap();
        let mut harness = Harness::new();
        let mut request = harness.join_request();
        request.edit(|body| body["CertificateRequest"]["Data"] = json!(STANDARD.encode(csr(&key))));
        let body = harness.replay(&request).json();
        assert_eq!(
            (&body["subcode"], &body["message"]),
            (&json!("error_fail"), &json!("The key of the certificate request is not RSA-2048."))
        );
    }
}

#[test]
fn a_user_may_register_where_join_is_not_allowed() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.join_allowed = false);
    let mut request = harness.join_request();
    request.edit(|body| body["JoinType"] = json!(4));
    assert_eq!(harness.replay(&request).status, 200);
}

#[test]
fn the_quota_names_the_user_and_the_reason() {
    let mut harness = Harness::new();
    harness.turn(|knobs| knobs.quota = 1);
    let request = harness.join_request();
    let body = harness.replay(&request).json();
    let text = format!(
        "User '{ALEX_OID}' is not eligible to enroll a device of type 'Linux'. Reason 'DeviceCapReached'."
    );
    assert_eq!((&body["message"], &body["operation"]), (&json!(text), &json!("DeviceJoin")));
}

fn leaving(harness: &mut Harness) -> Sent {
    harness.device_request("DELETE", "/EnrollmentServer/device/{id}")
}

const DELETE: &[Row] = &[
    ("D7 no certificate", |_, sent| sent.peer = Peer::default(), 401, WHO, "error_authentication"),
    (
        "D7 a certificate of nobody",
        |_, sent| sent.peer.client_certificate = Some(vec![0x30, 0]),
        401,
        WHO,
        "error_authentication",
    ),
    (
        "D7 never taken",
        |harness, _| harness.turn(|it| it.client_certificate = ClientCertificate::Never),
        401,
        WHO,
        "error_authentication",
    ),
    (
        "D7 on the certificate host only",
        |harness, _| {
            harness.turn(|it| it.client_certificate = ClientCertificate::CertauthOnly);
        },
        401,
        WHO,
        "error_authentication",
    ),
    (
        "D7 with a token only",
        |harness, _| {
            harness.turn(|it| it.client_certificate = ClientCertificate::WithBearer);
        },
        401,
        WHO,
        "error_authentication",
    ),
    (
        "D10 the device is deleted",
        |harness, _| harness.device_action(DeviceAction::Delete),
        400,
        BAD,
        "error_missing_device",
    ),
    (
        "D10 an id of nobody",
        |_, sent| {
            sent.path = "/EnrollmentServer/device/00000000-0000-4000-8000-000000000000".to_owned();
        },
        400,
        BAD,
        "error_missing_device",
    ),
    (
        "5.7 a token of somebody who is not the owner",
        |harness, sent| {
            sent.bearer = token_for(harness, REGISTRATION);
            sent.peer = Peer::default();
            harness.device_action(DeviceAction::Own("adele@contoso.com".to_owned()));
        },
        403,
        WHO,
        "error_user_not_registered_device_owner",
    ),
];

#[test]
fn a_delete() {
    refused(leaving, 200, DELETE);
}

#[test]
fn a_device_leaves_by_every_way_that_is_open() {
    type Open = fn(&mut Harness, &mut Sent);
    let ways: [(&str, Open); 4] = [
        ("the certificate host", |harness, sent| {
            harness.turn(|it| it.client_certificate = ClientCertificate::CertauthOnly);
            sent.peer.host = "certauth.enterpriseregistration.windows.net".to_owned();
        }),
        ("certificate and token", |harness, sent| {
            harness.turn(|it| it.client_certificate = ClientCertificate::WithBearer);
            sent.bearer = token_for(harness, REGISTRATION);
        }),
        ("the owner's token alone", |harness, sent| {
            harness.turn(|it| it.client_certificate = ClientCertificate::Never);
            sent.bearer = token_for(harness, REGISTRATION);
        }),
        ("11.3 rule 5: an api-version", |_, sent| sent.path.push_str("?api-version=1.0")),
    ];
    for (way, open) in ways {
        let mut harness = Harness::new();
        let mut request = leaving(&mut harness);
        open(&mut harness, &mut request);
        assert_eq!(harness.replay(&request).status, 200, "{way}");
        assert!(harness.cloud.devices().is_empty(), "{way}");
    }
}

#[test]
fn the_management_service_says_what_it_knows_of_the_device() {
    fn managing(harness: &mut Harness) -> Sent {
        harness.device_request("POST", &format!("/manage/{CONTOSO}/devices/{{id}}"))
    }
    refused(
        managing,
        400,
        &[
            ("5.7 the feature is off", |_, _| {}, 400, BAD, "error_fail"),
            (
                "D9 disabled",
                |harness, _| harness.device_action(DeviceAction::Disable),
                403,
                WHO,
                "error_authorization_request_denied",
            ),
            (
                "D10 deleted",
                |harness, _| harness.device_action(DeviceAction::Delete),
                400,
                BAD,
                "error_missing_device",
            ),
            ("no certificate", |_, sent| sent.peer = Peer::default(), 401, WHO, "error_authentication"),
        ],
    );
}

#[test]
fn a_disabled_device_that_is_enabled_again_works_again() {
    let mut harness = Harness::new();
    for (action, code) in [(DeviceAction::Disable, 135_011), (DeviceAction::Enable, 0)] {
        harness.device_action(action);
        let request = harness.by_refresh_token();
        assert_eq!(harness.ask(&request).code(), code);
    }
}

#[test]
fn hybrid_completion_is_refused_in_the_service_s_own_words() {
    let mut harness = Harness::new();
    let request = harness.device_request("PUT", "/EnrollmentServer/device/{id}?api-version=2.0");
    let reply = harness.replay(&request);
    assert_eq!((reply.status, &reply.json()["subcode"]), (400, &json!("error_fail")));
    assert!(reply.json()["message"].as_str().unwrap().contains("Hybrid join"));
}

#[test]
fn a_discover_of_no_tenant_and_one_that_needs_a_token() {
    let mut harness = Harness::new();
    let discover = |domain: &str| Sent {
        method: "GET",
        path: format!("/{domain}/Discover?api-version=1.9&managed=True"),
        ..Sent::form("", "")
    };
    let unknown = harness.replay(&discover("nowhere.example"));
    assert_eq!((unknown.status, &unknown.json()["subcode"]), (400, &json!("error_fail")), "D14");
    harness.turn(|knobs| knobs.discover_needs_token = true);
    let mut request = discover("contoso.com");
    assert_eq!(harness.replay(&request).status, 401);
    request.bearer = token_for(&mut harness, REGISTRATION);
    assert_eq!(harness.replay(&request).status, 200);
}

#[test]
fn errors_have_three_shapes() {
    for (shape, pointer, value) in [
        (DrsErrorShape::A, "/ErrorType", "AuthorizationError"),
        (DrsErrorShape::B, "/subcode", "error_authorization_request_denied"),
        (DrsErrorShape::C, "/odata.error/values/0/value", "error_authorization_request_denied"),
    ] {
        let mut harness = Harness::new();
        harness.turn(|knobs| (knobs.join_allowed, knobs.drs_error_shape) = (false, shape));
        let request = harness.join_request();
        let body = harness.replay(&request).json();
        assert_eq!(body.pointer(pointer), Some(&json!(value)), "{body}");
        let text = body.to_string();
        assert!(text.contains("does not allow this user to device join"), "{text}");
    }
}

#[test]
fn the_operation_is_spelled_as_on_each_path() {
    let mut harness = Harness::new();
    let mut join = harness.join_request();
    join.bearer = None;
    let body = harness.replay(&join).json();
    assert_eq!((&body["operation"], body["requestid"].is_string()), (&json!("DeviceJoin"), true));
    let delete =
        Sent { peer: Peer::default(), ..harness.device_request("DELETE", "/EnrollmentServer/device/{id}") };
    let body = harness.replay(&delete).json();
    assert_eq!((&body["operation"], body["requestId"].is_string()), (&json!("DELETE"), true));
    assert!(body["time"].as_str().unwrap().ends_with("0000000Z"), "seven digits: {body}");
}
