//! Single lives, told as a story and as what came of them.

use super::life::{Harness, Step};
use lifecycle::*;
use model::{Backend, Delivery, Failure, FailureClass, MachineBinding};
use states::samples::{facts, failure};

fn state(life: &Harness) -> &'static str {
    life.device.status().state.as_str()
}

fn fail(life: &mut Harness, class: FailureClass, delivery: Delivery, code: &str) {
    let (op, work) = life.in_flight.pop_first().expect("a work in flight");
    let result = Err(failure(class, delivery, code));
    life.laws.answered(&work, &result);
    life.feed(Event::Done(op, result));
}

fn registered(policy: IntuneEnrolment) -> Harness {
    Harness::play(policy, &[Step::SignIn, Step::Succeed, Step::Succeed, Step::Succeed, Step::Succeed])
}

#[test]
fn a_sign_in_leads_to_a_verified_identity() {
    let mut life = registered(IntuneEnrolment::Disabled);
    assert_eq!(state(&life), "verifying");
    life.step(Step::Succeed);
    assert_eq!(state(&life), "idle");
    // The nonce comes while the join is under way.
    let joins = ["joining", "joining"];
    let visited = [
        &["unregistered", "discovering", "creating_keys"][..],
        &joins,
        &["reading_reply", "verifying", "idle"],
    ];
    assert_eq!(life.states[1..], visited.concat());
}

#[test]
fn with_intune_it_ends_enrolled_and_a_second_sign_in_never_enrols_again() {
    let mut life = registered(IntuneEnrolment::Enabled);
    for expected in
        ["intune_preparing", "intune_enrolling", "intune_reading", "checking_in", "intune_enrolled"]
    {
        life.step(Step::Succeed);
        assert_eq!(state(&life), expected);
    }
    assert_eq!(life.device.status().phase, StatusPhase::IntuneEnrolled);
    for step in [Step::SignIn, Step::OtherSignsIn] {
        life.step(step);
        assert!(life.in_flight.is_empty());
    }
}

/// Verified, and about to enrol.
fn about_to_enrol() -> Harness {
    let mut life = registered(IntuneEnrolment::Enabled);
    life.step(Step::Succeed);
    life.step(Step::Succeed);
    assert_eq!(state(&life), "intune_enrolling");
    life
}

fn intune(life: &Harness) -> Intune {
    match &life.disk.stage {
        Stage::Registered(identity) => identity.intune.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_enrolment_in_doubt_waits_for_its_owner_and_keeps_its_key() {
    let mut life = about_to_enrol();
    let key = intune(&life).key().cloned();
    life.step(Step::Crash);
    assert_eq!((state(&life), life.disk.ledger.len()), ("intune_enrolling", 1));
    assert_eq!(life.device.status().waits_for, Some(WaitsFor::SignInForIntune));
    life.step(Step::OtherSignsIn);
    assert!(life.in_flight.is_empty(), "another person does not go on with it");
    life.step(Step::SignIn);
    assert_eq!(life.in_flight.len(), 1);
    assert_eq!(intune(&life).key().cloned(), key);
}

#[test]
fn a_refused_enrolment_is_open_to_another_person() {
    let mut life = about_to_enrol();
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "BadRequest");
    assert_eq!(life.device.status().waits_for, Some(WaitsFor::SignInForIntune));
    life.step(Step::OtherSignsIn);
    let Some(Work::EnrolIntune(order)) = life.in_flight.values().next() else {
        panic!("{:?}", life.in_flight)
    };
    assert_eq!(order.intent.owner.object, states::samples::id(88));
}

#[test]
fn intune_is_tried_again_after_one_three_and_five_seconds_and_then_rarely() {
    let mut life = about_to_enrol();
    let mut waits = Vec::new();
    for _ in 0..6 {
        fail(&mut life, FailureClass::Transient, Delivery::Answered, "HTTP 500");
        waits.push(life.wake_at.unwrap().since(life.now).as_secs());
        life.step(Step::Wait(0));
    }
    assert_eq!(waits[..3], [1, 3, 5]);
    assert!(waits[3..].iter().all(|wait| (150..=3600).contains(wait)), "{waits:?}");
    assert_eq!(life.device.status().phase, StatusPhase::Registered);
}

#[test]
fn a_stored_reply_of_intune_is_read_after_a_crash_without_a_person() {
    let mut life = about_to_enrol();
    life.step(Step::Succeed);
    life.step(Step::Crash);
    assert_eq!((state(&life), life.in_flight.len()), ("intune_reading", 1));
    life.step(Step::Succeed);
    assert_eq!(life.device.status().waits_for, Some(WaitsFor::SignInForIntune), "the inventory waits");
}

#[test]
fn a_session_s_failure_suspends_only_when_it_is_on_the_list() {
    let mut life = registered(IntuneEnrolment::Disabled);
    life.step(Step::Succeed);
    let suspect = |life: &mut Harness, code: &str| {
        let found = failure(FailureClass::Denied, Delivery::Answered, code);
        life.laws.suspected(&found);
        life.feed(Event::Suspected(found));
    };
    for code in ["AADSTS53000", "AADSTS50155", "AADSTS530036", "Strange"] {
        suspect(&mut life, code);
        assert_eq!(state(&life), "idle", "{code}");
    }
    life.now = life.now.after(std::time::Duration::from_secs(61));
    suspect(&mut life, "AADSTS50155");
    assert_eq!(state(&life), "idle", "once is not enough");
    life.now = life.now.after(std::time::Duration::from_secs(600));
    suspect(&mut life, "AADSTS50155");
    assert_eq!(state(&life), "suspended");
}

#[test]
fn a_lost_reply_keeps_the_keys_and_is_in_the_ledger() {
    let mut life = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed, Step::Succeed]);
    fail(&mut life, FailureClass::Transient, Delivery::InDoubt, "NoAnswer");
    assert_eq!((state(&life), life.disk.ledger.len()), ("joining", 1));
    assert!(life.wake_at.is_some() && matches!(life.disk.stage, Stage::KeysReady(..)));
    life.step(Step::Wait(0));
    let Some(Work::Join(order)) = life.in_flight.values().next() else { panic!("{:?}", life.in_flight) };
    assert_eq!(order.attempt, 2);
}

