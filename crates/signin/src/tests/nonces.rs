//! The nonce of a login on a registered machine: when it is fetched, how long it serves, and what its refusal means.

use super::password::{TOKENS, TYPED, by_password, tried, typed};
use super::*;
use model::{Delivery, PasswordResult};

/// How often a nonce was asked for.
fn fetched(harness: &Harness) -> usize {
    harness.all.iter().filter(|it| matches!(it, Command::Run(_, Work::Nonce { .. }))).count()
}

/// The nonces that left, by the time they were asked for.
fn sent(harness: &Harness) -> Vec<Timestamp> {
    let at = |command: &Command| match command {
        Command::Run(_, Work::Password { nonce: Some(nonce), .. } | Work::Exchange { nonce, .. }) => {
            Some(nonce.at)
        }
        _ => None,
    };
    harness.all.iter().filter_map(at).collect()
}

fn stale_nonce() -> Failure {
    let failure = refused("AADSTS140000", FailureClass::Transient);
    assert_eq!(failure.cause, Some(Cause::Nonce));
    Failure { delivery: Delivery::Answered, ..failure }
}

#[test]
fn one_nonce_serves_the_whole_login() {
    let mut harness = typed(Standing::Registered);
    harness.answer(is_password, Ok(Reply::Vouched(TokenRef(TOKENS))));
    harness.answer(is_exchange, Ok(Reply::Exchanged));
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    let at = harness.now;
    assert_eq!((harness.end().as_str(), fetched(&harness), sent(&harness)), ("in", 1, vec![at, at]));
}

#[test]
fn a_machine_without_an_identity_and_a_code_take_none() {
    let mut harness = typed(Standing::Unregistered);
    harness.answer(is_password, Ok(Reply::Tokens(TokenRef(TOKENS))));
    assert_eq!(fetched(&harness), 0);
    let code = Harness::open(Facts { standing: Standing::Registered, ..facts("alex@contoso.com") });
    assert_eq!(fetched(&code.with_code()), 0);
}

#[test]
fn a_nonce_of_more_than_two_minutes_is_fetched_again_beside_the_permission() {
    for (secs, times) in [(0, 1), (120, 1), (121, 2), (290, 2)] {
        let mut harness = by_password(Standing::Registered);
        harness.now = harness.now.after(Duration::from_secs(secs));
        harness.feed(Event::Password(Some(TokenRef(TYPED))));
        assert_eq!(fetched(&harness), times, "{secs} s");
        if times == 2 {
            assert!(sent(&harness).is_empty());
            harness.answer(is_nonce, Ok(Reply::Nonce(nonce(harness.now))));
        }
        assert_eq!(sent(&harness).len(), 1);
        // What comes in between may take as long.
        harness.now = harness.now.after(Duration::from_secs(121));
        harness.answer(is_password, Ok(Reply::Vouched(TokenRef(TOKENS))));
        assert_eq!((fetched(&harness), sent(&harness).len()), (times + 1, 1));
        harness.answer(is_nonce, Ok(Reply::Nonce(nonce(harness.now))));
        assert_eq!(sent(&harness).len(), 2);
    }
}

#[test]
fn whoever_types_faster_than_the_nonce_comes_waits_for_it() {
    let facts =
        Facts { method: Method::Password, standing: Standing::Registered, ..facts("alex@contoso.com") };
    let mut harness = Harness::open(facts);
    harness.resolve();
    harness.answer(is_realm, Ok(Reply::Realm(Realm::Managed)));
    harness.feed(Event::Password(Some(TokenRef(TYPED))));
    assert_eq!((fetched(&harness), sent(&harness).len()), (1, 0));
    harness.answer(is_nonce, Ok(Reply::Nonce(nonce(harness.now))));
    assert_eq!((fetched(&harness), sent(&harness).len()), (1, 1));
}

#[test]
fn a_nonce_that_does_not_come_is_fetched_once_more_when_it_is_needed_and_then_ends_the_sign_in() {
    let facts =
        Facts { method: Method::Password, standing: Standing::Registered, ..facts("alex@contoso.com") };
    let mut harness = Harness::open(facts);
    harness.resolve();
    harness.answer(is_realm, Ok(Reply::Realm(Realm::Managed)));
    let silence = refused("Unreachable", FailureClass::Transient);
    harness.answer(is_nonce, Err(silence.clone()));
    assert_eq!((fetched(&harness), harness.end().as_str()), (1, "nothing"));
    harness.feed(Event::Password(Some(TokenRef(TYPED))));
    harness.answer(is_nonce, Err(silence));
    assert_eq!((fetched(&harness), harness.end().as_str()), (2, "Unreachable"));
    assert_eq!((tried(&harness), harness.forgotten(TYPED)), (Some(PasswordResult::NotSent), 1));
    assert!(sent(&harness).is_empty());
}

#[test]
fn a_refused_nonce_is_replaced_once_and_nobody_is_asked_and_nothing_counted() {
    let mut harness = typed(Standing::Registered);
    harness.answer(is_password, Err(stale_nonce()));
    assert_eq!((fetched(&harness), tried(&harness), harness.end().as_str()), (2, None, "nothing"));
    harness.answer(is_nonce, Ok(Reply::Nonce(nonce(harness.now))));
    assert_eq!((sent(&harness).len(), harness.attempts()), (2, vec![Attempt::Password]));
    harness.answer(is_password, Err(stale_nonce()));
    assert_eq!((harness.end().as_str(), tried(&harness)), ("AADSTS140000", Some(PasswordResult::NotSent)));
    assert_eq!((fetched(&harness), harness.forgotten(TYPED)), (2, 1));

    let mut harness = typed(Standing::Registered);
    harness.answer(is_password, Ok(Reply::Vouched(TokenRef(TOKENS))));
    harness.answer(is_exchange, Err(stale_nonce()));
    harness.answer(is_nonce, Ok(Reply::Nonce(nonce(harness.now))));
    harness.answer(is_exchange, Err(stale_nonce()));
    assert_eq!((harness.end().as_str(), harness.forgotten(TOKENS)), ("AADSTS140000", 1));
    assert_eq!(tried(&harness), Some(PasswordResult::Accepted), "the password was right");
}

#[test]
fn what_the_exchange_lacks_a_code_may_bring() {
    let mut harness = typed(Standing::Registered);
    harness.answer(is_password, Ok(Reply::Vouched(TokenRef(TOKENS))));
    harness.answer(is_exchange, Err(refused("AADSTS50076", FailureClass::NeedsUser)));
    assert_eq!((harness.requests().len(), harness.forgotten(TOKENS)), (1, 1));
    let mut harness = typed(Standing::Registered);
    harness.answer(is_password, Ok(Reply::Vouched(TokenRef(TOKENS))));
    harness.answer(is_exchange, Err(refused("AADSTS53003", FailureClass::Denied)));
    assert_eq!((harness.end().as_str(), harness.forgotten(TOKENS)), ("AADSTS53003", 1));
}

#[test]
fn whoever_hangs_up_leaves_no_nonce_open() {
    let facts =
        Facts { method: Method::Password, standing: Standing::Registered, ..facts("alex@contoso.com") };
    let mut harness = Harness::open(Facts { pinned: Some(pin(CONTOSO)), ..facts });
    let op = harness.op(is_nonce);
    harness.feed(Event::HungUp);
    assert!(harness.batch.commands.contains(&Command::Cancel(op)));
}
