//! Moving keys: who takes whose place, and when.

use super::computer::Computer;
use super::disk::{BARE, Disk};
use super::samples::{ALEX, KIM, Setting};
use super::stories::identity;
use crate::{Answer, Command, Event, OperatorRequest, RekeyStarted, Role};
use lifecycle::{Identity, LeaveKind, LeaveStep, Snapshot, Stage, StateName, Suspension};
use machine::Machine;
use model::{Backend, TokenRef};

fn rekey(person: super::samples::Person, to: Backend) -> OperatorRequest {
    OperatorRequest::Rekey { person: person.upn(), to, how: LeaveKind::Unregister }
}

fn soft(n: u64) -> Identity {
    identity(ALEX.tenant(), Backend::Soft, n)
}

fn registered(identity: Identity) -> Stage {
    Stage::Registered(Box::new(identity))
}

/// The keys of Alex's tenant after a successor was proved, or could not be.
fn intent_in_force(computer: &Computer) -> Option<model::IntentId> {
    computer.disk.in_force(ALEX.tenant()).map(|identity| identity.intent.id)
}

#[test]
fn only_an_identity_in_force_has_a_place_to_take() {
    let suspended = Identity { suspended: Some(Suspension::Disabled), ..soft(1) };
    let unverified = Identity { verified_at: None, ..soft(1) };
    let leaving = Stage::Leaving { identity: Box::new(soft(1)), step: LeaveStep::Unregister };
    for (current, taken) in [
        (registered(soft(1)), true),
        (registered(suspended), true),
        (registered(unverified), true),
        (leaving, false),
        (BARE, false),
    ] {
        let successor = identity(ALEX.tenant(), Backend::Tpm, 2);
        let successor = Identity { verified_at: None, ..successor };
        let disk = Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), current.clone());
        let disk = disk.and(Role::Successor, ALEX.tenant(), registered(successor.clone()));
        let mut computer = Computer::with(Setting::default(), disk);
        computer.write();
        let leaves = matches!(computer.disk.stage(ALEX.tenant(), Role::Successor), Stage::Leaving { .. });
        assert_eq!(leaves, !taken, "where there is no place it leaves at once: {current:?}");
        computer.registers(ALEX);
        let moved = intent_in_force(&computer) == Some(successor.intent.id);
        assert_eq!(moved, taken, "{current:?}");
        let others = computer.disk.identities.keys().filter(|(_, role)| *role != Role::Current);
        assert_eq!(others.count(), 0, "everything else has left: {current:?}");
    }
}

#[test]
fn a_successor_waits_while_the_state_in_force_cannot_be_read() {
    let mut found = Disk::default().knows(&[ALEX]).found();
    let successor = Identity { verified_at: None, ..identity(ALEX.tenant(), Backend::Tpm, 2) };
    let snapshot = Snapshot { stage: registered(successor), ..Snapshot::absent(ALEX.tenant()) };
    found.identities.push((Role::Successor, snapshot));
    found.blocked.insert(ALEX.tenant(), super::samples::disk_full());
    let mut computer = Computer::off("none", Setting::default());
    computer.feed(Event::Restored(Box::new(found)));
    computer.signs_in(ALEX);
    assert!(computer.works.is_empty(), "it neither leaves nor is proved: {:?}", computer.works);
    assert_eq!(computer.tenancy.tokens().count(), 0);
}

