//! The join request as other tools read it, and the errors in their three shapes.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use bytes::Bytes;
use drs::join::{Expected, Join, assemble, parse, read, request, to_sign};
use drs::leave::{self, Left};
use http::Response;
use model::FailureClass::{Broken, Denied, NeedsUser, Transient};
use model::{DeviceFacts, JoinType, RsaPublicKey, Secret, Timestamp};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::signature::{SignatureEncoding, Signer};
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use sha2::Sha256;
use std::io::Write;
use std::process::{Command, Stdio};

fn key() -> RsaPrivateKey {
    RsaPrivateKey::from_pkcs8_der(include_bytes!("test-key.pk8")).unwrap()
}

fn public() -> RsaPublicKey {
    RsaPublicKey { modulus: key().n_bytes().to_vec(), exponent: vec![1, 0, 1] }
}

fn csr() -> Vec<u8> {
    let bytes = to_sign(&public()).unwrap();
    let signature = SigningKey::<Sha256>::new(key()).sign(&bytes).to_vec();
    assemble(&bytes, &signature).unwrap()
}

fn facts() -> DeviceFacts {
    let text = |text: &str| text.to_owned();
    DeviceFacts {
        display_name: text("lap-0042"),
        os_version: text("Debian GNU/Linux 12 12"),
        os_id: text("debian"),
        os_version_id: text("12"),
        manufacturer: text("LENOVO"),
        arch: text("x86_64"),
    }
}

#[test]
fn openssl_accepts_the_certificate_request() {
    let mut openssl = Command::new("openssl")
        .args(["req", "-inform", "DER", "-verify", "-noout", "-subject"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    openssl.stdin.take().unwrap().write_all(&csr()).unwrap();
    let output = openssl.wait_with_output().unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.to_ascii_lowercase().contains("verify ok"), "{text}");
    assert!(text.contains("7E980AD9-B86D-4306-9425-9AC066FB014A"), "{text}");
}

#[test]
fn picky_accepts_the_certificate_request() {
    let request = picky::x509::csr::Csr::from_der(&csr()).unwrap();
    request.verify().unwrap();
    assert_eq!(request.subject_name().to_string(), "CN=7E980AD9-B86D-4306-9425-9AC066FB014A");
}

#[test]
fn the_request_is_that_of_the_page() {
    let (token, key, csr, facts) = (Secret::new("T0KEN".to_owned()), public(), csr(), facts());
    for (join_type, number) in [(JoinType::Join, 0), (JoinType::Register, 4)] {
        let join = Join {
            endpoint: "https://enterpriseregistration.windows.net/EnrollmentServer/device/",
            version: "2.0",
            token: &token,
            certificate_request: &csr,
            transport_key: &key,
            target_domain: &"contoso.com".parse().unwrap(),
            facts: &facts,
            join_type,
            request_id: "5b0d7c1e-0000-4000-8000-0000000000aa".parse().unwrap(),
            client_version: "0.1.0",
        };
        let sent = request(&join).unwrap();
        assert_eq!(
            sent.uri(),
            "https://enterpriseregistration.windows.net/EnrollmentServer/device/?api-version=2.0"
        );
        assert_eq!(sent.headers()["client-request-id"], "5b0d7c1e-0000-4000-8000-0000000000aa");
        assert_eq!(sent.headers()["authorization"], "Bearer T0KEN");
        assert!(!format!("{sent:?}").contains("T0KEN"), "the token is not shown");
        let body: Value = serde_json::from_slice(sent.body()).unwrap();
        assert_eq!(body["JoinType"], number);
        assert_eq!(body["DeviceType"], "Linux");
        assert_eq!(body["Attributes"], json!({ "ReuseDevice": "true", "ReturnClientSid": "true" }));
        assert!(body["TransportKey"].as_str().unwrap().starts_with("UlNBMQAIAAADAAAAAAEAAAAAAAAAAAAAAQAB"));
        assert_eq!(body["TransportKey"].as_str().unwrap().len(), 380);
        let insecure = Join { endpoint: "http://enterpriseregistration.windows.net/", ..join };
        assert!(request(&insecure).is_err());
    }
}

fn reply(status: u16, body: &str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap()
}

#[test]
fn errors_of_all_shapes_are_read() {
    let quota = "User 'x' is not eligible to enroll a device of type 'Linux'. Reason 'DeviceCapReached'.";
    let b = |code: &str, subcode: &str, text: &str| {
        json!({ "code": code, "subcode": subcode, "message": text, "RequestID": "r", "time": "t" })
            .to_string()
    };
    let c = json!({ "odata.error": { "code": "directory_error", "message": { "value": quota }, "values": [{ "item": "requestId", "value": "r" }] } }).to_string();
    for (status, body, name, class) in [
        (
            400,
            b("invalid_request", "error_directory_quota_exceeded", quota),
            "error_directory_quota_exceeded",
            Denied,
        ),
        (
            400,
            json!({ "errortype": "DirectoryError", "MESSAGE": quota, "TraceId": "r" }).to_string(),
            "error_directory_quota_exceeded",
            Denied,
        ),
        (400, c, "error_directory_quota_exceeded", Denied),
        (
            403,
            b("authorization_error", "error_authorization_request_denied", ""),
            "error_authorization_request_denied",
            Denied,
        ),
        (400, b("invalid_request", "error_unheard_of", ""), "error_unheard_of", Broken),
        (401, b("authorization_error", "error_unheard_of", ""), "error_unheard_of", NeedsUser),
        (400, b("invalid_request", "error_unheard_of", "wait 300 seconds"), "error_unheard_of", Transient),
        (503, b("busy", "busy", ""), "busy", Transient),
        (400, b("invalid_request", "error_fail", "AADSTS90002: no"), "error_fail", Denied),
    ] {
        let failure = read(reply(status, &body)).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.class), (name, class), "{body}");
        assert_eq!(failure.trace.request_id.as_deref(), Some("r"), "{body}");
        assert_eq!(failure.trace.http_status, Some(status));
    }
}