#[test]
fn a_refused_join_keeps_its_keys_for_the_next_person() {
    let mut life = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed, Step::Succeed]);
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "error_directory_quota_exceeded");
    assert_eq!(
        (state(&life), life.device.status().waits_for),
        ("unregistered", Some(WaitsFor::Administrator))
    );
    life.step(Step::SignIn);
    life.step(Step::Succeed);
    assert_eq!(state(&life), "joining");
}

#[test]
fn kept_keys_of_another_boot_state_or_backend_serve_no_new_intent() {
    let changed: [fn(&mut Facts); 2] = [
        |facts| facts.binding = MachineBinding { components: vec![("pcr-7".to_owned(), "11".to_owned())] },
        |facts| facts.backend = Backend::Tpm,
    ];
    for change in changed {
        let mut life =
            Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed, Step::Succeed]);
        fail(&mut life, FailureClass::Denied, Delivery::Answered, "error_directory_quota_exceeded");
        let mut facts = facts(IntuneEnrolment::Disabled);
        change(&mut facts);
        life.start_as(facts);
        life.step(Step::SignIn);
        life.step(Step::Succeed);
        assert_eq!(state(&life), "creating_keys");
    }
}

#[test]
fn a_crash_in_the_middle_of_a_join_waits_for_a_sign_in_with_the_same_keys() {
    let mut life =
        Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed, Step::Succeed, Step::Crash]);
    assert_eq!((state(&life), life.disk.ledger.len()), ("awaiting_sign_in", 1));
    for step in [Step::SignIn, Step::Succeed, Step::Succeed, Step::Succeed] {
        life.step(step);
    }
    assert_eq!(state(&life), "verifying");
}

#[test]
fn a_stored_reply_is_read_after_a_crash_without_the_network() {
    let mut life = Harness::play(
        IntuneEnrolment::Disabled,
        &[Step::SignIn, Step::Succeed, Step::Succeed, Step::Succeed, Step::Crash],
    );
    assert_eq!(state(&life), "reading_reply");
    life.step(Step::Succeed);
    assert_eq!((state(&life), life.device.status().waits_for), ("verifying", Some(WaitsFor::SignInToVerify)));
}

#[test]
fn an_unknown_device_is_waited_out_for_a_minute_and_then_checked_twice() {
    let mut life = registered(IntuneEnrolment::Disabled);
    let begun = life.now;
    let mut tries = 0;
    while state(&life) == "verifying" && tries < 50 {
        tries += 1;
        fail(&mut life, FailureClass::NeedsUser, Delivery::Answered, "AADSTS50155");
        if state(&life) == "verifying" {
            life.step(Step::Wait(0));
        }
    }
    assert_eq!(state(&life), "suspended");
    assert!(life.now.since(begun).as_secs() >= 660, "a minute of grace and ten more between the two answers");
    assert!((4..20).contains(&tries), "{tries}");
}