#[test]
fn a_succession_is_three_changes_then_the_sessions_end_then_the_new_one_begins() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    assert!(matches!(
        computer.tells(rekey(KIM, Backend::Tpm)),
        Err(failure) if failure.code == "NotRegistered"
    ));
    computer.ask(rekey(ALEX, Backend::Tpm));
    computer.fair_end();
    computer.trace = Some(Vec::new());
    computer.registers(ALEX);
    let trace = computer.trace.take().unwrap();
    let shape = |line: &String| {
        let word = line.split([' ', '(']).next().unwrap().to_owned();
        ["EndSessions", "HandOver"].contains(&word.as_str()).then_some(word)
    };
    let took = trace.iter().position(|line| line.contains("role: Predecessor") && line.starts_with("Commit"));
    let took = took.unwrap();
    let changes = ["role: Predecessor", "role: Current", "NoIdentity { role: Successor"];
    let places: Vec<_> = changes.iter().map(|change| trace[took].find(change).unwrap()).collect();
    assert!(places.is_sorted(), "{}", trace[took]);
    let before: Vec<_> = trace[..took].iter().filter_map(shape).collect();
    let after: Vec<_> = trace[took..].iter().filter_map(shape).collect();
    assert_eq!(before, Vec::<String>::new());
    assert_eq!(after, ["EndSessions", "HandOver"]);
    assert_eq!(computer.views[&ALEX.tenant()].expected, None);
    assert_eq!(computer.disk.identities.len(), 1, "the old one has left");
}

#[test]
fn two_moves_at_once_lose_nobody() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(rekey(ALEX, Backend::Tpm));
    computer.ask(rekey(ALEX, Backend::Pkcs11));
    computer.end_key_work(0, None);
    // The first comes to its end while the second still asks whether its place is ready.
    computer.signs_in(ALEX);
    // Discover, keys, join, its nonce, its reply, the proof.
    for _ in 0..6 {
        computer.end_work(0, None);
        computer.write();
    }
    assert!(computer.disk.identities.contains_key(&(ALEX.tenant(), Role::Predecessor)));
    computer.end_key_work(0, None);
    let Ok(Answer::Rekey(RekeyStarted::Unfinished(_))) = computer.last_answer() else {
        panic!("{:?}", computer.last_answer())
    };
    computer.fair_end();
    assert_eq!(computer.disk.identities.len(), 1, "the predecessor has left");
}

#[test]
fn a_predecessor_is_asked_to_leave_after_a_restart_too() {
    for (stage, leaves) in [
        (registered(soft(1)), true),
        (Stage::Leaving { identity: Box::new(soft(1)), step: LeaveStep::Erase }, true),
        (BARE, true),
    ] {
        let disk = Disk::default().knows(&[ALEX]).and(Role::Predecessor, ALEX.tenant(), stage.clone());
        let mut computer =
            Computer::with(Setting::default(), disk.and(Role::Current, ALEX.tenant(), registered(soft(2))));
        computer.fair_end();
        let stage_left = computer.disk.stage(ALEX.tenant(), Role::Predecessor);
        assert_eq!(*stage_left == BARE, leaves, "{stage:?}");
        assert_eq!(intent_in_force(&computer), Some(soft(2).intent.id));
    }
}

#[test]
fn a_move_that_was_closed_is_finished_in_its_own_place_after_a_restart() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(rekey(ALEX, Backend::Tpm));
    computer.fair_end();
    computer.signs_in(ALEX);
    computer.end_work(0, None);
    computer.end_work(0, None);
    computer.write();
    // The service refuses the new device; the keys are kept.
    computer.end_work(0, Some(5));
    computer.write();
    let kept = computer.disk.stage(ALEX.tenant(), Role::Successor).clone();
    assert!(matches!(kept, Stage::Unregistered { retained: Some(_) }), "{kept:?}");
    computer.crash(0, Setting::default());
    computer.ask(rekey(ALEX, Backend::Tpm));
    computer.fair_end();
    assert!(matches!(computer.last_answer(), Ok(Answer::Rekey(RekeyStarted::SignIn(_)))));
    computer.registers(ALEX);
    assert_eq!(computer.disk.in_force(ALEX.tenant()).unwrap().keys.device.backend, Backend::Tpm);
}

#[test]
fn a_cancelled_move_leaves_the_identity_in_force_as_it_was() {
    for works in 0..6 {
        let mut computer = Computer::new(Setting::default());
        computer.registers(ALEX);
        let before = computer.disk.clone();
        computer.ask(rekey(ALEX, Backend::Tpm));
        computer.fair_end();
        computer.signs_in(ALEX);
        for _ in 0..works.min(4) {
            computer.end_work(0, None);
            computer.write();
        }
        if works == 5 {
            computer.crash(0, Setting::default());
        }
        let told = computer.tells(OperatorRequest::CancelRekey(ALEX.domain()));
        assert!(matches!(told, Ok(Answer::Cancelling(_))), "{told:?}");
        // Whoever signs in once it leaves is served by the identity in force.
        computer.fair_end();
        computer.registers(ALEX);
        assert_eq!(computer.disk, before, "after {works} works");
    }
}

