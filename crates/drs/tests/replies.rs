//! Replies of the service: the stored reply to a join, and the refusals in every shape and mood.
//!
//! `device.der` certifies `test-key.pk8` for device `11112222-…` of tenant `22222222-aaaa-…`, from
//! 2022-12-30 to 2032-12-30; the tests exchange bytes in it, since the signature is the service's own affair.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says where it failed by panicking"
)]

#[path = "../../reply/tests/common/variants.rs"]
mod variants;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use drs::DrsError;
use drs::join::{self, Expected, Joined, parse};
use drs::leave::{self, Left};
use http::Response;
use model::FailureClass::{self, Broken, Denied, NeedsUser, Transient};
use model::{Delivery, RsaPublicKey, Timestamp, Who};
use proptest::prelude::*;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use serde_json::{Value, json};
use std::time::Duration;

const DEVICE: &[u8] = include_bytes!("device.der");
const TENANT: &str = "22222222-aaaa-4bbb-8ccc-333333333333";

fn public() -> RsaPublicKey {
    let key = rsa::RsaPrivateKey::from_pkcs8_der(include_bytes!("test-key.pk8")).unwrap();
    RsaPublicKey { modulus: key.n_bytes().to_vec(), exponent: vec![1, 0, 1] }
}

fn day(date: [i64; 3]) -> Timestamp {
    Timestamp::from_civil([date[0], date[1], date[2], 12, 0, 0])
}

fn judged(body: &[u8], now: Timestamp) -> Result<Joined, DrsError> {
    parse(body, &Expected { device_key: &public(), tenant: TENANT.parse().unwrap(), now })
}

/// The body of entra.md 12.2 around a certificate.
fn body(der: &[u8]) -> Value {
    json!({
        "Certificate": { "Thumbprint": x509::thumbprint(der), "RawBody": STANDARD.encode(der) },
        "User": { "Upn": "alex@contoso.com" },
        "MembershipChanges": [{ "LocalSID": "S-1-5-32-544", "AddSIDs": ["S-1-12-1-1-2-3-4"] }],
    })
}

fn patched(from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = DEVICE.windows(from.len()).position(|part| part == from).unwrap();
    let mut der = DEVICE.to_vec();
    der[at..at + from.len()].copy_from_slice(to);
    der
}

#[test]
fn a_good_reply_gives_the_identity() {
    let joined = judged(body(DEVICE).to_string().as_bytes(), day([2026, 1, 1])).unwrap();
    assert_eq!(joined.device.to_string(), "11112222-3333-4444-5555-666677778888");
    assert_eq!(joined.thumbprint, "ECB55F397828D861803CE1B81ED9E249F57C196D");
    assert_eq!(joined.certificate.0, DEVICE);
    assert_eq!(joined.not_after.to_string(), "2032-12-30T17:40:00Z");
    assert_eq!(joined.upn.as_deref(), Some("alex@contoso.com"));
    assert_eq!(joined.warnings, Vec::<String>::new());
}

#[test]
fn oddities_beside_the_certificate_do_not_lose_the_identity() {
    let raw = STANDARD.encode(DEVICE);
    let (head, tail) = raw.split_at(64);
    for (odd, warnings) in [
        (json!({ "certificate": { "rawbody": raw } }), 0),
        (json!({ "Certificate": { "RawBody": format!("{head}\r\n{tail}\r\n") }, "User": null }), 0),
        (json!({ "Certificate": { "RawBody": raw, "Thumbprint": 7 }, "User": { "Upn": 5 } }), 0),
        (
            json!({ "Certificate": { "RawBody": raw, "Thumbprint": "AB" }, "User": [], "MembershipChanges": 1 }),
            1,
        ),
    ] {
        let joined = judged(odd.to_string().as_bytes(), day([2026, 1, 1])).unwrap();
        assert_eq!((joined.upn, joined.warnings.len()), (None, warnings), "{odd}");
    }
}

