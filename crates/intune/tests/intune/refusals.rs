//! Every refusal of intune.md 2.4 and 6.3, by what it means and whom it is for.

use crate::common::reply;
use bytes::Bytes;
use http::Response;
use intune::{IntuneError, Reason, Refusal, details, device, endpoints, enrol, retire};
use model::FailureClass::{Broken, Denied, Gone, NeedsUser, Transient};
use model::{Delivery, Failure, Who};
use proptest::prelude::*;
use serde_json::json;
use std::time::Duration;

/// intune.md 2.4, the older shape.
const OLDER: &str = r#"{"ErrorCode":"BadRequest","StatusCode":400,"Message":"An error has occurred.","MessageLanguage":"en-us","IsMessageCustomerSafe":false,"RetryAfter":null}"#;
/// intune.md 9.3, the newer shape.
const NEWER: &str = r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"One or more validation errors occurred.","status":400,
 "errors":{"CertificateSigningRequest":["Value must be a valid PEM-encoded PKCS#10 certificate signing request with an RSA key of at least 2048 bits."]},
 "traceId":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00","activityId":"6d000000-0000-4000-8000-00000000000f"}"#;
const STALE: &str =
    r#"{"title":"Bad Request","status":400,"detail":"Device validation failed","activityId":"a-1"}"#;

fn failure(reply: Response<Bytes>) -> Failure {
    details::read(reply).unwrap_err().failure()
}

fn refusal(error: IntuneError) -> Refusal {
    match error {
        IntuneError::Refused(refusal) => *refusal,
        other => panic!("{other:?} is no refusal"),
    }
}

#[test]
fn a_refusal_that_is_no_object_is_the_service_s() {
    let failure = failure(reply(400, &[], "[]"));
    assert_eq!((failure.code.as_str(), failure.class, failure.who), ("UnusableReply", Broken, Who::Nobody));
}

