//! The order of requests: what is open together, and how many answers are waited for one after the other. A life is played in
//! rounds: all that is open is answered at once, so that a round is one answer in series.

use super::life::{Harness, Step};
use ::machine::OpId;
use lifecycle::*;
use model::{Delivery, FailureClass};
use states::samples::{failure, prepared, reply};
use std::time::Duration;

fn name(work: &Work) -> &'static str {
    match work {
        Work::Discover { .. } => "Discover",
        Work::Nonce { .. } => "Nonce",
        Work::CreateKeys(_) => "CreateKeys",
        Work::Join(_) => "Join",
        Work::ReadJoin { .. } => "ReadJoin",
        Work::Verify { nonce: Some(_), .. } => "Verify",
        // It fetches one of its own.
        Work::Verify { nonce: None, .. } => "Nonce, Verify",
        _ => "a work of no registration",
    }
}

/// All that is open is answered, until nothing is: what was open in each round.
fn rounds(life: &mut Harness) -> Vec<String> {
    let mut rounds = Vec::new();
    while !life.in_flight.is_empty() {
        let open = std::mem::take(&mut life.in_flight);
        rounds.push(open.values().map(name).collect::<Vec<_>>().join(" + "));
        // The nonce of the sign-in service is there before the registration service has made the object.
        let (nonces, others): (Vec<_>, Vec<_>) =
            open.into_iter().partition(|(_, work)| matches!(work, Work::Nonce { .. }));
        for (op, work) in others.iter().chain(&nonces) {
            life.in_flight.insert(*op, work.clone());
        }
        for (op, work) in nonces.into_iter().chain(others) {
            answer(life, op, &work);
        }
    }
    rounds
}

fn answer(life: &mut Harness, op: OpId, work: &Work) {
    life.in_flight.remove(&op);
    let result = Ok(reply(work, life.now, 1));
    life.laws.answered(work, &result);
    life.feed(Event::Done(op, result));
}

fn fresh() -> Harness {
    let mut life = Harness::new(IntuneEnrolment::Disabled);
    life.nonces_come = false;
    life
}

/// Works that no network is asked for; Discover was begun beside the sign-in and is waited for at most.
fn is_local(round: &str) -> bool {
    ["CreateKeys", "ReadJoin", "Discover"].contains(&round)
}

#[test]
fn between_the_token_and_the_prt_two_answers_are_waited_for() {
    for ahead in [false, true] {
        let mut life = fresh();
        if ahead {
            let pair = prepared(1);
            life.laws.prepared(&pair);
            life.feed(Event::Prepared(Box::new(pair)));
        }
        life.step(Step::SignIn);
        let all = rounds(&mut life);
        let keys: &[&str] = if ahead { &[] } else { &["CreateKeys"] };
        let wanted = [&["Discover"][..], keys, &["Join + Nonce", "ReadJoin", "Verify"]].concat();
        assert_eq!(all, wanted);
        let in_series = all.iter().filter(|round| !is_local(round)).count();
        assert_eq!((in_series, life.device.status().state), (2, StateName::Idle));
    }
}

/// Up to the join and its nonce.
fn joining() -> Harness {
    let mut life = fresh();
    for step in [Step::SignIn, Step::Succeed, Step::Succeed] {
        life.step(step);
    }
    assert_eq!(life.in_flight.values().map(name).collect::<Vec<_>>(), ["Join", "Nonce"]);
    life
}

/// How the directory is asked for the first PRT.
fn proof(life: &Harness) -> Vec<&'static str> {
    life.in_flight.values().map(name).collect()
}

#[test]
fn a_nonce_that_is_late_failed_or_old_is_not_waited_for() {
    let mut late = joining();
    late.step(Step::Succeed);
    late.step(Step::Succeed);
    assert_eq!(proof(&late), ["Nonce, Verify"], "the one under way is cancelled");

    let mut failed = joining();
    failed.nonce(false);
    failed.step(Step::Succeed);
    failed.step(Step::Succeed);
    assert_eq!(proof(&failed), ["Nonce, Verify"]);

    for (secs, wanted) in [(120, "Verify"), (121, "Nonce, Verify")] {
        let mut old = joining();
        old.nonce(true);
        old.now = old.now.after(Duration::from_secs(secs));
        old.step(Step::Succeed);
        old.step(Step::Succeed);
        assert_eq!(proof(&old), [wanted], "{secs} s");
    }
}

#[test]
fn a_join_that_ends_badly_leaves_no_nonce_under_way() {
    for (class, delivery) in [
        (FailureClass::Transient, Delivery::NotSent),
        (FailureClass::NeedsUser, Delivery::Answered),
        (FailureClass::Denied, Delivery::Answered),
        (FailureClass::Transient, Delivery::InDoubt),
    ] {
        let mut life = joining();
        let (op, work) = life.in_flight.pop_first().unwrap();
        let result = Err(failure(class, delivery, "AADSTS90055"));
        life.laws.answered(&work, &result);
        life.feed(Event::Done(op, result));
        assert!(life.in_flight.is_empty(), "{class:?} {delivery:?}");
    }
}

#[test]
fn a_refused_nonce_is_replaced_at_once_and_only_once() {
    let refuse = |life: &mut Harness| {
        let (op, work) = life.in_flight.pop_first().unwrap();
        let result = Err(failure(FailureClass::Transient, Delivery::Answered, "AADSTS140000"));
        life.laws.answered(&work, &result);
        life.feed(Event::Done(op, result));
    };
    let mut life = joining();
    life.nonce(true);
    life.step(Step::Succeed);
    life.step(Step::Succeed);
    assert_eq!(proof(&life), ["Verify"]);
    refuse(&mut life);
    assert_eq!((proof(&life), life.wake_at), (vec!["Nonce, Verify"], None));
    refuse(&mut life);
    assert!(life.in_flight.is_empty() && life.wake_at.is_some(), "it backs off like any other");
}