#[test]
fn an_outage_of_an_hour_ends_registered_without_a_second_sign_in() {
    for (delivery, code) in [(Delivery::Answered, "ServiceBusy"), (Delivery::NotSent, "Unreachable")] {
        for step in ["discovering", "creating_keys", "joining"] {
            let mut life = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn]);
            while state(&life) != step {
                life.step(Step::Succeed);
            }
            let (begun, mut tries) = (life.now, 0);
            while life.now.since(begun).as_secs() < 3600 {
                fail(&mut life, FailureClass::Transient, delivery, code);
                let status = life.device.status();
                assert_eq!(status.waits_for, None, "{step}: nobody has to do anything");
                assert!(matches!(status.upcoming(), model::Upcoming::At(_)), "{step}");
                life.step(Step::Wait(0));
                tries += 1;
            }
            assert!((10..60).contains(&tries), "{tries} tries, ever more rarely");
            assert_eq!((state(&life), life.disk.ledger.len()), (step, 0), "nothing is in doubt");
            while state(&life) != "idle" {
                life.step(Step::Succeed);
            }
        }
    }
}

#[test]
fn a_sign_in_that_ends_in_an_outage_asks_for_another_one() {
    let mut life = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed, Step::Succeed]);
    for _ in 0..9 {
        fail(&mut life, FailureClass::Transient, Delivery::Answered, "ServiceBusy");
        life.step(Step::Wait(0));
    }
    fail(&mut life, FailureClass::NeedsUser, Delivery::NotSent, "SignInExpired");
    assert_eq!(life.device.status().waits_for, Some(WaitsFor::SignInToFinish));
    assert_eq!(life.device.status().upcoming(), model::Upcoming::Nothing);
}

#[test]
fn discover_that_gave_nothing_is_no_success_and_stops_nothing() {
    let mut life = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn]);
    let (op, work) = life.in_flight.pop_first().unwrap();
    let Reply::Discovered(endpoints) = states::samples::reply(&work, life.now, 0) else { panic!("{work:?}") };
    let why = Box::new(failure(FailureClass::Transient, Delivery::Answered, "ServiceBusy"));
    life.feed(Event::Done(op, Ok(Reply::Documented(endpoints, why))));
    assert_eq!((state(&life), life.device.status().failure), ("creating_keys", None));
    life.step(Step::Succeed);
    let attempt = &life.disk.attempts[0];
    assert_eq!(attempt.phase, Phase::Discover);
    assert_eq!(attempt.failure.as_ref().unwrap().code, "ServiceBusy");
    life.step(Step::Succeed);
    life.step(Step::Crash);
    assert_eq!(life.device.status().failure, None, "what went well after it is what counts");
}

#[test]
fn a_disabled_device_is_suspended_and_a_sign_in_lifts_it_when_it_is_enabled() {
    let mut life = registered(IntuneEnrolment::Disabled);
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "AADSTS135011");
    assert_eq!(life.device.status().phase, StatusPhase::Suspended);
    life.step(Step::SignIn);
    life.step(Step::Succeed);
    assert_eq!(state(&life), "idle");
}

#[test]
fn keys_that_another_boot_state_locks_suspend_and_a_sign_in_lifts_it_when_they_open_again() {
    for code in ["BootStateChanged", "BootFile"] {
        let mut life = registered(IntuneEnrolment::Disabled);
        fail(&mut life, FailureClass::Broken, Delivery::NotSent, code);
        let Stage::Registered(identity) = &life.disk.stage else { panic!("{:?}", life.disk.stage) };
        assert_eq!(identity.suspended, Some(Suspension::KeyUnavailable), "{code}");
        life.step(Step::SignIn);
        life.step(Step::Succeed);
        assert_eq!(state(&life), "idle", "{code}");
    }
}

#[test]
fn a_leave_deletes_and_erases_and_a_refused_one_waits_for_the_operator() {
    let mut life = registered(IntuneEnrolment::Disabled);
    life.step(Step::Leave(LeaveKind::Unregister));
    assert_eq!(state(&life), "unregistering");
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "Denied");
    assert_eq!(life.device.status().waits_for, Some(WaitsFor::Operator));
    life.step(Step::Leave(LeaveKind::Force));
    assert_eq!((state(&life), life.disk.ledger.len()), ("unregistering", 0), "it is tried first");
    fail(&mut life, FailureClass::Transient, Delivery::NotSent, "Unreachable");
    assert_eq!((state(&life), life.disk.ledger.len()), ("erasing", 1));
    life.step(Step::Succeed);
    assert_eq!(life.disk.stage, Stage::Unregistered { retained: None });
}

