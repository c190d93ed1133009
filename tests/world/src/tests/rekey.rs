//! Moves of an identity to keys in another place.

use super::power::cut_everywhere;
use crate::keys::PLACE;
use crate::setup::contoso;
use crate::{ALEX, CONTOSO_PEOPLE, DOMAINS, Moved, Options, World};
use lifecycle::{Intune, IntuneEnrolment, LeaveKind, LedgerKind, Stage};
use model::Backend;
use signin::{Outcome, SessionState};
use tenancy::{Answer, OperatorRequest, Role};
use tenant_model::throttle::Throttle;

const ADELE: crate::Person = CONTOSO_PEOPLE[1];

/// Two people have sessions on a registered machine.
fn registered(seed: u64) -> World {
    let mut world = World::new(seed);
    for person in [ALEX, ADELE] {
        world.sign_in_as(person).unwrap();
    }
    world
}

fn backend(world: &World) -> Option<Backend> {
    world.identity().map(|identity| identity.keys.device.backend)
}

fn is_absent(world: &World, role: Role) -> bool {
    matches!(world.snapshot_of(role, contoso()).stage, Stage::Unregistered { retained: None })
}

/// The story of a whole move, by somebody who does not give up.
fn move_to(world: &mut World, to: Backend) {
    while backend(world) != Some(to) {
        let moved = world.rekey(ALEX, to, LeaveKind::Unregister).unwrap();
        assert!(!matches!(moved, Moved::Refused(_)), "{moved:?}: {}", world.trace().join("\n"));
    }
}

/// One identity is in force, with keys there, and of the other nothing is left.
fn assert_moved(world: &World, to: Backend) {
    let identity = world.identity().unwrap();
    assert_eq!(identity.keys.device.backend, to);
    assert!(identity.verified_at.is_some() && identity.suspended.is_none());
    assert!(is_absent(world, Role::Successor) && is_absent(world, Role::Predecessor));
    world.check();
}

#[test]
fn a_move_ends_with_new_keys_and_sessions_and_without_the_old_object() {
    let mut world = registered(1);
    let before = world.identity().unwrap();
    let adele = account(&mut world, ADELE);
    assert!(world.user(&adele).is_some());
    let moved = world.rekey(ALEX, PLACE, LeaveKind::Unregister).unwrap();
    assert!(matches!(moved, Moved::SignedIn(Outcome::SignedIn { .. })), "{moved:?}");
    assert_moved(&world, PLACE);
    let after = world.identity().unwrap();
    assert_ne!(before.issued.device, after.issued.device);
    assert_eq!(world.devices_of(contoso()), [after.issued.device.to_string()]);
    assert_eq!(world.user(&after.owner).unwrap().state, SessionState::Holding);
    assert!(world.user(&adele).is_none(), "a session of the old device outlives it");
    move_to(&mut world, Backend::Soft);
    assert_moved(&world, Backend::Soft);
}

