//! The same machine with other components: its keys are bound anew, or nothing changes.

use super::life::{Harness, Step};
use ::machine::Machine as _;
use lifecycle::*;
use model::{Delivery, FailureClass, MachineBinding};
use states::samples::{facts, failure};

const IDLE: [Step; 6] =
    [Step::SignIn, Step::Succeed, Step::Succeed, Step::Succeed, Step::Succeed, Step::Succeed];

fn state(life: &Harness) -> &'static str {
    life.device.status().state.as_str()
}

fn identity(life: &Harness) -> Identity {
    match &life.disk.stage {
        Stage::Registered(identity) => identity.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

/// The state directory on a machine with another machine-id.
fn moved(steps: &[Step], policy: IntuneEnrolment) -> (Harness, MachineBinding) {
    let mut life = Harness::play(policy, steps);
    let mut facts = facts(policy);
    facts.binding.components[0].1 = "11".to_owned();
    let binding = facts.binding.clone();
    life.start_as(facts);
    (life, binding)
}

fn suspect(life: &mut Harness, code: &str) {
    let found = failure(FailureClass::Broken, Delivery::NotSent, code);
    life.laws.suspected(&found);
    life.feed(Event::Suspected(found));
}

fn fails(life: &mut Harness, class: FailureClass, code: &str) {
    let (op, work) = life.in_flight.pop_first().unwrap();
    let result = Err(failure(class, Delivery::NotSent, code));
    life.laws.answered(&work, &result);
    life.feed(Event::Done(op, result));
}

#[test]
fn the_keys_are_in_new_handles_and_the_suspension_is_lifted() {
    let (mut life, binding) = moved(&IDLE, IntuneEnrolment::Disabled);
    suspect(&mut life, "ClonedMachine");
    let before = identity(&life);
    assert_eq!((state(&life), before.suspended), ("suspended", Some(Suspension::ClonedMachine)));
    life.step(Step::Rebind);
    assert_eq!((state(&life), life.device.status().phase), ("rebinding", StatusPhase::Suspended));
    life.step(Step::Succeed);
    let after = identity(&life);
    assert_eq!((state(&life), after.suspended), ("idle", None));
    assert_ne!((&after.keys, &after.intent.binding), (&before.keys, &before.intent.binding));
    assert_eq!(after.intent.binding, binding);
    let intent = Intent { binding: before.intent.binding.clone(), ..after.intent.clone() };
    assert_eq!(Identity { keys: before.keys.clone(), intent, suspended: before.suspended, ..after }, before);
}

#[test]
fn the_key_of_intune_goes_along() {
    let mut steps = IDLE.to_vec();
    steps.extend([Step::Succeed; 5]);
    let (mut life, _) = moved(&steps, IntuneEnrolment::Enabled);
    assert_eq!(state(&life), "intune_enrolled");
    let before = identity(&life).intune.key().unwrap().clone();
    life.step(Step::Rebind);
    assert_eq!(life.device.status().phase, StatusPhase::IntuneEnrolled);
    life.step(Step::Succeed);
    let after = identity(&life).intune.key().unwrap().clone();
    assert_eq!((state(&life), &after.public), ("intune_enrolled", &before.public));
    assert_ne!(after.wrapped, before.wrapped);
}

#[test]
fn another_suspension_stays() {
    for (code, why) in
        [("AADSTS135011", Suspension::Disabled), ("KeyUnavailable", Suspension::KeyUnavailable)]
    {
        let (mut life, binding) = moved(&IDLE, IntuneEnrolment::Disabled);
        suspect(&mut life, code);
        life.step(Step::Rebind);
        life.step(Step::Succeed);
        assert_eq!((state(&life), identity(&life).suspended), ("suspended", Some(why)));
        assert_eq!(identity(&life).intent.binding, binding);
    }
}

#[test]
fn a_failed_rebinding_changes_nothing_and_is_filed() {
    for (suspicion, rests) in [(Some("ClonedMachine"), "suspended"), (None, "idle")] {
        let (mut life, _) = moved(&IDLE, IntuneEnrolment::Disabled);
        suspicion.iter().for_each(|code| suspect(&mut life, code));
        let before = life.disk.stage.clone();
        life.step(Step::Rebind);
        fails(&mut life, FailureClass::Broken, "ClonedMachine");
        assert_eq!((state(&life), &life.disk.stage), (rests, &before));
        let filed = life.disk.attempts.iter().find(|attempt| attempt.phase == Phase::Rebind).unwrap();
        assert_eq!(filed.failure, life.device.status().failure);
        assert!(filed.failure.is_some());
    }
}

#[test]
fn it_comes_neither_before_an_identity_nor_between_two_answers() {
    let unregistered = Harness::new(IntuneEnrolment::Disabled);
    let joining = Harness::play(IntuneEnrolment::Disabled, &[Step::SignIn, Step::Succeed, Step::Succeed]);
    let verifying = Harness::play(IntuneEnrolment::Disabled, &IDLE[..5]);
    let mut leaving = Harness::play(IntuneEnrolment::Disabled, &IDLE);
    leaving.step(Step::Leave(LeaveKind::Unregister));
    let (mut rebinding, _) = moved(&IDLE, IntuneEnrolment::Disabled);
    rebinding.step(Step::Rebind);
    for mut life in [unregistered, joining, verifying, leaving, rebinding] {
        let before = life.device.status();
        let batch = life.device.handle(Event::Rebind, life.now);
        assert_eq!(batch.commands, [Command::Ignored(EventKind::Rebind)], "{}", before.state);
        assert_eq!(life.device.status(), before);
    }
}

#[test]
fn whoever_asks_to_leave_meanwhile_leaves_with_the_new_handles() {
    let (mut life, binding) = moved(&IDLE, IntuneEnrolment::Disabled);
    life.step(Step::Rebind);
    life.step(Step::Leave(LeaveKind::Unregister));
    assert_eq!((state(&life), life.in_flight.len()), ("rebinding", 1));
    life.step(Step::Succeed);
    let Stage::Leaving { identity, .. } = &life.disk.stage else { panic!("{:?}", life.disk.stage) };
    assert_eq!((state(&life), &identity.intent.binding), ("unregistering", &binding));
}

#[test]
fn whoever_signs_in_meanwhile_is_not_sent_away() {
    let (mut life, _) = moved(&IDLE, IntuneEnrolment::Disabled);
    life.step(Step::Rebind);
    life.sign_in();
    let (op, work) = life.in_flight.pop_first().unwrap();
    let answer = states::samples::reply(&work, life.now, 9);
    let batch = life.device.handle(Event::Done(op, Ok(answer)), life.now);
    let handed = |command: &Command| matches!(command, Command::HandOver { .. });
    assert_eq!(batch.commands.iter().filter(|command| handed(command)).count(), 1);
}

#[test]
fn one_that_waits_for_a_sign_in_waits_for_it_afterwards() {
    let (mut life, _) = moved(&IDLE[..5], IntuneEnrolment::Disabled);
    assert_eq!((state(&life), life.device.status().waits_for), ("verifying", Some(WaitsFor::SignInToVerify)));
    life.step(Step::Rebind);
    life.step(Step::Succeed);
    assert_eq!((state(&life), life.device.status().waits_for), ("verifying", Some(WaitsFor::SignInToVerify)));
}
