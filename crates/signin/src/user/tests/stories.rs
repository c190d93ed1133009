use super::life::Harness;
use super::{HOUR, PRT_LIFE, refused};
use crate::OpId;
use crate::{SessionState, UserCommand, UserEvent, UserWork};
use ::machine::Machine as _;
use model::{Failure, FailureClass, TokenRef};
use std::time::Duration;

fn obtaining() -> Harness {
    let mut life = Harness::new(7);
    life.give();
    life
}

fn holding() -> Harness {
    let mut life = obtaining();
    life.succeed();
    life
}

fn renewing() -> Harness {
    let mut life = holding();
    life.wait(0);
    life
}

fn state(life: &Harness) -> &'static str {
    life.session.status().state.as_str()
}

#[test]
fn a_sign_in_gets_its_first_prt_and_renews_it() {
    let mut life = obtaining();
    let first = OpId(1);
    assert_eq!(life.in_flight.get(&first), Some(&UserWork::Obtain { token: TokenRef(1) }));
    assert_eq!(life.last[0], UserCommand::Run(first, UserWork::Obtain { token: TokenRef(1) }));
    life.succeed();
    let held = life.session.status();
    assert_eq!(
        (held.state, held.obtained_at, held.renewed_at),
        (SessionState::Holding, Some(life.now), None)
    );
    assert_eq!((held.expires_at, held.failure), (Some(life.now.after(PRT_LIFE)), None));
    life.wait(0);
    assert_eq!(life.last[0], UserCommand::Run(OpId(2), UserWork::Renew { token: TokenRef(1) }));
    assert_eq!((state(&life), life.session.status().next_at), ("renewing", None));
    life.succeed();
    let renewed = life.session.status();
    assert_eq!((renewed.state, renewed.obtained_at), (SessionState::Holding, held.obtained_at));
    assert_eq!(renewed.renewed_at, Some(life.now));
}

#[test]
fn a_new_sign_in_takes_the_place_of_whatever_is_there() {
    for (mut life, cancelled) in [(obtaining(), true), (holding(), false), (renewing(), true)] {
        life.give();
        let cancels = life.last.iter().filter(|command| matches!(command, UserCommand::Cancel(_))).count();
        assert_eq!(cancels, usize::from(cancelled));
        let rest = &life.last[cancels..];
        assert_eq!(rest[0], UserCommand::Forget(TokenRef(1)));
        assert!(matches!(rest[1], UserCommand::Run(_, UserWork::Obtain { token: TokenRef(2) })), "{rest:?}");
        let status = life.session.status();
        assert_eq!(
            (status.state, status.obtained_at, status.expires_at),
            (SessionState::Obtaining, None, None)
        );
    }
}

#[test]
fn an_end_cancels_forgets_and_empties() {
    for mut life in [obtaining(), holding(), renewing()] {
        life.end();
        assert_eq!((state(&life), life.ended.len()), ("empty", 1));
        life.give();
        assert_eq!(state(&life), "obtaining");
    }
    let batch = Harness::new(7).session.handle(UserEvent::Ended, model::Timestamp::default());
    assert_eq!(batch.commands, [UserCommand::Ignored("ended")]);
}

#[test]
fn a_sign_in_that_is_over_ends_the_tokens_and_says_why() {
    for (code, class) in [
        ("AADSTS70008", FailureClass::NeedsUser),
        ("AADSTS50173", FailureClass::NeedsUser),
        ("error_missing_device", FailureClass::Gone),
        ("AADSTS530036", FailureClass::Broken),
    ] {
        for mut life in [obtaining(), renewing()] {
            life.fail(refused(code, class));
            let status = life.session.status();
            assert_eq!((status.state, status.expires_at, status.next_at), (SessionState::Lost, None, None));
            assert_eq!(status.failure.map(|failure| failure.code).as_deref(), Some(code));
            assert!(life.last.contains(&UserCommand::Forget(TokenRef(1))));
        }
    }
}

