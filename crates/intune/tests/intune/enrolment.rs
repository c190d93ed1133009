//! The certificate request as another tool reads it, and the stored reply to an enrolment.

use crate::common::{BASE, DEVICE, caller, facts, key, noon, public, reply, service, token};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use intune::enrol::{self, Enrolled, Expected, assemble, parse, to_sign};
use intune::{IntuneError, Reason};
use model::FailureClass::{Broken, Denied};
use model::Timestamp;
use picky::x509::csr::Csr;
use proptest::prelude::*;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding, Signer};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;

const CERTIFICATE: &[u8] = include_bytes!("test-device.der");
const THUMBPRINT: &str = "CAA7FFAA8E1DAD440765844B11D0C027C3E19C93";

fn csr(name: &str) -> Vec<u8> {
    let bytes = to_sign(&public(), name).unwrap();
    let signature = SigningKey::<Sha256>::new(key()).sign(&bytes).to_vec();
    assemble(&bytes, &signature).unwrap()
}

#[test]
fn picky_accepts_the_certificate_request_of_the_body() {
    let (token, facts) = (token(), facts());
    let sent = enrol::request(&service(BASE), &csr("lx-adele"), &caller(&token, &facts));
    let body: Value = serde_json::from_slice(sent.body()).unwrap();
    let pem = body["CertificateSigningRequest"].as_str().unwrap();
    let request = Csr::from_pem_str(pem).unwrap();
    request.verify().unwrap();
    assert_eq!(request.subject_name().to_string(), "CN=lx-adele");
    assert_eq!(request.to_der().unwrap(), csr("lx-adele"));
}

#[test]
fn the_armour_has_lines_of_64_ended_by_lf() {
    let (token, facts) = (token(), facts());
    for size in [48, 49, 96, 600] {
        let sent = enrol::request(&service(BASE), &vec![7; size], &caller(&token, &facts));
        let body: Value = serde_json::from_slice(sent.body()).unwrap();
        let pem = body["CertificateSigningRequest"].as_str().unwrap();
        let inner = pem.strip_prefix("-----BEGIN CERTIFICATE REQUEST-----\n").unwrap();
        let inner = inner.strip_suffix("\n-----END CERTIFICATE REQUEST-----\n").unwrap();
        let (last, full) =
            inner.split('\n').collect::<Vec<_>>().split_last().map(|(l, f)| (*l, f.to_vec())).unwrap();
        assert!(full.iter().all(|line| line.len() == 64) && (1..=64).contains(&last.len()), "{size}: {pem}");
        assert_eq!(STANDARD.decode(inner.replace('\n', "")).unwrap(), vec![7; size]);
    }
}

#[test]
fn the_request_is_version_0_with_no_attributes_and_null_parameters() {
    let info = to_sign(&public(), "lx-adele").unwrap();
    let start =
        [&[0x30, 0x82][..], &info[2..4], &[2, 1, 0, 0x30, 0x13, 0x31, 0x11, 0x30, 0x0f, 6, 3, 0x55, 4, 3]];
    assert!(info.starts_with(&[&start.concat(), &b"\x0c\x08lx-adele"[..]].concat()), "{info:02x?}");
    assert!(info.ends_with(&[0xa0, 0]));
    let whole = csr("lx-adele");
    let sha256_with_rsa = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00\x03\x82\x01\x01\x00";
    assert!(whole[4 + info.len()..].starts_with(sha256_with_rsa));
}

#[test]
fn a_name_that_no_request_can_carry_is_the_machine_administrators() {
    for name in ["", "a\nb", "a\u{1b}[2J"] {
        let failure = to_sign(&public(), name).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.class), ("DeviceName", Denied), "{name:?}");
        assert!(!failure.message.chars().any(char::is_control));
    }
    assert_eq!(assemble(b"0", b"1").unwrap_err().failure().code, "NoRequest");
}

fn judged(body: &Value, now: Timestamp) -> Result<Enrolled, IntuneError> {
    parse(body.to_string().as_bytes(), &Expected { key: &public(), now })
}

/// The body of intune.md 9.3 around a certificate.
fn body(der: &[u8]) -> Value {
    json!({
        "deviceId": DEVICE,
        "certificate": { "thumbprint": x509::thumbprint(der), "certBlob": der, "renewPeriod": 181 },
    })
}

fn patched(from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = CERTIFICATE.windows(from.len()).position(|part| part == from).unwrap();
    let mut der = CERTIFICATE.to_vec();
    der[at..at + from.len()].copy_from_slice(to);
    der
}