#[test]
fn what_is_no_json_is_named_and_shows_no_control_character() {
    for (status, body, code) in [
        (400, "", "NotJson"),
        (400, "<html>\u{7}</html>", "NotJson"),
        (400, "{\"code\":", "NotJson"),
        (400, "[]", "UnusableReply"),
        (400, "null", "UnusableReply"),
        (500, "<html>\u{7}</html>", "ServiceBusy"),
        (503, "[]", "ServiceBusy"),
        (502, "", "ServiceBusy"),
    ] {
        let failure = read(reply(status, body)).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.trace.http_status), (code, Some(status)), "{body}");
        assert!(!failure.message.chars().any(char::is_control));
    }
}

#[test]
fn replies_without_a_usable_certificate_are_refused() {
    let expected = Expected {
        device_key: &public(),
        tenant: "11111111-2222-3333-4444-555555555555".parse().unwrap(),
        now: Timestamp::from_secs(0),
    };
    for body in [
        "",
        "{}",
        "[]",
        r#"{"Certificate":{}}"#,
        r#"{"Certificate":{"RawBody":"!"}}"#,
        r#"{"Certificate":{"RawBody":"AAAA"}}"#,
        r#"{"Certificate":{"RawBody":5}}"#,
    ] {
        assert_eq!(parse(body.as_bytes(), &expected).unwrap_err().failure().class, Broken, "{body}");
    }
}

#[test]
fn a_device_that_is_gone_is_no_failure_of_leaving() {
    let missing = r#"{"code":"invalid_request","subcode":"error_missing_device"}"#;
    assert_eq!(leave::read(reply(400, missing)), Ok(Left::AlreadyGone));
    assert_eq!(leave::read(reply(200, "")), Ok(Left::Deleted));
    assert_eq!(
        leave::read(reply(401, "{\"code\":\"authorization_error\"}")).unwrap_err().failure().class,
        NeedsUser
    );
    assert_eq!(leave::read(reply(403, "{\"code\":\"x\"}")).unwrap_err().failure().class, Denied);
}