#[test]
fn surprises_in_the_certificate_are_warnings() {
    let now = day([2026, 1, 1]);
    for (from, to, says) in [
        (&b"MS-Organization-Access"[..], &b"MS-Organization-P2P-Ac"[..], "the issuer is"),
        (
            b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02",
            b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01",
            "client authentication",
        ),
        (b"\x04\x81\x10\x22\x22\x11\x11", b"\x04\x81\x10\x22\x22\x11\x12", "another device"),
        (b"\x04\x10\x22\x22\x22\x22\xaa", b"\x04\x0f\x22\x22\x22\x22\xaa", ".284.5 cannot be read"),
    ] {
        let joined = judged(body(&patched(from, to)).to_string().as_bytes(), now).unwrap();
        assert_eq!(joined.warnings.len(), 1, "{says}: {:?}", joined.warnings);
        assert!(joined.warnings[0].contains(says), "{:?}", joined.warnings);
    }
}

#[test]
fn every_hard_check_has_its_own_error() {
    let now = day([2026, 1, 1]);
    let other = patched(b"\x04\x10\x22\x22\x22\x22\xaa", b"\x04\x10\x22\x22\x22\x23\xaa");
    let no_id = patched(b"11112222-3333-4444-5555-666677778888", b"lap-0042-3333-4444-5555-666677778888");
    let key = public();
    let start = DEVICE.windows(16).position(|part| part == &key.modulus[..16]).unwrap();
    let mut foreign = DEVICE.to_vec();
    foreign[start + 9] ^= 1;
    for (der, code) in [(other, "ForeignTenant"), (no_id, "NoDeviceId"), (foreign, "ForeignKey")] {
        let failure = judged(body(&der).to_string().as_bytes(), now).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.class), (code, Broken));
        assert_eq!(failure.delivery, Delivery::Answered);
    }
}

#[test]
fn dates_have_a_day_of_skew_and_no_more() {
    for (now, good) in [
        (day([2022, 12, 29]), false),
        (day([2022, 12, 30]), true),
        (day([2032, 12, 31]), true),
        (day([2033, 1, 1]), false),
    ] {
        let judged = judged(body(DEVICE).to_string().as_bytes(), now);
        assert_eq!(judged.is_ok(), good, "{now}: {judged:?}");
    }
    let reversed = patched(b"321230174000Z", b"211230174000Z");
    let failure = judged(body(&reversed).to_string().as_bytes(), day([2021, 12, 30])).unwrap_err().failure();
    assert_eq!(failure.code, "CertificateDates");
}

fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let start = Response::builder().status(status);
    let built = headers.iter().fold(start, |reply, (name, value)| reply.header(*name, *value));
    built.body(Bytes::from(body.to_owned())).unwrap()
}

