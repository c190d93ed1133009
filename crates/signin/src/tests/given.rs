//! A sign-in by a refresh token that somebody gave beforehand: nobody is there who could be asked for anything.

use super::*;

const GIVEN: u64 = 50;

fn is_given(work: &Work) -> bool {
    matches!(work, Work::RedeemGiven { .. })
}

/// Anybody of the domain may come; the token is being redeemed.
fn redeeming(groups: GroupUse) -> Harness {
    let anyone = Asked::AnyoneOf("contoso.com".parse().unwrap(), Vec::new());
    let facts = Facts { asked: anyone, method: Method::Password, groups, ..facts("alex@contoso.com") };
    let mut harness = Harness::begun(facts, Event::Given(TokenRef(GIVEN)));
    harness.resolve();
    harness
}

/// No question and no code, and the given token ends once.
fn check_quiet(harness: &Harness) {
    let asks = |it: &Command| matches!(it, Command::Show(_) | Command::AskPassword(_) | Command::Attempt(..));
    assert!(!harness.all.iter().any(asks), "{:?}", harness.all);
    assert_eq!(harness.forgotten(GIVEN), 1);
}

#[test]
fn whose_the_token_is_is_checked_as_after_any_sign_in() {
    for (came, end) in
        [(subject("alex@contoso.com", ALEX), "in"), (subject("kim@fabrikam.com", OTHER), "WrongAccount")]
    {
        let mut harness = redeeming(GroupUse::Nothing);
        harness.answer(is_given, Ok(Reply::Tokens(TokenRef(7))));
        harness.answer(is_identify, Ok(Reply::Identified(came)));
        assert_eq!(harness.end(), end);
        assert_eq!(harness.forgotten(7), usize::from(end != "in"));
        check_quiet(&harness);
    }
}

#[test]
fn whoever_is_in_no_group_that_may_is_kept_out_by_a_token_too() {
    let mut harness = redeeming(GroupUse::Admit(vec![object(OTHER)]));
    harness.answer(is_given, Ok(Reply::Tokens(TokenRef(7))));
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    harness.answer(is_groups, Ok(Reply::Groups(Vec::new())));
    assert_eq!(harness.end(), "SignInNotAllowed");
    check_quiet(&harness);
}

#[test]
fn a_token_that_is_refused_asks_for_a_new_one_and_an_outage_for_nothing() {
    for (class, machine) in
        [(FailureClass::NeedsUser, true), (FailureClass::Transient, false), (FailureClass::Denied, false)]
    {
        let mut harness = redeeming(GroupUse::Nothing);
        let why = Failure { cause: Some(Cause::SecondFactor), ..refused("AADSTS70008", class) };
        harness.answer(is_given, Err(why));
        let failure = harness.failure();
        assert_eq!((failure.code.as_str(), failure.class), ("AADSTS70008", class));
        assert_eq!(failure.who == Who::MachineAdmin && failure.advice.contains("refresh token"), machine);
        check_quiet(&harness);
    }
}

#[test]
fn a_token_ends_with_whoever_gave_it() {
    for resolved in [false, true] {
        let mut harness = Harness::begun(facts("alex@contoso.com"), Event::Given(TokenRef(GIVEN)));
        if resolved {
            harness.resolve();
        }
        harness.feed(Event::HungUp);
        assert_eq!(harness.end(), "nothing");
        check_quiet(&harness);
        // One that comes later is nobody's.
        harness.feed(Event::Given(TokenRef(51)));
        assert_eq!(harness.forgotten(51), 1);
    }
}

#[test]
fn a_second_factor_ends_a_join_by_token() {
    let mut harness = redeeming(GroupUse::Admit(vec![object(OTHER)]));
    harness.answer(is_given, Ok(Reply::Tokens(TokenRef(7))));
    harness.answer(is_identify, Ok(Reply::Identified(subject("alex@contoso.com", ALEX))));
    let second =
        Failure { cause: Some(Cause::SecondFactor), ..refused("AADSTS50076", FailureClass::NeedsUser) };
    harness.answer(is_groups, Err(second));
    assert!(harness.outcome().is_some());
    check_quiet(&harness);
}