#[test]
fn the_reply_of_the_page_is_read() {
    let enrolled = judged(&body(CERTIFICATE), noon([2026, 11, 22])).unwrap();
    assert_eq!(enrolled.device.to_string(), DEVICE);
    assert_eq!(enrolled.certificate.0, CERTIFICATE);
    assert_eq!(enrolled.thumbprint, THUMBPRINT);
    assert_eq!(enrolled.not_before.to_string(), "2026-11-22T09:58:00Z");
    assert_eq!(enrolled.not_after.to_string(), "2027-11-22T09:58:00Z");
    assert_eq!(enrolled.renew_after, Some(Duration::from_secs(181 * 86_400)));
    assert_eq!(enrolled.warnings, Vec::<String>::new());
}

#[test]
fn other_casings_places_and_encodings_are_read_too() {
    let text = STANDARD.encode(CERTIFICATE);
    let (head, tail) = text.split_at(64);
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    for (body, renew_after) in [
        (json!({ "DeviceId": DEVICE, "Certificate": { "CertBlob": CERTIFICATE } }), None),
        (
            json!({ "DeviceId": DEVICE, "Certificate": { "CertBlob": CERTIFICATE, "RenewPeriod": 30 } }),
            days(30),
        ),
        (json!({ "deviceId": DEVICE, "certificate": { "certBlob": text }, "renewPeriod": 181 }), days(181)),
        (json!({ "deviceId": DEVICE, "certificate": { "certBlob": format!("{head}\r\n{tail}\n") } }), None),
        (
            json!({ "deviceId": DEVICE, "certificate": { "certBlob": text, "renewPeriod": 9 }, "renewPeriod": 7 }),
            days(9),
        ),
        (
            json!({ "deviceId": DEVICE, "certificate": { "certBlob": text, "renewPeriod": null }, "renewPeriod": 7 }),
            days(7),
        ),
        (json!({ "deviceId": DEVICE, "certificate": { "certBlob": text, "renewPeriod": "181" } }), None),
        (json!({ "deviceId": DEVICE, "certificate": { "certBlob": text, "renewPeriod": 0 } }), None),
        (json!({ "deviceId": DEVICE, "certificate": { "certBlob": text, "renewPeriod": -1 } }), None),
        (
            json!({ "deviceId": DEVICE.to_uppercase(), "certificate": { "certBlob": text, "thumbprint": 7 }, "x": 1 }),
            None,
        ),
    ] {
        let enrolled = judged(&body, noon([2026, 11, 22])).unwrap();
        assert_eq!(
            (enrolled.device.to_string().as_str(), enrolled.renew_after),
            (DEVICE, renew_after),
            "{body}"
        );
        assert_eq!(enrolled.warnings.len(), 0, "{body}");
    }
}

#[test]
fn surprises_beside_the_key_are_warnings() {
    let other = "99999999-0000-4000-8000-000000000004";
    let now = noon([2026, 11, 22]);
    let with = |name: &str, value: Value| {
        let mut body = body(CERTIFICATE);
        match name {
            "deviceId" => body[name] = value,
            _ => body["certificate"][name] = value,
        }
        body
    };
    for (body, says) in [
        (with("deviceId", json!(other)), "is for '99999999-0000-4000-8000-000000000003'"),
        (with("thumbprint", json!("00")), "thumbprint"),
        (
            self::body(&patched(DEVICE.as_bytes(), b"lx-adele-0000-4000-8000-000000000003")),
            "is for 'lx-adele",
        ),
    ] {
        let enrolled = judged(&body, now).unwrap();
        assert_eq!(enrolled.warnings.len(), 1, "{:?}", enrolled.warnings);
        assert!(enrolled.warnings[0].contains(says), "{:?}", enrolled.warnings);
    }
}

#[test]
fn every_hard_check_has_its_own_error() {
    let now = noon([2026, 11, 22]);
    let modulus = public().modulus;
    let mut foreign = modulus[..16].to_vec();
    foreign[9] ^= 1;
    let foreign = body(&patched(&modulus[..16], &foreign));
    let mut nameless = body(CERTIFICATE);
    nameless["deviceId"] = json!("lx-adele\u{7}");
    let of_no_length = body(&patched(b"271122095800Z", b"261122095800Z"));
    for (body, code) in [
        (foreign, "ForeignKey"),
        (nameless, "NoDeviceId"),
        (json!({ "certificate": { "certBlob": CERTIFICATE } }), "NoDeviceId"),
        (json!({ "deviceId": 5, "certificate": { "certBlob": CERTIFICATE } }), "NoDeviceId"),
        (of_no_length, "CertificateDates"),
    ] {
        let failure = judged(&body, now).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.class), (code, Broken), "{body}");
        assert!(!failure.message.chars().any(char::is_control));
    }
}

