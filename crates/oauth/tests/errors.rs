//! What the service refuses, as failures a machine can judge.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

#[path = "../../reply/tests/common/variants.rs"]
mod variants;

use bytes::Bytes;
use http::Response;
use model::FailureClass::{Broken, Denied, NeedsUser, Transient};
use model::{OauthWord, Who};
use oauth::poll::{Poll, read};
use oauth::{OauthError, device_code, graph_me, password, refresh};
use reply::{Moment, ServerError};
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
        (vec![987_654], NeedsUser, "AADSTS987654"),
        (vec![70_002, 987_654], NeedsUser, "AADSTS987654"),
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
    for (codes, error) in [
        (json!([70_016]), "authorization_pending"),
        (json!([70_016]), "whatever"),
        (json!(["70016"]), "whatever"),
        (json!("70016"), "whatever"),
        (json!(null), "authorization_pending"),
    ] {
        let body = json!({ "error": error, "error_description": "", "error_codes": codes }).to_string();
        assert!(matches!(read(reply(400, &body)), Ok(Poll::Pending)), "{error} {codes}");
    }
    let faster = json!({ "error": "slow_down", "error_codes": [70_016] }).to_string();
    assert!(matches!(read(reply(400, &faster)), Ok(Poll::SlowDown)));
}

#[test]
fn codes_that_are_texts_are_numbers() {
    let body = json!({ "error": "invalid_grant", "error_description": "", "error_codes": ["50126"] });
    let failure = read(reply(400, &body.to_string())).unwrap_err().failure(Moment::BeforeRegistration);
    assert_eq!((failure.code.as_str(), failure.class), ("AADSTS50126", NeedsUser));
}

#[test]
fn what_is_not_the_service_s_is_named_and_shows_no_control_character() {
    for (status, body, class, code) in [
        (200, "<html>Welcome to the hotel\u{1b}[31m</html>", Transient, "NotJson"),
        (200, "", Transient, "NotJson"),
        (200, "{\"access_token\":\"s3cr3t", Transient, "NotJson"),
        (302, "", Transient, "NotJson"),
        (403, "<html>", Transient, "NotJson"),
        (511, "<html>", Transient, "NotJson"),
        (500, "<html>", Transient, "ServiceBusy"),
        (502, "", Transient, "ServiceBusy"),
        (503, "{}", Transient, "ServiceBusy"),
        (503, "[]", Transient, "ServiceBusy"),
        (429, "{\"error\":5}", Transient, "ServiceBusy"),
        (400, "{}", Broken, "UnusableReply"),
        (200, "[]", Broken, "UnusableReply"),
        (400, "[]", Broken, "UnusableReply"),
        (200, "null", Broken, "UnusableReply"),
        (200, "{\"access_token\":5}", Broken, "UnusableReply"),
    ] {
        let failure = read(reply(status, body)).unwrap_err().failure(Moment::BeforeRegistration);
        assert_eq!((failure.class, failure.code.as_str()), (class, code), "{status} {body}");
        assert_eq!(failure.who == Who::MachineAdmin, code == "NotJson", "{status} {body}");
        assert_eq!(failure.retry_after, Some(std::time::Duration::from_secs(7)), "{status} {body}");
        assert!(!failure.message.chars().any(char::is_control), "{}", failure.message);
        assert!(!failure.message.contains("s3cr3t"), "{}", failure.message);
    }
}

type Judge = fn(Response<Bytes>) -> Option<OauthError>;

/// The endpoints whose replies this dialect reads.
fn endpoints() -> Vec<(&'static str, Judge)> {
    let cloud: Judge = |reply| device_code::read(reply, &model::CloudProfile::public()).err();
    vec![
        ("device code", cloud),
        ("poll", |reply| read(reply).err()),
        ("password", |reply| password::read(reply).err()),
        ("refresh", |reply| refresh::read(reply).err()),
        ("graph", |reply| graph_me::read(reply).err()),
    ]
}