#[test]
fn the_catalogue_is_that_of_the_page() {
    for (status, body, code, class, who) in [
        (400, OLDER, "BadRequest", Denied, Who::MachineAdmin),
        (400, NEWER, "ValidationFailed", Broken, Who::Developers),
        (400, STALE, "DeviceValidationFailed", Gone, Who::User),
        (400, r#"{"Message":"DEVICE VALIDATION FAILED"}"#, "DeviceValidationFailed", Gone, Who::User),
        (
            400,
            r#"{"errors":{"DeviceId":["Device validation failed."]}}"#,
            "DeviceValidationFailed",
            Gone,
            Who::User,
        ),
        (400, r#"{"errors":{}}"#, "BadRequest", Denied, Who::MachineAdmin),
        (400, r#"{"errors":7}"#, "BadRequest", Denied, Who::MachineAdmin),
        (400, "", "BadRequest", Denied, Who::MachineAdmin),
        (401, "{}", "TokenRefused", NeedsUser, Who::User),
        (401, "", "TokenRefused", NeedsUser, Who::User),
        (403, "{}", "Forbidden", Denied, Who::TenantAdmin),
        (404, OLDER, "IntuneUnavailable", Transient, Who::Nobody),
        (404, "", "IntuneUnavailable", Transient, Who::Nobody),
        (404, STALE, "IntuneUnavailable", Transient, Who::Nobody),
        (500, "{}", "IntuneUnavailable", Transient, Who::Nobody),
        (502, "", "IntuneUnavailable", Transient, Who::Nobody),
        (429, "{}", "IntuneBusy", Transient, Who::Nobody),
        (503, "", "IntuneBusy", Transient, Who::Nobody),
        (409, r#"{"ErrorCode":"KeyUnavailable"}"#, "HTTP 409", Broken, Who::TenantAdmin),
        (418, "{}", "HTTP 418", Broken, Who::TenantAdmin),
        (302, "", "NotJson", Transient, Who::MachineAdmin),
        (302, "{}", "NotJson", Transient, Who::MachineAdmin),
        (400, "<html>", "NotJson", Transient, Who::MachineAdmin),
        (500, "<html>", "IntuneUnavailable", Transient, Who::Nobody),
        (503, "<html>", "IntuneBusy", Transient, Who::Nobody),
        (511, "<html>", "NotJson", Transient, Who::MachineAdmin),
        (401, "<html>", "NotJson", NeedsUser, Who::MachineAdmin),
        (403, "<html>", "NotJson", Denied, Who::MachineAdmin),
    ] {
        let failure = failure(reply(status, &[], body));
        assert_eq!(
            (failure.code.as_str(), failure.class, failure.who),
            (code, class, who),
            "{status} {body}"
        );
        assert_eq!((failure.delivery, failure.trace.http_status), (Delivery::Answered, Some(status)));
        assert!(!failure.message.is_empty() && failure.advice.ends_with('.'));
    }
}

#[test]
fn every_exchange_is_judged_alike_but_for_the_right_to_read_endpoints() {
    for (status, body, reason) in [
        (400, NEWER, Reason::Validation),
        (400, OLDER, Reason::BadRequest),
        (400, STALE, Reason::StaleDevice),
        (401, "", Reason::Token),
        (404, "", Reason::Unavailable),
        (429, "", Reason::Busy),
        (418, "", Reason::Unknown),
    ] {
        for error in [
            endpoints::read(reply(status, &[], body)).unwrap_err(),
            enrol::read(reply(status, &[], body)).unwrap_err(),
            details::read(reply(status, &[], body)).unwrap_err(),
            device::read(reply(status, &[], body)).unwrap_err(),
            retire::read(reply(status, &[], body)).unwrap_err(),
        ] {
            assert_eq!(refusal(error).reason, reason, "{status} {body}");
        }
    }
    let graph = r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation.","innerError":{"date":"2026-11-22T10:00:00","request-id":"g-1","client-request-id":"c-1"}}}"#;
    let failure = endpoints::read(reply(403, &[], graph)).unwrap_err().failure();
    assert_eq!((failure.code.as_str(), failure.class), ("MissingScope", Denied));
    assert!(failure.message.contains("ServicePrincipalEndpoint.Read.All"), "{}", failure.message);
    assert!(failure.message.contains("Insufficient privileges"), "{}", failure.message);
    assert_eq!(failure.trace.request_id.as_deref(), Some("g-1"));
    assert_eq!(failure.trace.correlation_id.as_deref(), Some("c-1"));
    let elsewhere = enrol::read(reply(403, &[], graph)).unwrap_err();
    assert_eq!(refusal(elsewhere).reason, Reason::Forbidden);
}

#[test]
fn the_text_of_a_field_reaches_the_message() {
    let failure = failure(reply(400, &[], NEWER));
    assert_eq!(
        failure.message,
        "the check-in service of Intune answers HTTP 400: it does not accept a field of the request; it says: \
         CertificateSigningRequest: Value must be a valid PEM-encoded PKCS#10 certificate signing request with an RSA \
         key of at least 2048 bits."
    );
    let older = self::failure(reply(400, &[], OLDER));
    assert!(older.message.ends_with("; it says: BadRequest: An error has occurred."), "{}", older.message);
    let unknown = details::read(reply(409, &[], r#"{"ErrorCode":"Conflict"}"#)).unwrap_err();
    assert_eq!(unknown.to_string(), "the check-in service of Intune refused (HTTP 409): Conflict");
    let two = r#"{"errors":{"A":["x","y"],"B":["z",7],"C":"no list"}}"#;
    let refusal = refusal(enrol::read(reply(400, &[], two)).unwrap_err());
    assert_eq!(refusal.text, "A: x; A: y; B: z");
}

#[test]
fn the_most_telling_text_is_taken() {
    for (body, code, text) in [
        (OLDER, "BadRequest", "An error has occurred."),
        (r#"{"title":"T","detail":"D"}"#, "", "D"),
        (r#"{"title":"T","detail":""}"#, "", "T"),
        (r#"{"odata.error":{"code":"c","message":{"lang":"en-US","value":"v"}}}"#, "c", "v"),
        (r#"{"error":{"code":"c","message":"m"}}"#, "c", "m"),
        (r#"{"error":"word"}"#, "", ""),
    ] {
        let refusal = refusal(device::read(reply(400, &[], body)).unwrap_err());
        assert_eq!((refusal.code.as_str(), refusal.text.as_str()), (code, text), "{body}");
    }
}

#[test]
fn every_id_finds_its_place() {
    let activity = Some("6d000000-0000-4000-8000-00000000000f");
    let trace_id = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    let headers = [("client-request-id", "c-1"), ("request-id", "r-1")];
    for (headers, body, request, correlation) in [
        (&headers[..], NEWER, activity, Some("c-1")),
        (&[], NEWER, activity, trace_id),
        (&headers, r#"{"traceId":"t-1"}"#, Some("t-1"), Some("c-1")),
        (&headers, OLDER, Some("r-1"), Some("c-1")),
        (&headers, "", Some("r-1"), Some("c-1")),
        (&headers, "<html>", Some("r-1"), Some("c-1")),
        (&[], OLDER, None, None),
    ] {
        let trace = failure(reply(400, headers, body)).trace;
        assert_eq!(
            (trace.request_id.as_deref(), trace.correlation_id.as_deref()),
            (request, correlation),
            "{body}"
        );
    }
}

#[test]
fn a_wish_to_be_left_alone_is_heard() {
    let date = ("date", "Sun, 22 Nov 2026 10:00:00 GMT");
    for (status, headers, secs) in [
        (429, &[("retry-after", "17")][..], Some(17)),
        (503, &[("retry-after", "Sun, 22 Nov 2026 10:01:00 GMT"), date], Some(60)),
        (503, &[("retry-after", "999999")], Some(3600)),
        (503, &[("retry-after", "soon")], None),
        (429, &[], None),
    ] {
        for body in ["", "{}", "<html>"] {
            let failure = failure(reply(status, headers, body));
            assert_eq!(
                (failure.retry_after, failure.class),
                (secs.map(Duration::from_secs), Transient),
                "{headers:?}"
            );
        }
    }
}

#[test]
fn texts_of_the_service_are_shortened() {
    let many: Vec<String> = (0..500).map(|at| format!("{at} {}", "m".repeat(500))).collect();
    let long = json!({ "ErrorCode": "c".repeat(5_000), "errors": { "x".repeat(5_000): many } }).to_string();
    let first = failure(reply(400, &[], &long));
    assert!(first.message.len() < 5_000, "{}", first.message.len());
    let ids = json!({ "activityId": "i".repeat(5_000) }).to_string();
    assert_eq!(failure(reply(400, &[], &ids)).trace.request_id.unwrap(), "i".repeat(64));
    assert!(failure(reply(500, &[], &"<p>".repeat(5_000))).message.len() < 250);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_refusal_is_a_failure_without_control_characters(status in 300u16..600, text in ".{0,200}") {
        let shapes = [
            text.clone(),
            json!({ "ErrorCode": text, "Message": text, "activityId": text }).to_string(),
            json!({ "title": text, "errors": { text.clone(): [text] }, "traceId": text }).to_string(),
            json!({ "error": { "code": text, "message": { "value": text }, "innerError": { "request-id": text } } }).to_string(),
        ];
        for body in shapes {
            for failure in [
                endpoints::read(reply(status, &[], &body)).unwrap_err().failure(),
                enrol::read(reply(status, &[], &body)).unwrap_err().failure(),
                retire::read(reply(status, &[], &body)).unwrap_err().failure(),
            ] {
                let ids = [failure.trace.request_id, failure.trace.correlation_id].into_iter().flatten();
                let shown: String = ids.chain([failure.message, failure.code]).collect();
                prop_assert!(!shown.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn any_bytes_are_no_reason_to_panic(status in 200u16..600, body in prop::collection::vec(any::<u8>(), 0..300)) {
        let made = || {
            let mut reply = Response::new(Bytes::from(body.clone()));
            *reply.status_mut() = http::StatusCode::from_u16(status).unwrap();
            reply
        };
        let _ = (endpoints::read(made()), enrol::read(made()), details::read(made()));
        let _ = (device::read(made()), retire::read(made()));
        let _ = intune::newest_version(&String::from_utf8_lossy(&body));
    }
}
