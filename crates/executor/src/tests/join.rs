//! The join: what the service's answers become, and when a token is redeemed once more.

use super::harness::{Harness, NOW, join_order};
use super::ports::{Scripted, in_doubt, not_sent, says, says_at};
use hsm::HsmError;
use lifecycle::{Reply, Work};
use model::{Delivery, Failure, FailureClass};
use serde_json::json;

const JOIN: &str = "POST enterpriseregistration.windows.net/EnrollmentServer/device/";

fn join(harness: &Harness, reply: Scripted) -> Result<Reply, Failure> {
    let token = harness.tokens(true);
    harness.net.will([reply]);
    harness.perform(Work::Join(Box::new(join_order(token))))
}

#[test]
fn a_server_that_failed_in_the_middle_may_have_made_the_object() {
    let denied = json!({ "code": "x", "subcode": "error_directory_quota_exceeded", "message": "too many" });
    for (reply, class, delivery) in [
        (says(500, "<html>"), FailureClass::Transient, Delivery::InDoubt),
        (says(500, "{}"), FailureClass::Transient, Delivery::InDoubt),
        (says(502, "<html>"), FailureClass::Transient, Delivery::InDoubt),
        (says(504, ""), FailureClass::Transient, Delivery::InDoubt),
        // An error in its own words is an answer.
        (says(500, json!({ "code": "x" })), FailureClass::Transient, Delivery::Answered),
        (says(500, &denied), FailureClass::Denied, Delivery::Answered),
        (says(502, json!({ "code": "x" })), FailureClass::Transient, Delivery::Answered),
        // Busy: it has not begun.
        (says(503, json!({ "code": "x" })), FailureClass::Transient, Delivery::Answered),
        (says(503, "<html>"), FailureClass::Transient, Delivery::Answered),
        (says(429, "{}"), FailureClass::Transient, Delivery::Answered),
        (says(400, &denied), FailureClass::Denied, Delivery::Answered),
        (says(403, "<html>"), FailureClass::Denied, Delivery::Answered),
        (says(499, json!({ "code": "x" })), FailureClass::Broken, Delivery::Answered),
        (not_sent(), FailureClass::Transient, Delivery::NotSent),
        (in_doubt(), FailureClass::Transient, Delivery::InDoubt),
    ] {
        let harness = Harness::new();
        let told = format!("{reply:?}");
        let failure = join(&harness, reply).unwrap_err();
        assert_eq!((failure.class, failure.delivery), (class, delivery), "{told}");
        assert_eq!(harness.net.lines(), [JOIN], "{told}");
    }
}

#[test]
fn a_refused_token_is_redeemed_once_more_and_then_the_refusal_counts() {
    let unauthorized = || says(401, json!({ "code": "Unauthorized" }));
    let redeemed = || says(200, json!({ "access_token": "at-2", "refresh_token": "rt-2" }));
    for (replies, tokens, end) in [
        (vec![unauthorized(), redeemed(), says(200, "{}")], vec!["at", "", "at-2"], Ok(())),
        (vec![unauthorized(), redeemed(), unauthorized()], vec!["at", "", "at-2"], Err("Unauthorized")),
        (vec![unauthorized(), redeemed(), not_sent()], vec!["at", "", "at-2"], Err("Unreachable")),
        (vec![unauthorized(), not_sent()], vec!["at", ""], Err("Unreachable")),
        (vec![says(401, "<html>"), redeemed(), says(200, "{}")], vec!["at", "", "at-2"], Ok(())),
        (vec![says(403, json!({ "code": "Forbidden" }))], vec!["at"], Err("Forbidden")),
    ] {
        let harness = Harness::new();
        let order = join_order(harness.tokens(true));
        harness.net.will(replies);
        let result = harness.perform(Work::Join(Box::new(order))).map(drop);
        assert_eq!(result.map_err(|failure| failure.code), end.map_err(str::to_owned));
        let sent = harness.net.sent();
        let seen: Vec<_> = sent.iter().map(|sent| sent.token.as_deref().unwrap_or_default()).collect();
        assert_eq!(seen, tokens, "{end:?}");
        assert!(sent.iter().skip(1).step_by(2).all(|sent| sent.text.contains("refresh_token=rt")));
    }
}

#[test]
fn a_reply_that_says_made_is_kept_whatever_our_clock_says_and_a_refusal_is_not_read_by_a_wrong_one() {
    for (status, body, end) in [
        (200, "{}", Ok(200)),
        (201, "<html>", Ok(201)),
        (400, r#"{"code":"x"}"#, Err("ClockSkew")),
        (500, r#"{"code":"x"}"#, Err("ClockSkew")),
    ] {
        let harness = Harness::new();
        let result = join(&harness, says_at("Fri, 15 Jan 2027 07:30:00 GMT", status, body));
        let told = match &result {
            Ok(Reply::JoinAnswered(stored)) => {
                assert_eq!((stored.body.as_slice(), stored.at), (body.as_bytes(), NOW));
                Ok(stored.status)
            }
            Err(failure) => Err(failure.code.as_str()),
            Ok(other) => panic!("{other:?}"),
        };
        assert_eq!(told, end, "{status}");
    }
}

#[test]
fn the_device_key_signs_the_request_and_a_key_store_that_fails_lets_nothing_out() {
    let harness = Harness::new();
    join(&harness, says(200, "{}")).unwrap();
    assert_eq!(harness.keys.jobs(), ["sign device"]);
    assert_eq!(harness.net.sent()[0].id.as_deref(), Some("06060606-0606-0606-0606-060606060606"));

    for (error, code, class) in [
        (HsmError::Busy, "KeyStoreBusy", FailureClass::Transient),
        (HsmError::KeyGone("it".to_owned()), "KeyUnavailable", FailureClass::Broken),
    ] {
        let harness = Harness::new();
        harness.keys.will("sign device", error);
        let order = join_order(harness.tokens(true));
        let failure = harness.perform(Work::Join(Box::new(order))).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.class), (code, class));
        assert_eq!(failure.delivery, Delivery::NotSent);
        assert_eq!(harness.net.lines(), [""; 0]);
    }
}
