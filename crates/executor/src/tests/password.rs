//! Passwords: which request carries them, and what a PRT of one is exchanged for.

use super::harness::{ENTROPY, HOUR, Harness, NOW, finish, id, identity, owner, primary, secret, tokens};
use super::ports::{Scripted, says};
use super::prt::{grants, nonce};
use lifecycle::Identity;
use model::{Failure, Nonce, Standing, TokenRef};
use oauth::TokenSet;
use serde_json::json;
use signin::{Reply, Work};
use std::sync::Arc;
use vault::{Held, Tokens};

fn own_nonce() -> Nonce {
    Nonce { value: "AwAB-own".to_owned(), at: NOW }
}

fn password(
    harness: &Harness,
    standing: Standing,
    identity: Option<&Identity>,
    nonce: Option<Nonce>,
) -> Result<Reply, Failure> {
    let name = owner().upn;
    let password = harness.vault.keep(Held::Password(Arc::new(secret("hunter2"))), NOW.after(HOUR));
    let work = Work::Password { tenant: id(1), name, password, standing, nonce };
    finish(harness.executor.perform_sign_in(work, identity, NOW, ENTROPY))
}

fn exchange(harness: &Harness, token: TokenRef) -> Result<Reply, Failure> {
    let work = Work::Exchange { tenant: id(1), token, nonce: own_nonce() };
    finish(harness.executor.perform_sign_in(work, None, NOW, ENTROPY))
}

fn refused(code: u32) -> Scripted {
    says(400, json!({ "error": "invalid_grant", "error_codes": [code] }))
}

/// Tokens of version 2 of the endpoint, or of its version 1.
fn signed() -> Scripted {
    says(200, json!({ "access_token": "at-3", "refresh_token": "rt-3", "id_token": "i.d.t" }))
}

#[test]
fn a_nonce_is_one_request_and_says_when_it_was_asked_for() {
    let harness = Harness::new();
    harness.net.will([nonce()]);
    let work = Work::Nonce { tenant: id(1) };
    let end = finish(harness.executor.perform_sign_in(work, None, NOW, ENTROPY)).unwrap();
    assert_eq!(end, Reply::Nonce(Nonce { value: "AwAB".to_owned(), at: NOW }));
    assert_eq!((harness.net.asked(), harness.net.sent()[0].auth), (vec!["nonce".to_owned()], "nothing"));
}

#[test]
fn a_machine_with_an_identity_never_sends_a_password_plainly() {
    let plain = || says(200, json!({ "access_token": "at-1", "refresh_token": "rt-1" }));
    let here = identity();
    for (standing, identity, own, replies, asked) in [
        (Standing::Unregistered, None, None, vec![plain()], Ok(&["password"][..])),
        (Standing::Registered, None, Some(own_nonce()), vec![], Err("SignInExpired")),
        (Standing::Registered, Some(&here), Some(own_nonce()), vec![grants("p")], Ok(&["signed"][..])),
        // A further domain of the tenant: that the machine has an identity is known to the work alone.
        (Standing::Unregistered, Some(&here), None, vec![nonce(), grants("p")], Ok(&["nonce", "signed"][..])),
    ] {
        let harness = Harness::new();
        harness.net.will(replies);
        let end = password(&harness, standing, identity, own);
        assert_eq!(
            end.as_ref().map(|_| harness.net.asked()).map_err(|it| it.code.clone()),
            asked.map(|it| it.iter().map(|it| (*it).to_owned()).collect()).map_err(str::to_owned)
        );
        let typed = harness.net.sent().iter().filter(|sent| sent.text.contains("hunter2")).count();
        assert_eq!(typed, usize::from(asked == Ok(&["password"][..])), "{standing:?}");
        let token = match end {
            Ok(Reply::Tokens(token)) if identity.is_none() => token,
            Ok(Reply::Vouched(token)) if identity.is_some() => token,
            Err(_) => continue,
            other => panic!("{other:?}"),
        };
        let held = harness.vault.tokens(token, NOW).unwrap();
        assert_eq!(held.for_registration, identity.is_none());
        assert_eq!(held.object, identity.map(|_| owner().object), "told by the PRT alone");
        assert_eq!(held.primary.is_some(), identity.is_some());
        assert!(harness.vault.tokens(token, NOW.after(24 * HOUR)).is_none());
    }
}