fn account(world: &mut World, person: crate::Person) -> model::Account {
    match world.sign_in_as(person).unwrap() {
        Outcome::SignedIn { account, .. } => account,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

#[test]
fn a_power_cut_anywhere_in_a_move_leads_to_one_identity_in_force_in_the_end() {
    let places = cut_everywhere(
        registered,
        |world| world.rekey(ALEX, PLACE, LeaveKind::Unregister).map(drop),
        |world, events| {
            assert!(world.identity().is_some(), "cut after {events}: {}", world.trace().join("\n"));
            move_to(world, PLACE);
            assert_moved(world, PLACE);
            let objects = world.devices_of(contoso()).len();
            let ledger = world.snapshot().ledger.len();
            assert!(objects <= 1 + ledger, "cut after {events}: {objects} objects, {ledger} lines");
        },
    );
    assert!(places > 40, "{places} places");
}

#[test]
fn a_move_with_intune_takes_its_enrolment_along() {
    let options = Options { intune: IntuneEnrolment::Enabled, ..Options::plain(3) };
    let mut world = World::of(options);
    world.sign_in().unwrap();
    move_to(&mut world, PLACE);
    assert_moved(&world, PLACE);
    let Intune::Enrolled(enrolled) = world.identity().unwrap().intune else {
        panic!("{}", world.trace().join("\n"))
    };
    assert_eq!(enrolled.key.backend, PLACE);
    assert_eq!(world.cloud().intune.devices(world.now().as_millis()).len(), 1);
}

/// A move that the directory refuses: it keeps its keys, and the old ones stay in force.
fn refused(seed: u64) -> World {
    let mut world = registered(seed);
    world.knobs(|knobs| knobs.join_allowed = false);
    let moved = world.rekey(ALEX, PLACE, LeaveKind::Unregister).unwrap();
    assert!(matches!(moved, Moved::SignedIn(_)));
    let kept = world.snapshot_of(Role::Successor, contoso()).stage;
    assert!(matches!(kept, Stage::Unregistered { retained: Some(_) }), "{kept:?}");
    assert_eq!(backend(&world), Some(Backend::Soft));
    world.check();
    world
}

#[test]
fn a_refused_move_goes_on_with_its_keys_once_it_may() {
    let mut world = refused(4);
    let Stage::Unregistered { retained: Some(retained) } =
        world.snapshot_of(Role::Successor, contoso()).stage
    else {
        panic!("no keys")
    };
    world.be_fair();
    move_to(&mut world, PLACE);
    assert_moved(&world, PLACE);
    assert_eq!(world.identity().unwrap().keys, retained.keys);
}

#[test]
fn a_power_cut_anywhere_in_a_cancel_leaves_the_old_identity_and_nothing_else() {
    let places = cut_everywhere(
        refused,
        |world| world.cancel_rekey(DOMAINS[0]).map(|told| assert!(told.is_ok(), "{told:?}")),
        |world, events| {
            if !is_absent(world, Role::Successor) {
                world.cancel_rekey(DOMAINS[0]).unwrap().unwrap();
            }
            assert_eq!(backend(world), Some(Backend::Soft), "cut after {events}");
            assert_moved(world, Backend::Soft);
            assert_eq!(world.devices_of(contoso()).len(), 1);
        },
    );
    assert!(places > 5, "{places} places");
}

/// Asks for the same after every possible number of steps of a move.
fn ask_everywhere(request: &OperatorRequest, judge: impl Fn(&mut World, u64)) {
    for steps in 0.. {
        let mut world = registered(steps);
        let person = ALEX.name.parse().unwrap();
        world.ask(OperatorRequest::Rekey { person, to: PLACE, how: LeaveKind::Unregister });
        world.steps(3).unwrap();
        world.knock(ALEX);
        world.steps(steps).unwrap();
        let moved = backend(&world) == Some(PLACE);
        let finished = moved && is_absent(&world, Role::Predecessor);
        let asked = world.ask(request.clone());
        world.settle().unwrap();
        assert!(world.answer_of(asked).is_some());
        let domain = DOMAINS[0].parse().unwrap();
        world.request(OperatorRequest::RekeyEnded(domain)).unwrap().unwrap();
        judge(&mut world, steps);
        if finished {
            return;
        }
    }
}

#[test]
fn a_cancel_at_any_moment_of_a_move_leaves_one_identity_and_accounts_for_the_other() {
    let request = OperatorRequest::CancelRekey(DOMAINS[0].parse().unwrap());
    ask_everywhere(&request, |world, steps| {
        assert!(is_absent(world, Role::Successor), "after {steps}: {}", world.trace().join("\n"));
        assert!(is_absent(world, Role::Predecessor), "after {steps}: {}", world.trace().join("\n"));
        assert!(world.identity().unwrap().verified_at.is_some());
        world.check();
    });
}

#[test]
fn a_leave_at_any_moment_of_a_move_leaves_nothing() {
    let request = OperatorRequest::Leave { domain: DOMAINS[0].parse().unwrap(), how: LeaveKind::Unregister };
    ask_everywhere(&request, |world, steps| {
        world.check_left(contoso());
        assert!(world.held().is_empty(), "after {steps}: {}", world.trace().join("\n"));
    });
}

#[test]
fn a_power_cut_anywhere_in_a_leave_during_a_move_leads_to_nothing() {
    let leave = |world: &mut World| {
        let told = world.leave_domain(DOMAINS[0], LeaveKind::Unregister)?;
        assert!(matches!(told, Ok(Answer::Leaving { .. })), "{told:?}");
        Ok(())
    };
    let places = cut_everywhere(refused, leave, |world, events| {
        world.be_fair();
        if world.identity().is_some() {
            world.leave().unwrap();
        }
        world.check_left(contoso());
        assert!(world.devices_of(contoso()).is_empty(), "cut after {events}");
    });
    assert!(places > 10, "{places} places");
}

#[test]
fn an_old_object_that_may_not_be_deleted_is_left_behind_by_force_and_in_the_ledger() {
    let mut world = registered(5);
    let before = world.identity().unwrap();
    world.knobs(|knobs| {
        let throttle = Throttle { times: 999, status: 503, retry_after: None };
        knobs.throttle.insert("leave".to_owned(), throttle);
    });
    world.rekey(ALEX, PLACE, LeaveKind::Unregister).unwrap();
    assert_eq!(backend(&world), Some(PLACE));
    let old = world.snapshot_of(Role::Predecessor, contoso());
    assert!(matches!(old.stage, Stage::Leaving { .. }), "{:?}", old.stage);
    world.restart();
    assert_eq!(world.rekey(ALEX, Backend::Soft, LeaveKind::Unregister).unwrap(), Moved::Unfinished);
    assert_eq!(world.rekey(ALEX, Backend::Soft, LeaveKind::Force).unwrap(), Moved::Unfinished);
    let old = world.snapshot_of(Role::Predecessor, contoso());
    assert!(matches!(old.stage, Stage::Unregistered { retained: None }), "{:?}", old.stage);
    let lines: Vec<_> = old.ledger.iter().map(|line| (line.kind, line.device)).collect();
    assert_eq!(lines, [(LedgerKind::LeftBehind, Some(before.issued.device))]);
    world.check();
    world.be_fair();
    move_to(&mut world, Backend::Soft);
    assert_eq!(world.devices_of(contoso()).len(), 2);
    world.check();
}

#[test]
fn a_place_that_cannot_be_used_is_refused_before_anything_begins() {
    let mut world = registered(6);
    world.set_closed(PLACE, true);
    let moved = world.rekey(ALEX, PLACE, LeaveKind::Unregister).unwrap();
    assert!(matches!(&moved, Moved::Refused(_)), "{moved:?}");
    assert!(is_absent(&world, Role::Successor));
    let told = world.rekey(ALEX, Backend::Soft, LeaveKind::Unregister).unwrap();
    assert!(matches!(&told, Moved::Refused(failure) if failure.code == "NotMovable"), "{told:?}");
    let told = world.cancel_rekey(DOMAINS[0]).unwrap();
    assert!(matches!(&told, Err(failure) if failure.code == "NoMove"), "{told:?}");
    world.check();
}

/// The move was for the identity that left, not for those to come.
#[test]
fn whoever_comes_after_a_leave_registers_where_the_configuration_says() {
    for how in [LeaveKind::Unregister, LeaveKind::Force] {
        for most_prepared in [0, 1] {
            let mut world = World::of(Options { most_prepared, ..Options::plain(8) });
            world.sign_in().unwrap();
            move_to(&mut world, PLACE);
            world.leave_domain(DOMAINS[0], how).unwrap().unwrap();
            let ledger = world.snapshot().ledger;
            world.sign_in().unwrap();
            assert_eq!(backend(&world), Some(Backend::Soft), "{}", world.trace().join("\n"));
            assert_eq!(world.snapshot().ledger, ledger);
            world.check();
        }
    }
}

#[test]
fn a_directory_that_lags_delays_the_succession() {
    let mut world = registered(7);
    world.knobs(|knobs| knobs.replication_lag_s = 20);
    let before = world.identity().unwrap();
    let person = ALEX.name.parse().unwrap();
    world.ask(OperatorRequest::Rekey { person, to: PLACE, how: LeaveKind::Unregister });
    world.settle().unwrap();
    world.knock(ALEX);
    let mut waited = false;
    while backend(&world) == Some(Backend::Soft) {
        assert_eq!(world.identity().as_ref(), Some(&before));
        waited |= matches!(world.snapshot_of(Role::Successor, contoso()).stage, Stage::Registered(_));
        world.steps(1).unwrap();
    }
    world.settle().unwrap();
    assert!(waited);
    let domain = DOMAINS[0].parse().unwrap();
    world.request(OperatorRequest::RekeyEnded(domain)).unwrap().unwrap();
    assert_moved(&world, PLACE);
}
