//! Primary refresh tokens: the order of the exchanges, and what is kept of them.

use super::harness::{ENTROPY, HOUR, Harness, NOW, finish, id, identity, owner, primary, secret, tokens};
use super::ports::{Scripted, not_sent, says};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hsm::HsmError;
use lifecycle::{Reply, Work};
use model::{Failure, ObjectId, Timestamp, TokenRef};
use oauth::TokenSet;
use serde_json::{Value, json};
use signin::{UserReply, UserWork};
use std::sync::Arc;
use std::time::Duration;
use vault::Tokens;

fn part(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn nonce() -> Scripted {
    says(200, json!({ "Nonce": "AwAB" }))
}

/// A PRT that lives for an hour, of this object.
fn granted(token: &str, object: ObjectId) -> Value {
    let claims = json!({ "tid": identity().intent.tenant.to_string(), "oid": object.to_string() });
    let header = part(r#"{"enc":"A256GCM","alg":"RSA-OAEP"}"#);
    let wrapped = format!("{header}.{}.{}.{}.{}", part([7; 256]), part([1; 12]), part([2]), part([3; 16]));
    json!({
        "refresh_token": token, "refresh_token_expires_in": 3600, "session_key_jwe": wrapped,
        "id_token": format!("{}.{}.", part(r#"{"alg":"none"}"#), part(claims.to_string())),
    })
}

pub(super) fn grants(token: &str) -> Scripted {
    says(200, granted(token, owner().object))
}

fn verify(harness: &Harness, token: TokenRef, now: Timestamp) -> Result<Reply, Failure> {
    let work = Work::Verify { identity: Box::new(identity()), token, nonce: None };
    finish(harness.executor.perform(work, now, ENTROPY))
}

fn user(harness: &Harness, work: UserWork, now: Timestamp) -> Result<Timestamp, Failure> {
    let end = finish(harness.executor.perform_user(work, &identity(), now, ENTROPY));
    end.map(|UserReply::Prt { expires_at }| expires_at)
}

#[test]
fn a_proof_is_a_nonce_then_a_signature_then_a_request_then_the_unwrapped_key() {
    let harness = Harness::new();
    let token = harness.tokens(false);
    harness.net.will([nonce(), grants("prt-1")]);
    assert_eq!(verify(&harness, token, NOW).unwrap(), Reply::Verified);
    assert_eq!(harness.net.asked(), ["nonce", "signed"]);
    assert_eq!(harness.keys.jobs(), ["sign device", "unwrap transport"]);
    let sent = harness.net.sent();
    assert_eq!((sent[0].auth, sent[1].auth), ("nothing", "credential"));
    assert_ne!(sent[0].id, sent[1].id);
    let held = harness.vault.tokens(token, NOW).unwrap();
    let primary = held.primary.as_ref().unwrap();
    assert_eq!((primary.token.expose().as_str(), primary.object), ("prt-1", owner().object));
    assert_eq!(primary.expires, NOW.after(HOUR));
}

#[test]
fn a_nonce_that_came_beside_the_join_is_used_and_none_is_fetched() {
    let harness = Harness::new();
    harness.net.will([nonce()]);
    let Ok(Reply::Nonce(own)) = harness.perform(Work::Nonce { tenant: id(1) }) else { panic!("no nonce") };
    assert_eq!((own.value.as_str(), own.at), ("AwAB", NOW));
    harness.net.will([grants("prt-1")]);
    let token = harness.tokens(false);
    let work = Work::Verify { identity: Box::new(identity()), token, nonce: Some(own) };
    assert_eq!(harness.perform(work).unwrap(), Reply::Verified);
    assert_eq!(harness.net.asked(), ["nonce", "signed"]);
}

#[test]
fn a_prt_that_is_there_is_the_proof() {
    let harness = Harness::new();
    let token = harness.keep(Tokens { primary: Some(primary()), ..tokens() });
    assert_eq!(verify(&harness, token, NOW).unwrap(), Reply::Verified);
    let work = UserWork::Obtain { token };
    assert_eq!(user(&harness, work, NOW).unwrap(), primary().expires);
    assert_eq!((harness.net.lines().len(), harness.keys.jobs().len()), (0, 0));
}

#[test]
fn a_proof_ends_where_it_fails_and_keeps_nothing() {
    let bad = || says(400, json!({ "error": "invalid_grant", "error_codes": [50155] }));
    for (what, replies, jobs, code, asked) in [
        ("no nonce", vec![not_sent()], vec![], "Unreachable", 1),
        ("an empty nonce", vec![says(200, "{}")], vec![], "UnusableReply", 1),
        ("a refusal", vec![nonce(), bad()], vec![], "AADSTS50155", 2),
        (
            "no key",
            vec![nonce()],
            vec![("sign device", HsmError::KeyGone("x".to_owned()))],
            "KeyUnavailable",
            1,
        ),
        (
            "no unwrapping",
            vec![nonce(), grants("p")],
            vec![("unwrap transport", HsmError::Decrypt)],
            "KeyStore",
            2,
        ),
        ("another person", vec![nonce(), says(200, granted("p", id(99)))], vec![], "AnotherAccount", 2),
    ] {
        let harness = Harness::new();
        let token = harness.keep(Tokens { object: Some(owner().object), ..tokens() });
        harness.net.will(replies);
        jobs.into_iter().for_each(|(job, error)| harness.keys.will(job, error));
        assert_eq!(verify(&harness, token, NOW).unwrap_err().code, code, "{what}");
        assert_eq!(harness.net.lines().len(), asked, "{what}");
        harness.keys.jobs();
        assert!(harness.vault.tokens(token, NOW).unwrap().primary.is_none(), "{what}");
    }
}

#[test]
fn a_session_key_of_another_length_is_none_and_nothing_is_kept() {
    let harness = Harness::new();
    let token = harness.keep(Tokens { object: Some(owner().object), ..tokens() });
    harness.net.will([nonce(), grants("p")]);
    harness.keys.unwraps(vec![1; 31]);
    assert_eq!(verify(&harness, token, NOW).unwrap_err().code, "SessionKey");
    assert_eq!((harness.net.lines().len(), harness.keys.jobs().len()), (2, 2));
    assert!(harness.vault.tokens(token, NOW).unwrap().primary.is_none());
}

#[test]
fn a_session_without_what_the_step_needs_asks_for_a_sign_in_and_sends_nothing() {
    let bare = TokenSet {
        access_token: secret("at"),
        refresh_token: None,
        id_token: None,
        client_info: None,
        expires_in: HOUR,
    };
    let harness = Harness::new();
    let without_refresh = harness.keep(Tokens { set: Arc::new(bare), ..tokens() });
    let without_prt = harness.tokens(true);
    for (what, work) in [
        ("no such session", UserWork::Obtain { token: TokenRef(99) }),
        ("no refresh token", UserWork::Obtain { token: without_refresh }),
        ("no such session", UserWork::Renew { token: TokenRef(99) }),
        ("no PRT to renew", UserWork::Renew { token: without_prt }),
    ] {
        assert_eq!(user(&harness, work, NOW).unwrap_err().code, "SignInExpired", "{what}");
    }
    assert_eq!(harness.net.lines().len(), 0);
}

#[test]
fn a_renewal_keeps_the_session_key_and_the_person() {
    let harness = Harness::new();
    let old = primary();
    let token = harness.keep(Tokens { primary: Some(old.clone()), ..tokens() });
    harness.net.will([nonce(), grants("prt-2")]);
    let now = NOW.after(Duration::from_secs(60));
    assert_eq!(user(&harness, UserWork::Renew { token }, now).unwrap(), now.after(HOUR));
    assert_eq!(harness.net.asked(), ["nonce", "signed"]);
    assert_eq!(harness.keys.jobs().len(), 0, "the session key signs");
    let held = harness.vault.tokens(token, now).unwrap();
    let renewed = held.primary.as_ref().unwrap();
    assert_eq!(renewed.token.expose(), "prt-2");
    assert!(Arc::ptr_eq(&renewed.key, &old.key));

    harness.net.will([nonce(), says(200, granted("prt-3", id(99)))]);
    let failure = user(&harness, UserWork::Renew { token }, now).unwrap_err();
    assert_eq!(failure.code, "AnotherAccount");
    let held = harness.vault.tokens(token, now).unwrap();
    assert_eq!(held.primary.as_ref().unwrap().token.expose(), "prt-2", "the old one stays");
    assert!(harness.vault.tokens(token, now.after(HOUR)).is_none(), "it lives as long as the new one");
}