#[test]
fn what_says_made_is_kept_unread() {
    let headers =
        [("request-id", "r-1"), ("client-request-id", "c-1"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
    for (status, text) in [(200, "<html>"), (201, "{}"), (204, "")] {
        let answered = join::read(reply(status, &headers, text)).unwrap();
        assert_eq!((answered.status, answered.body.as_slice()), (status, text.as_bytes()));
        assert_eq!(answered.trace.http_status, Some(status));
        assert_eq!(answered.trace.request_id.as_deref(), Some("r-1"));
        assert_eq!(answered.trace.correlation_id.as_deref(), Some("c-1"));
    }
}

#[test]
fn the_three_shapes_of_the_page_give_the_same_names_and_ids() {
    let b = r#"{"code":"authorization_error","subcode":"error_authorization_request_denied","operation":"DeviceJoin","message":"no\u001b[2J","requestid":"id-1","time":"12-30-2023 17:00:40Z"}"#;
    let a = r#"{"errortype":"AuthorizationError","MESSAGE":"does not allow this user alex to Device Join","TraceId":"id-1","Time":"12-30-2023 17:00:40Z"}"#;
    let c = r#"{"odata.error":{"code":"authorization_error","message":{"lang":"en","value":"no"},"values":[{"item":"subCode","value":"error_authorization_request_denied"},{"item":"requestId","value":"id-1"},{"item":"date","value":"12-30-2023 17:00:40Z"},7]}}"#;
    for body in [a, b, c] {
        let failure = join::read(reply(403, &[("request-id", "header")], body)).unwrap_err().failure();
        assert_eq!(failure.code, "error_authorization_request_denied", "{body}");
        assert_eq!((failure.class, failure.who), (Denied, Who::TenantAdmin));
        assert!(failure.advice.contains("join_type = register"), "{}", failure.advice);
        assert_eq!(failure.trace.request_id.as_deref(), Some("id-1"), "{body}");
        assert_eq!(failure.trace.server_time.as_deref(), Some("12-30-2023 17:00:40Z"), "{body}");
        assert!(!failure.message.contains('\u{1b}'));
    }
}

fn class(status: u16, body: &str) -> FailureClass {
    join::read(reply(status, &[], body)).unwrap_err().failure().class
}

#[test]
fn a_status_counts_where_no_known_code_is_given() {
    let unknown = r#"{"code":"unheard_of","subcode":"error_new"}"#;
    let general = r#"{"code":"authorization_error","subcode":"error_new"}"#;
    for (status, body, expected) in [
        (401, unknown, NeedsUser),
        (401, general, NeedsUser),
        (401, "", NeedsUser),
        (401, "<html>", NeedsUser),
        (403, unknown, Broken),
        (403, general, Denied),
        (403, "{}", Denied),
        (403, "<html>", Denied),
        (400, unknown, Broken),
        (404, "<html>", Transient),
        (302, "", Transient),
        (500, unknown, Transient),
        (503, general, Transient),
        (429, "{}", Transient),
    ] {
        assert_eq!(class(status, body), expected, "{status} {body}");
    }
}

#[test]
fn a_member_of_another_type_is_named_and_is_the_service_s() {
    let now = day([2026, 1, 1]);
    for (member, body) in variants::of(&body(DEVICE)) {
        let Err(error) = judged(body.to_string().as_bytes(), now) else { continue };
        let failure = error.failure();
        assert!(failure.message.contains(&member), "{member}: {failure:?}");
        assert_eq!((failure.who, failure.class), (Who::Nobody, Broken), "{member}: {failure:?}");
    }
    let b = json!({ "code": "authorization_error", "subcode": "error_fail", "message": "no", "requestid": "r", "time": "t" });
    let a = json!({ "ErrorType": "AuthorizationError", "Message": "no", "TraceId": "r", "Time": "t" });
    let values = json!([{ "item": "subCode", "value": "error_fail" }]);
    let c = json!({ "odata.error": { "code": "authorization_error", "message": { "value": "no" }, "values": values } });
    for good in [a, b, c] {
        for (member, body) in variants::of(&good) {
            let failure = join::read(reply(400, &[], &body.to_string())).unwrap_err().failure();
            let known = matches!(failure.class, Denied) && failure.who == Who::TenantAdmin;
            let member = member.to_lowercase();
            let named = failure.code == "UnusableReply" && failure.message.to_lowercase().contains(&member);
            let nothing_left = failure.code == "HTTP 400" && failure.who == Who::TenantAdmin;
            assert!(known || named || nothing_left, "{member}: {failure:?}");
            assert_ne!(failure.who, Who::Developers, "{member}");
        }
    }
}

#[test]
fn a_second_factor_that_registration_wants_asks_the_user() {
    for body in [
        r#"{"code":"authorization_error","subcode":"error_mfa_required"}"#,
        r#"{"ErrorType":"AuthorizationError","Message":"Multi-Factor authentication is required."}"#,
    ] {
        assert_eq!(class(403, body), NeedsUser, "{body}");
    }
}

#[test]
fn a_wish_to_be_left_alone_is_heard_and_capped() {
    let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    let plain = r#"{"ErrorType":"DirectoryError","Message":"busy"}"#;
    let slow = r#"{"ErrorType":"DirectoryError","Message":"Please wait 300 Seconds"}"#;
    let secs = |secs| Some(Duration::from_secs(secs));
    for (headers, body, wait) in [
        (&[("retry-after", "17")][..], plain, secs(17)),
        (&[("retry-after", "999999999999")], plain, secs(3600)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), date], plain, secs(60)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:40:00 GMT"), date], plain, secs(0)),
        (&[("retry-after", "Mon, 07 Nov 1994 08:50:37 GMT"), date], "<html>", secs(3600)),
        (&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], plain, None),
        (&[("retry-after", "-5")], plain, None),
        (&[("retry-after", "soon")], plain, None),
        (&[], slow, secs(300)),
        (&[("retry-after", "20")], slow, secs(20)),
    ] {
        let failure = join::read(reply(503, headers, body)).unwrap_err().failure();
        assert_eq!((failure.retry_after, failure.class), (wait, Transient), "{headers:?} {body}");
    }
    assert_eq!(class(400, slow), Transient);
}