#[test]
fn a_leave_where_only_a_failure_is_left_forgets_it() {
    let mut life = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed]);
    fail(&mut life, FailureClass::Denied, Delivery::NotSent, "BootStateChanged");
    assert_eq!((state(&life), &life.disk.stage), ("unregistered", &Stage::Unregistered { retained: None }));
    for _ in 0..2 {
        assert!(life.device.status().failure.is_some());
        life.step(Step::Crash);
    }
    life.step(Step::Leave(LeaveKind::Unregister));
    assert_eq!((life.device.status().failure, life.disk.attempts.len()), (None, 0));
}

#[test]
fn a_leave_while_the_join_is_in_flight_comes_after_it() {
    let mut life = Harness::play(
        IntuneEnrolment::Disabled,
        &[Step::SignIn, Step::Succeed, Step::Succeed, Step::Leave(LeaveKind::Unregister)],
    );
    assert_eq!(state(&life), "joining");
    for _ in 0..4 {
        life.step(Step::Succeed);
    }
    assert_eq!((state(&life), &life.disk.stage), ("unregistered", &Stage::Unregistered { retained: None }));
}

#[test]
fn a_reply_that_cannot_be_used_stays_on_disk() {
    let mut life = Harness::play(
        IntuneEnrolment::Disabled,
        &[Step::SignIn, Step::Succeed, Step::Succeed, Step::Succeed],
    );
    fail(&mut life, FailureClass::Broken, Delivery::Answered, "ForeignKey");
    assert_eq!((state(&life), life.disk.ledger.len()), ("awaiting_sign_in", 1));
    assert!(matches!(life.disk.stage, Stage::ReplyStored { .. }));
}

#[test]
fn after_three_refusals_the_next_day_s_sign_in_joins_again() {
    let mut life = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed, Step::Succeed]);
    for _ in 0..3 {
        assert_eq!(state(&life), "joining");
        fail(&mut life, FailureClass::Denied, Delivery::Answered, "error_directory_quota_exceeded");
        life.step(Step::SignIn);
        life.step(Step::Succeed);
    }
    assert_eq!((state(&life), life.in_flight.len()), ("awaiting_sign_in", 0), "three a day are enough");
    life.now = life.now.after(std::time::Duration::from_secs(24 * 3600));
    life.step(Step::SignIn);
    assert_eq!((state(&life), life.in_flight.len()), ("joining", 1));
}

#[test]
fn an_enrolment_without_an_answer_waits_for_its_owner_alone() {
    let mut life = about_to_enrol();
    fail(&mut life, FailureClass::Transient, Delivery::InDoubt, "NoAnswer");
    assert_eq!(life.disk.ledger.len(), 1);
    let Intune::KeyReady(intent, _) = intune(&life) else { panic!("{:?}", life.disk.stage) };
    assert!(intent.in_doubt);
    life.step(Step::Crash);
    life.step(Step::OtherSignsIn);
    assert!(life.in_flight.is_empty());
}

#[test]
fn an_enrolment_that_cannot_be_read_is_in_the_ledger_by_the_id_that_intune_gave() {
    for made in [Some(model::Guid::from_bytes([9; 16])), None] {
        let mut life = about_to_enrol();
        life.step(Step::Succeed);
        assert_eq!(state(&life), "intune_reading");
        let (op, work) = life.in_flight.pop_first().unwrap();
        let failure = failure(FailureClass::Broken, Delivery::Answered, "ForeignKey");
        let result = Err(Failure { made, ..failure });
        life.laws.answered(&work, &result);
        life.feed(Event::Done(op, result));
        let [line] = life.disk.ledger.as_slice() else { panic!("{:?}", life.disk.ledger) };
        assert_eq!((line.kind, line.device), (LedgerKind::IntuneUnusableReply, None));
        assert_eq!(line.intune.map(|device| device.guid()), made);
    }
}