#[test]
fn every_word_with_an_unknown_number_names_somebody_who_can_help_at_every_endpoint() {
    for (endpoint, judge) in endpoints() {
        for word in OauthWord::ALL {
            for codes in [json!([987_654]), json!([]), json!([70_002, 987_654]), json!(["987654"])] {
                let text = "AADSTS987654: Something new.";
                let body = json!({ "error": word.as_str(), "error_description": text, "error_codes": codes });
                let Some(error) = judge(reply(400, &body.to_string())) else {
                    let waits = matches!(word, OauthWord::AuthorizationPending | OauthWord::SlowDown);
                    assert!(endpoint == "poll" && waits, "{endpoint} {word}");
                    continue;
                };
                for moment in [Moment::BeforeRegistration, Moment::AfterRegistration] {
                    let failure = error.failure(moment);
                    let said = format!("{failure:?}").to_lowercase();
                    assert!(failure.who != Who::Developers, "{endpoint} {word}: {said}");
                    assert!(!said.contains("report it") && !said.contains("developers"), "{endpoint} {word}");
                    assert!(!said.contains("portal") || failure.advice.contains("Company Portal"), "{said}");
                    assert_eq!(failure.code, "AADSTS987654", "{endpoint} {word}");
                    assert!(failure.message.contains("Something new."), "{}", failure.message);
                }
            }
        }
    }
}

#[test]
fn a_suberror_says_more_than_its_error() {
    for (error, suberror, class, who) in [
        ("invalid_grant", "consent_required", Denied, Who::TenantAdmin),
        ("invalid_grant", "bad_token", NeedsUser, Who::User),
        ("invalid_grant", "nobody_knows", NeedsUser, Who::User),
        ("nobody_knows", "nobody_knows", Broken, Who::TenantAdmin),
    ] {
        let body = json!({ "error": error, "suberror": suberror, "error_codes": [987_654] }).to_string();
        let failure = refresh::read(reply(400, &body)).unwrap_err().failure(Moment::AfterRegistration);
        assert_eq!((failure.class, failure.who), (class, who), "{error} {suberror}");
    }
}

#[test]
fn a_member_of_another_type_is_named_and_is_the_service_s() {
    let code = json!({
        "device_code": "secret", "user_code": "ABCD-EFGH", "expires_in": 900, "interval": 5, "message": "m",
        "verification_uri": "https://microsoft.com/devicelogin",
    });
    let tokens = json!({
        "token_type": "Bearer", "access_token": "a", "refresh_token": "r", "id_token": "i", "client_info": "c",
        "expires_in": 3599, "scope": "s",
    });
    let me = json!({ "id": "11111111-2222-3333-4444-555555555555", "userPrincipalName": "alex@contoso.com" });
    let refusal = json!({
        "error": "invalid_grant", "error_description": "AADSTS50126: x", "error_codes": [50_126], "trace_id": "t",
        "correlation_id": "c", "timestamp": "2026-01-02 03:04:05Z", "suberror": "basic_action", "claims": "{}",
    });
    for (endpoint, judge) in endpoints() {
        let good = match endpoint {
            "device code" => &code,
            "graph" => &me,
            _ => &tokens,
        };
        assert!(judge(reply(200, &good.to_string())).is_none(), "{endpoint}");
        for (status, good) in [(200, good), (400, &refusal)] {
            for (member, body) in variants::of(good) {
                let Some(error) = judge(reply(status, &body.to_string())) else { continue };
                let failure = error.failure(Moment::BeforeRegistration);
                let as_before = status == 400 && failure.code == "AADSTS50126";
                let named = failure.code == "UnusableReply" && failure.message.contains(&member);
                let listed = member == "0" && failure.message.contains("error_codes");
                assert!(as_before || named || listed, "{endpoint} {member}: {failure:?}");
                assert!(as_before || failure.who == Who::Nobody, "{endpoint} {member}");
            }
        }
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