#[test]
fn texts_of_the_service_are_shortened() {
    let long = json!({ "code": "c".repeat(5_000), "message": "m".repeat(5_000) }).to_string();
    let failure = join::read(reply(400, &[], &long)).unwrap_err().failure();
    assert!(failure.code.len() <= 80 && failure.message.len() < 1_000);
    let failure = join::read(reply(400, &[], &"<p>".repeat(5_000))).unwrap_err().failure();
    assert!(failure.message.len() < 250, "{}", failure.message);
}

#[test]
fn a_device_that_is_not_there_is_left_already() {
    for (status, body) in [
        (400, r#"{"code":"invalid_request","subcode":"error_missing_device"}"#),
        (400, r#"{"ErrorType":"AuthenticationError","ErrorSubCode":"DeviceNotFound"}"#),
        (404, r#"{"code":"not_found","message":"no such device"}"#),
    ] {
        assert_eq!(leave::read(reply(status, &[], body)), Ok(Left::AlreadyGone), "{body}");
    }
    for (status, body) in [(404, "<html>"), (404, "{}"), (400, r#"{"ErrorType":"DirectoryError"}"#)] {
        assert!(leave::read(reply(status, &[], body)).is_err(), "{status} {body} is no proof");
    }
}

#[test]
fn a_disabled_device_that_leaves_is_not_told_about_joining() {
    let body = r#"{"code":"authorization_error","subcode":"error_authorization_request_denied"}"#;
    let failure = leave::read(reply(403, &[], body)).unwrap_err().failure();
    assert_eq!(failure.class, Denied);
    assert!(failure.message.contains("disabled") && failure.advice.contains("--force"), "{failure:?}");
}

#[test]
fn the_delete_has_no_body_and_only_a_token_that_is_given() {
    let host = "drs.example:8443".parse().unwrap();
    let id = "5b0d7c1e-0000-4000-8000-0000000000aa".parse().unwrap();
    let device = "11112222-3333-4444-5555-666677778888".parse().unwrap();
    let token = model::Secret::new("T0KEN".to_owned());
    for token in [None, Some(&token)] {
        let sent = leave::request(&host, device, token, id, "0.1.0");
        assert_eq!(sent.method(), http::Method::DELETE);
        assert_eq!(
            sent.uri(),
            "https://drs.example:8443/EnrollmentServer/device/11112222-3333-4444-5555-666677778888?api-version=1.0"
        );
        assert!(sent.body().is_empty());
        assert_eq!(sent.headers()["return-client-request-id"], "true");
        assert_eq!(sent.headers().get("authorization").is_some(), token.is_some());
        assert!(!format!("{sent:?}").contains("T0KEN"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn damaged_replies_end_in_an_error_or_in_our_device(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut text = body(DEVICE).to_string().into_bytes();
        for (at, byte) in damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        match judged(&text, day([2026, 1, 1])) {
            Ok(joined) => prop_assert!(joined.warnings.iter().all(|text| !text.chars().any(char::is_control))),
            Err(error) => prop_assert!(!error.failure().message.chars().any(char::is_control)),
        }
    }

    #[test]
    fn any_refusal_is_a_failure_without_control_characters(status in 300u16..600, body in ".{0,200}") {
        for text in [body.clone(), json!({ "code": body, "message": body, "time": body }).to_string()] {
            let failure = join::read(reply(status, &[], &text)).unwrap_err().failure();
            prop_assert!(![&failure.message, &failure.code].iter().any(|it| it.chars().any(char::is_control)));
            prop_assert_eq!(failure.delivery, Delivery::Answered);
            let _ = leave::read(reply(status, &[], &text));
        }
    }
}