#[test]
fn a_password_that_is_gone_or_refused_is_sent_no_second_time() {
    let harness = Harness::new();
    let (tenant, name, standing) = (id(1), owner().upn, Standing::Unregistered);
    let work = Work::Password { tenant, name, password: TokenRef(99), standing, nonce: None };
    let failure = finish(harness.executor.perform_sign_in(work, None, NOW, ENTROPY)).unwrap_err();
    assert_eq!((failure.code.as_str(), harness.net.lines().len()), ("SignInExpired", 0));

    let here = identity();
    for identity in [None, Some(&here)] {
        let harness = Harness::new();
        harness.net.will([refused(50_126)]);
        let failure = password(&harness, Standing::Unregistered, identity, Some(own_nonce())).unwrap_err();
        assert_eq!((failure.code.as_str(), harness.net.lines().len()), ("AADSTS50126", 1));
        let left = harness.vault.names(NOW).len();
        assert_eq!(left, 1, "no tokens are left, and the password is not ours to end");
    }
}

/// A set as a password leaves it: a PRT and nothing else.
fn vouched(harness: &Harness) -> TokenRef {
    let set = Arc::new(TokenSet::empty());
    harness.keep(Tokens { set, primary: Some(primary()), object: Some(owner().object), ..tokens() })
}

#[test]
fn a_prt_is_exchanged_in_one_request_and_in_two_where_that_is_not_served() {
    let broker = || says(200, json!({ "access_token": "at-b", "refresh_token": "rt-b" }));
    let redeemed = || says(200, json!({ "access_token": "at-3", "id_token": "i.d.t" }));
    let unsigned = || says(200, json!({ "access_token": "at" }));
    for (what, replies, asked) in [
        ("version 3.0", vec![signed()], 1),
        ("not served", vec![refused(70_003), broker(), redeemed()], 3),
        ("another kind of grant", vec![refused(70_000), broker(), redeemed()], 3),
        ("no id_token", vec![unsigned(), broker(), redeemed()], 3),
    ] {
        let harness = Harness::new();
        harness.net.will(replies);
        let token = vouched(&harness);
        assert_eq!(exchange(&harness, token).unwrap(), Reply::Exchanged, "{what}");
        let held = harness.vault.tokens(token, NOW).unwrap();
        assert_eq!(
            (held.set.access_token.expose().as_str(), held.for_registration),
            ("at-3", true),
            "{what}"
        );
        assert!(held.set.id_token.is_some() && held.primary.is_some(), "{what}");
        assert_eq!(harness.net.lines().len(), asked, "{what}");
        let own = harness.net.sent();
        assert!(
            own[0].line.ends_with("/oauth2/v2.0/token") && own[0].text.contains("prt_protocol_version=3.0")
        );
        assert!(own.iter().all(|sent| sent.auth == "credential"));
        // What is not served is not asked for again.
        let next = if asked == 1 { vec![signed()] } else { vec![broker(), redeemed()] };
        let more = next.len();
        harness.net.will(next);
        exchange(&harness, vouched(&harness)).unwrap();
        assert_eq!(harness.net.lines().len(), asked + more, "{what}");
    }
}

#[test]
fn a_grant_that_has_ended_says_nothing_of_the_version() {
    let harness = Harness::new();
    harness.net.will([refused(70_000), refused(70_000)]);
    assert_eq!(exchange(&harness, vouched(&harness)).unwrap_err().code, "AADSTS70000");
    harness.net.will([signed()]);
    assert_eq!(
        exchange(&harness, vouched(&harness)).unwrap(),
        Reply::Exchanged,
        "the next one's is asked for so"
    );
    assert_eq!(harness.net.lines().len(), 3);
}

#[test]
fn a_rule_the_device_or_the_network_ends_an_exchange_at_once() {
    for (reply, code) in [
        (refused(53_003), "AADSTS53003"),
        (refused(50_076), "AADSTS50076"),
        (refused(50_155), "AADSTS50155"),
        (refused(140_000), "AADSTS140000"),
        (says(503, "{}"), "ServiceBusy"),
    ] {
        let harness = Harness::new();
        harness.net.will([reply]);
        let token = vouched(&harness);
        assert_eq!(exchange(&harness, token).unwrap_err().code, code);
        assert_eq!(harness.net.lines().len(), 1);
        assert!(!harness.vault.tokens(token, NOW).unwrap().for_registration);
    }
    let harness = Harness::new();
    for (what, token) in [("gone", TokenRef(99)), ("no PRT", harness.tokens(true))] {
        assert_eq!(exchange(&harness, token).unwrap_err().code, "SignInExpired", "{what}");
    }
    assert_eq!(harness.net.lines().len(), 0);
}
