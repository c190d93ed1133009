//! What the service refuses, as failures a machine can judge.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use bytes::Bytes;
use http::Response;
use model::FailureClass::{Broken, Denied, NeedsUser, Transient};
use oauth::poll::{Poll, read};
use oauth::{Moment, OauthError, ServerError};
use serde_json::json;

fn reply(status: u16, body: &str) -> Response<Bytes> {
    Response::builder().status(status).header("retry-after", "7").body(Bytes::from(body.to_owned())).unwrap()
}

fn refused(codes: &[u32], error: &str, text: &str) -> OauthError {
    let body = json!({
        "error": error, "error_description": text, "error_codes": codes, "trace_id": "t", "correlation_id": "c",
        "timestamp": "2026-01-02 03:04:05Z", "claims": "{}",
    });
    read(reply(400, &body.to_string())).unwrap_err()
}

#[test]
fn codes_lead_to_their_class_and_carry_what_finds_the_call_again() {
    for (codes, class, name) in [
        (vec![50_126], NeedsUser, "AADSTS50126"),
        (vec![50_053], Denied, "AADSTS50053"),
        (vec![90_055], Transient, "AADSTS90055"),
        (vec![53_003], Denied, "AADSTS53003"),
        (vec![70_019], NeedsUser, "AADSTS70019"),
        (vec![70_002, 135_011], Denied, "AADSTS135011"),
        (vec![987_654], Broken, "AADSTS987654"),
    ] {
        let failure = refused(&codes, "invalid_grant", "AADSTS1: text.\r\nTrace ID: t")
            .failure(Moment::BeforeRegistration);
        assert_eq!((failure.class, failure.code.as_str()), (class, name));
        assert_eq!(failure.trace.request_id.as_deref(), Some("t"));
        assert_eq!(failure.trace.correlation_id.as_deref(), Some("c"));
        assert_eq!(failure.trace.server_time.as_deref(), Some("2026-01-02 03:04:05Z"));
        assert_eq!(failure.claims.as_deref(), Some("{}"));
    }
}

#[test]
fn a_rule_for_devices_means_another_thing_after_the_registration() {
    let error = refused(&[53_000], "interaction_required", "AADSTS53000: x");
    assert_eq!(error.failure(Moment::BeforeRegistration).class, Denied);
    assert_eq!(error.failure(Moment::AfterRegistration).class, NeedsUser);
}

#[test]
fn a_code_in_the_text_alone_is_found() {
    assert_eq!(
        refused(&[], "invalid_grant", "AADSTS50057: disabled").failure(Moment::BeforeRegistration).code,
        "AADSTS50057"
    );
}

#[test]
fn pending_and_slow_down_are_no_failures() {
    for (codes, error) in
        [(vec![70_016], "authorization_pending"), (vec![], "slow_down"), (vec![70_016], "whatever")]
    {
        let body = json!({ "error": error, "error_description": "", "error_codes": codes }).to_string();
        assert!(matches!(read(reply(400, &body)), Ok(Poll::Pending)), "{error}");
    }
}

#[test]
fn what_is_not_the_service_s_is_named_and_shows_no_control_character() {
    for (status, body) in [
        (200, "<html>Welcome to the hotel\u{1b}[31m</html>"),
        (502, "<html>"),
        (400, "{}"),
        (200, "{\"access_token\":5}"),
        (200, ""),
    ] {
        let failure = read(reply(status, body)).unwrap_err().failure(Moment::BeforeRegistration);
        assert_eq!((failure.class, failure.code.as_str()), (Transient, "NotJson"), "{body}");
        assert!(!failure.message.chars().any(char::is_control), "{}", failure.message);
    }
}

#[test]
fn a_secret_of_a_reply_that_cannot_be_read_is_not_repeated() {
    let body = r#"{"access_token":"s3cr3t-value-of-a-token","refresh_token":7}"#;
    let error = read(reply(200, body)).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("s3cr3t"));
}

#[test]
fn a_wish_to_wait_is_kept() {
    let body = json!({ "error": "temporarily_unavailable", "error_description": "AADSTS90055: busy", "error_codes": [90055] });
    let failure = read(reply(429, &body.to_string())).unwrap_err().failure(Moment::BeforeRegistration);
    assert_eq!(failure.retry_after, Some(std::time::Duration::from_secs(7)));
}

#[test]
fn a_wish_to_wait_until_a_date_is_kept() {
    let body = json!({ "error": "temporarily_unavailable", "error_description": "AADSTS90055: busy" });
    let mut busy = reply(503, &body.to_string());
    busy.headers_mut().insert("date", "Fri, 02 Jan 2026 03:04:05 GMT".parse().unwrap());
    busy.headers_mut().insert("retry-after", "Fri, 02 Jan 2026 03:04:35 GMT".parse().unwrap());
    let failure = read(busy).unwrap_err().failure(Moment::BeforeRegistration);
    assert_eq!(failure.retry_after, Some(std::time::Duration::from_secs(30)));
}

#[test]
fn marks_that_reorder_a_text_do_not_reach_people() {
    let OauthError::Refused(error) = refused(&[], "x", "AADSTS1: moc\u{202e}.live") else {
        panic!("refused")
    };
    assert_eq!(error.text, "moc .live");
}

#[test]
fn a_description_alone_gives_code_text_and_ids() {
    let lines = "AADSTS50011: No such redirect.\r\nTrace ID: a-1\r\nCorrelation ID: b-2\r\nTimestamp: 2026-01-02 03:04:05Z";
    let error = ServerError::new(302, "invalid_request", lines);
    assert_eq!((error.codes.as_slice(), error.text.as_str()), ([50_011].as_slice(), "No such redirect."));
    assert_eq!(error.trace.request_id.as_deref(), Some("a-1"));
    assert_eq!(error.trace.correlation_id.as_deref(), Some("b-2"));
    assert_eq!(error.trace.server_time.as_deref(), Some("2026-01-02 03:04:05Z"));
}