#[test]
fn what_intune_kept_at_a_leave_is_in_the_ledger() {
    let (kept, object) = (LedgerKind::IntuneLeftBehind, LedgerKind::LeftBehind);
    for (class, ask, expected) in [
        (FailureClass::Denied, LeaveKind::Unregister, vec![kept]),
        (FailureClass::NeedsUser, LeaveKind::Unregister, vec![kept]),
        (FailureClass::Gone, LeaveKind::Unregister, vec![]),
        (FailureClass::Denied, LeaveKind::Force, vec![kept, object]),
    ] {
        let mut life = about_to_enrol();
        (0..3).for_each(|_| life.step(Step::Succeed));
        assert_eq!(state(&life), "intune_enrolled");
        let Intune::Enrolled(enrolled) = intune(&life) else { panic!("{:?}", life.disk.stage) };
        let device = life.disk.stage.identity().unwrap().issued.device;
        let intune_id = enrolled.issued.device;
        assert_ne!(device.to_string(), intune_id.to_string());
        life.step(Step::Leave(ask));
        assert_eq!(state(&life), "retiring");
        fail(&mut life, class, Delivery::Answered, "RetireNotOffered");
        if ask == LeaveKind::Force {
            fail(&mut life, class, Delivery::Answered, "Denied");
        }
        let kinds: Vec<_> = life.disk.ledger.iter().map(|line| line.kind).collect();
        assert_eq!(kinds, expected, "{class:?} {ask:?}");
        // Each service shows its object under an id of its own.
        for line in &life.disk.ledger {
            let intune = (line.kind == kept).then_some(intune_id);
            assert_eq!((line.device, line.intune), (Some(device), intune), "{line:?}");
        }
    }
}

#[test]
fn what_intune_has_retired_is_not_told_as_left_behind() {
    let mut life = about_to_enrol();
    (0..3).for_each(|_| life.step(Step::Succeed));
    life.step(Step::Leave(LeaveKind::Unregister));
    life.step(Step::Succeed);
    assert_eq!(state(&life), "unregistering");
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "Denied");
    life.step(Step::Leave(LeaveKind::Force));
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "Denied");
    let kinds: Vec<_> = life.disk.ledger.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [LedgerKind::LeftBehind]);
}

#[test]
fn what_intune_kept_is_retired_by_a_later_leave() {
    let mut life = about_to_enrol();
    (0..3).for_each(|_| life.step(Step::Succeed));
    life.step(Step::Leave(LeaveKind::Unregister));
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "RetireNotOffered");
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "Denied");
    let kinds = |life: &Harness| life.disk.ledger.iter().map(|line| line.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&life), [LedgerKind::IntuneLeftBehind]);
    life.step(Step::Leave(LeaveKind::Unregister));
    assert_eq!(state(&life), "retiring");
    // Once more refused it is still one object.
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "RetireNotOffered");
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "Denied");
    assert_eq!(kinds(&life), [LedgerKind::IntuneLeftBehind]);
    life.step(Step::Leave(LeaveKind::Unregister));
    life.step(Step::Succeed);
    assert_eq!((state(&life), kinds(&life)), ("unregistering", vec![]));
    fail(&mut life, FailureClass::Denied, Delivery::Answered, "Denied");
    life.step(Step::Leave(LeaveKind::Unregister));
    assert_eq!(state(&life), "unregistering", "Intune has nothing more of it");
}

#[test]
fn a_forced_leave_tries_the_service_for_ten_seconds_and_names_what_stays() {
    for (answered, expected) in [
        (0, vec![LedgerKind::IntuneLeftBehind, LedgerKind::LeftBehind]),
        (1, vec![LedgerKind::LeftBehind]),
        (2, vec![]),
    ] {
        let mut life = about_to_enrol();
        (0..3).for_each(|_| life.step(Step::Succeed));
        life.step(Step::Leave(LeaveKind::Force));
        (0..answered).for_each(|_| life.step(Step::Succeed));
        if answered < 2 {
            life.now = life.now.after(std::time::Duration::from_secs(9));
            life.feed(Event::Woke);
            assert_ne!(state(&life), "erasing", "{answered}: there is time");
            life.now = life.now.after(std::time::Duration::from_secs(1));
            life.feed(Event::Woke);
        }
        let kinds: Vec<_> = life.disk.ledger.iter().map(|line| line.kind).collect();
        assert_eq!((state(&life), kinds), ("erasing", expected), "{answered}");
        life.step(Step::Succeed);
        assert_eq!(state(&life), "unregistered");
    }
}

#[test]
fn a_copy_that_leaves_asks_nothing_of_the_service() {
    let mut life = registered(IntuneEnrolment::Disabled);
    fail(&mut life, FailureClass::Broken, Delivery::NotSent, "ClonedMachine");
    assert_eq!(state(&life), "suspended");
    life.step(Step::Leave(LeaveKind::Force));
    assert_eq!((state(&life), life.disk.ledger.len()), ("erasing", 1), "the object is the original's");
}