#[test]
fn what_may_be_the_device_is_given_out_and_judged_as_well() {
    for (code, class, end) in [
        ("AADSTS135011", FailureClass::Denied, "renewing"),
        ("AADSTS700003", FailureClass::Denied, "renewing"),
        ("AADSTS50155", FailureClass::NeedsUser, "lost"),
        ("KeyUnavailable", FailureClass::Transient, "renewing"),
        ("BootStateChanged", FailureClass::Broken, "renewing"),
        ("BootFile", FailureClass::Broken, "renewing"),
        ("ClonedMachine", FailureClass::Denied, "renewing"),
    ] {
        let mut life = renewing();
        life.fail(refused(code, class));
        assert_eq!(life.last[0], UserCommand::Suspect(refused(code, class)));
        assert_eq!(state(&life), end, "{code}");
    }
}

#[test]
fn passing_failures_wait_longer_and_longer() {
    let mut life = renewing();
    for nominal in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        life.fail(refused("Unreachable", FailureClass::Transient));
        let wait = life.wake_at.map(|at| at.since(life.now).as_millis()).unwrap_or_default();
        assert!((nominal * 500..=nominal * 1000).contains(&wait), "{wait} ms for {nominal} s");
        life.wait(0);
    }
    life.succeed();
    life.wait(0);
    life.fail(refused("Unreachable", FailureClass::Transient));
    assert!(life.wake_at.is_some_and(|at| at.since(life.now) <= Duration::from_secs(1)), "counted anew");
}

#[test]
fn the_services_wish_to_wait_is_honoured_for_an_hour_at_most() {
    for (wish, wait) in [(30, 30), (3600, 3600), (7200, 3600)] {
        let retry_after = Some(Duration::from_secs(wish));
        let mut life = renewing();
        life.fail(Failure { retry_after, ..refused("AADSTS90055", FailureClass::Transient) });
        assert_eq!(life.wake_at, Some(life.now.after(Duration::from_secs(wait))));
    }
}

#[test]
fn a_long_sleep_costs_a_try_and_not_the_session() {
    // The lid was closed for a month; or the clock is wrong, which looks the same.
    let month = 30 * 24 * 3600;
    let mut life = holding();
    life.wait(month);
    life.succeed();
    assert_eq!(state(&life), "holding");
    life.wait(month);
    life.fail(refused("Unreachable", FailureClass::Transient));
    assert_eq!((state(&life), life.ended.len()), ("lost", 1));
}

#[test]
fn a_first_prt_that_is_refused_is_tried_every_hour_until_the_sign_in_is_too_old() {
    let mut life = obtaining();
    for _ in 0..24 {
        life.fail(refused("AADSTS50057", FailureClass::Denied));
        assert_eq!((state(&life), life.wake_at), ("obtaining", Some(life.now.after(HOUR))));
        life.wait(0);
    }
    life.fail(refused("AADSTS50057", FailureClass::Denied));
    assert_eq!(state(&life), "lost");
}

#[test]
fn no_try_is_later_than_the_token_set_lives() {
    for (class, retry_after) in [(FailureClass::Denied, None), (FailureClass::Transient, Some(HOUR))] {
        let mut life = renewing();
        life.fail(refused("AADSTS90055", FailureClass::Transient));
        let ends = life.session.status().expires_at.unwrap();
        life.wait(u32::try_from(ends.since(life.now).as_secs()).unwrap() - 600);
        life.fail(Failure { retry_after, ..refused("Strange", class) });
        assert_eq!(life.wake_at, Some(ends), "{class}");
        life.wait(0);
        life.fail(refused("Strange", class));
        assert_eq!(state(&life), "lost");
    }
}

#[test]
fn a_grant_that_the_service_takes_no_more_is_over_whatever_the_number() {
    for numbers in [&[70_000][..], &[987_654], &[]] {
        let line = model::refusal_by_token_service(numbers, &[model::OauthWord::InvalidGrant], 400);
        let mut life = renewing();
        life.fail(refused("AADSTS70000", line.after_registration));
        assert_eq!((state(&life), life.wake_at, life.ended.len()), ("lost", None, 1), "{numbers:?}");
        assert_eq!(life.session.status().upcoming(), model::Upcoming::Nothing);
    }
}

#[test]
fn states_of_a_session_are_frozen() {
    let mut lost = obtaining();
    lost.fail(refused("AADSTS50173", FailureClass::NeedsUser));
    let lives = [Harness::new(7), obtaining(), holding(), renewing(), lost];
    let said = manual::words("sessions.state", lives.iter().map(state));
    assert_eq!(said["sessions.state"].len(), lives.len());
    manual::check_words("states of a session", &said).unwrap();
}