#[test]
fn dates_have_a_day_of_skew_and_no_more() {
    for (now, good) in [
        (noon([2026, 11, 20]), false),
        (noon([2026, 11, 21]), true),
        (Timestamp::from_civil([2027, 11, 23, 9, 57, 0]), true),
        (noon([2027, 11, 23]), false),
    ] {
        assert_eq!(judged(&body(CERTIFICATE), now).is_ok(), good, "{now}");
    }
}

#[test]
fn replies_without_a_usable_certificate_are_refused() {
    for (certificate, says) in [
        (json!(null), "'certificate'"),
        (json!([]), "'certificate'"),
        (json!({}), "no certBlob"),
        (json!({ "certBlob": null }), "no certBlob"),
        (json!({ "certBlob": [48, 256] }), "neither"),
        (json!({ "certBlob": [48, -1] }), "neither"),
        (json!({ "certBlob": [48, "1"] }), "neither"),
        (json!({ "certBlob": 48 }), "neither"),
        (json!({ "certBlob": "!" }), "neither"),
        (json!({ "certBlob": [] }), "cannot be read"),
        (json!({ "certBlob": [48, 130, 3, 201] }), "cannot be read"),
    ] {
        let body = json!({ "deviceId": DEVICE, "certificate": certificate });
        let failure = judged(&body, noon([2026, 11, 22])).unwrap_err().failure();
        assert_eq!((failure.code.as_str(), failure.class), ("UnusableReply", Broken), "{body}");
        assert!(failure.message.contains(says), "{body}: {}", failure.message);
    }
    for text in ["", "[]", "null", "<html>", "{"] {
        let judged = parse(text.as_bytes(), &Expected { key: &public(), now: Timestamp::from_secs(0) });
        assert!(matches!(judged, Err(IntuneError::Unusable { .. })), "{text}");
    }
}

#[test]
fn what_says_enrolled_is_kept_unread() {
    let headers = [("client-request-id", "c-1"), ("date", "Sun, 22 Nov 2026 10:00:00 GMT")];
    for (status, text) in [(200, "<html>"), (201, "{}"), (204, "")] {
        let answered = enrol::read(reply(status, &headers, text)).unwrap();
        assert_eq!((answered.status, answered.body.as_slice()), (status, text.as_bytes()));
        assert_eq!(answered.trace.http_status, Some(status));
        assert_eq!(answered.trace.correlation_id.as_deref(), Some("c-1"));
        assert_eq!(answered.trace.server_time.as_deref(), Some("Sun, 22 Nov 2026 10:00:00 GMT"));
    }
    let refused = enrol::read(reply(400, &[], "{}")).unwrap_err();
    assert!(matches!(refused, IntuneError::Refused(refusal) if refusal.reason == Reason::BadRequest));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// The signature is not looked at here, so that a case costs nothing.
    #[test]
    fn any_device_name_comes_out_of_the_request_as_it_went_in(name in "[^\\p{Cc}]{1,200}") {
        let whole = assemble(&to_sign(&public(), &name).unwrap(), &[1; 256]).unwrap();
        let request = Csr::from_der(&whole).unwrap();
        let subject = request.subject_name();
        prop_assert_eq!(subject.find_common_name().unwrap().to_utf8_lossy(), name);
    }

    #[test]
    fn damaged_replies_end_in_an_error_or_in_an_identity(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut text = body(CERTIFICATE).to_string().into_bytes();
        for (at, byte) in damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        match parse(&text, &Expected { key: &public(), now: noon([2026, 11, 22]) }) {
            Ok(enrolled) => prop_assert!(enrolled.warnings.iter().all(|it| !it.chars().any(char::is_control))),
            Err(error) => prop_assert!(!error.failure().message.chars().any(char::is_control)),
        }
    }
}

#[test]
fn a_reply_of_no_use_may_name_the_device_all_the_same() {
    let id = "aaaaaaaa-1111-4222-8333-444444444444";
    for (body, named) in [
        (json!({ "deviceId": id, "certificate": null }), true),
        (json!({ "DEVICEID": id.to_uppercase() }), true),
        (json!({ "deviceId": "x" }), false),
        (json!({ "deviceId": 7 }), false),
        (json!([id]), false),
        (json!({}), false),
    ] {
        let device = intune::enrol::named_device(body.to_string().as_bytes());
        assert_eq!(device.map(|device| device.to_string()), named.then(|| id.to_owned()), "{body}");
    }
    assert_eq!(intune::enrol::named_device(b"<html>"), None);
}