#[test]
fn a_sign_in_is_for_the_identity_in_force_while_a_move_that_was_given_up_leaves() {
    let successor = identity(ALEX.tenant(), Backend::Tpm, 2);
    let leaving = Stage::Leaving { identity: Box::new(successor), step: LeaveStep::Unregister };
    let disk = Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), registered(soft(1)));
    let mut computer = Computer::with(Setting::default(), disk.and(Role::Successor, ALEX.tenant(), leaving));
    computer.write();
    computer.trace = Some(Vec::new());
    computer.signs_in(ALEX);
    assert!(computer.trace.take().unwrap().iter().any(|line| line.starts_with("HandOver")));
    let told = computer.tells(rekey(ALEX, Backend::Tpm));
    assert!(matches!(told, Ok(Answer::Rekey(RekeyStarted::Unfinished(_)))), "{told:?}");
}

#[test]
fn a_successor_gives_nobody_a_session() {
    // One that was proved while there was no place to take.
    let successor = identity(ALEX.tenant(), Backend::Tpm, 2);
    let disk = Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), registered(soft(1)));
    let mut computer =
        Computer::with(Setting::default(), disk.and(Role::Successor, ALEX.tenant(), registered(successor)));
    computer.trace = Some(Vec::new());
    computer.signs_in(ALEX);
    assert!(computer.trace.take().unwrap().iter().all(|line| !line.starts_with("HandOver")));
    assert_eq!(computer.tenancy.tokens().count(), 0);
}

#[test]
fn a_successor_that_holds_nothing_has_no_record() {
    let intent = soft(2).intent;
    let disk = Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), registered(soft(1)));
    let mut computer = Computer::with(
        Setting::default(),
        disk.clone().and(Role::Successor, ALEX.tenant(), Stage::Intent(intent)),
    );
    computer.write();
    assert_eq!(computer.disk, disk);
    assert_eq!(computer.views[&ALEX.tenant()].successor, None);
}

#[test]
fn no_move_begins_once_somebody_asked_to_leave() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(rekey(ALEX, Backend::Tpm));
    // The leave waits for the end of the binding.
    computer.ask(OperatorRequest::Rebind(ALEX.domain()));
    let told = computer.tells(OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Unregister });
    assert!(matches!(told, Ok(Answer::Leaving { .. })), "{told:?}");
    computer.end_key_work(0, None);
    assert!(matches!(computer.last_answer(), Err(failure) if failure.code == "NotMovable"));
    assert_eq!(computer.refusal(rekey(ALEX, Backend::Tpm)), "NotMovable");
    computer.fair_end();
    assert_eq!(computer.disk, Disk::default());
    // The next identity can be moved again.
    computer.registers(ALEX);
    computer.ask(rekey(ALEX, Backend::Tpm));
    computer.fair_end();
    assert!(matches!(computer.last_answer(), Ok(Answer::Rekey(RekeyStarted::SignIn(_)))));
}

#[test]
fn a_machine_that_has_not_heard_of_its_state_shows_it_all_the_same() {
    let mut computer = Computer::off("", Setting::default());
    computer.disk = Disk::default().knows(&[ALEX]).and(Role::Current, ALEX.tenant(), registered(soft(1)));
    computer.restore();
    let view = &computer.views[&ALEX.tenant()];
    let status = &view.current.as_ref().unwrap().status;
    assert_eq!((status.state, view.identity()), (StateName::Idle, Some(&soft(1))));
    let told = computer.tenancy.handle(Event::Woke, computer.now).commands;
    assert_eq!(told, Vec::<Command>::new());
    assert!(!computer.laws.tokens.contains(&TokenRef(0)));
}
