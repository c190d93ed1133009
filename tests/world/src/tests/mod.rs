mod failing_disk;
mod people;
mod power;
mod prepared;
mod rekey;

use crate::setup::contoso;
use crate::{ALEX, Person, World};
use lifecycle::{Intune, IntuneEnrolment, LedgerKind, Stage, Suspension};
use signin::{Outcome, SessionState};
use std::collections::BTreeSet;
use std::time::Duration;
use tenant_intune::{Chance, IntuneKnobs};
use tenant_model::knobs::{Recognition, Refuse};

fn registered(world: &World) -> bool {
    matches!(world.snapshot().stage, Stage::Registered(_))
}

#[test]
fn a_first_sign_in_registers_once_and_a_second_changes_nothing() {
    let mut world = World::new(1);
    for _ in 0..2 {
        assert!(matches!(world.sign_in(), Ok(Outcome::SignedIn { .. })));
        assert!(registered(&world));
        world.check();
    }
    assert_eq!(world.cloud().devices().len(), 1);
    world.leave().unwrap();
    assert!(world.cloud().devices().is_empty());
    world.check_left(contoso());
}

#[test]
fn a_disk_in_another_machine_is_of_no_use_until_somebody_says_that_it_is_the_same() {
    let mut world = enrolled(2);
    let before = world.identity().unwrap();
    world.move_disk();
    let proofs = count(&world, "token.prt");
    world.sign_in().unwrap();
    let suspended = world.identity().unwrap();
    assert_eq!(suspended.suspended, Some(Suspension::ClonedMachine));
    assert_eq!((&suspended.keys, count(&world, "token.prt")), (&before.keys, proofs), "nothing was proved");
    world.rebind().unwrap();
    let after = world.identity().unwrap();
    assert_eq!((after.suspended, &after.issued), (None, &before.issued));
    assert_ne!(after.intent.binding, before.intent.binding);
    world.sign_in().unwrap();
    assert_eq!(count(&world, "token.prt"), proofs + 1);
    assert_eq!((count(&world, "join"), world.cloud().devices().len()), (1, 1));
    world.check();
}

#[test]
fn a_power_cut_while_rebinding_leaves_one_pair_of_handles_or_the_other() {
    let mut ends = BTreeSet::new();
    for events in 0..8 {
        let mut world = enrolled(3);
        world.move_disk();
        world.cut_power_after(events);
        let cut = world.rebind().is_err();
        world.restart();
        let bound = world.identity().unwrap().keys.device.wrapped[1];
        ends.insert((cut, bound));
        world.rebind().unwrap();
        world.sign_in().unwrap();
        let identity = world.identity().unwrap();
        assert_eq!((identity.keys.device.wrapped[1], identity.suspended), (1, None), "cut after {events}");
        world.check();
    }
    assert_eq!(ends, BTreeSet::from([(true, 0), (true, 1), (false, 1)]));
}

#[test]
fn keys_of_a_registration_that_was_refused_on_another_machine_are_made_anew() {
    let mut world = World::new(4);
    world.knobs(|knobs| knobs.join_allowed = false);
    world.sign_in().unwrap();
    assert!(matches!(world.snapshot().stage, Stage::Unregistered { retained: Some(_) }));
    world.move_disk();
    world.be_fair();
    world.sign_in().unwrap();
    assert!(registered(&world), "{}", world.trace().join("\n"));
    world.check();
}

#[test]
fn the_same_seed_gives_the_same_trace() {
    let trace = |seed| {
        let mut world = World::new(seed);
        world.sign_in().unwrap();
        world.leave().unwrap();
        world.trace().to_vec()
    };
    assert_eq!(trace(7), trace(7));
    assert_ne!(trace(7), trace(8));
}

/// A power cut after every possible number of events, then a fair world.
#[test]
fn a_power_cut_anywhere_leads_to_one_identity_in_the_end() {
    let mut cuts = 0;
    for events in 0.. {
        let mut world = World::new(events);
        world.cut_power_after(events);
        let cut = world.sign_in().is_err();
        world.restart();
        world.sign_in().unwrap();
        assert!(registered(&world), "cut after {events}: {}", world.trace().join("\n"));
        assert_eq!(world.cloud().devices().len(), 1, "cut after {events}");
        world.check();
        if !cut {
            break;
        }
        cuts += 1;
    }
    assert!(cuts > 30, "{cuts} places");
}

#[test]
fn a_power_cut_while_leaving_leads_to_nothing_in_the_end() {
    for events in 0..40 {
        let mut world = World::new(events);
        world.sign_in().unwrap();
        world.cut_power_after(events);
        let left = world.leave();
        world.restart();
        if left.is_err() && registered(&world) {
            world.leave().unwrap();
        }
        assert!(world.cloud().devices().is_empty(), "cut after {events}");
        world.check_left(contoso());
    }
}

#[test]
fn a_lost_reply_is_accounted_for_under_every_model_of_the_directory() {
    for (recognition, most) in [(Recognition::M1, 1), (Recognition::M2, 1), (Recognition::M3, 2)] {
        let mut world = World::new(3);
        let mut knobs = world.cloud().knobs().clone();
        knobs.recognition = recognition;
        world.cloud().set_knobs(knobs);
        world.lose_reply("join");
        world.sign_in().unwrap();
        assert!(registered(&world));
        let devices = world.cloud().devices().len();
        assert!(devices <= most, "{recognition:?}: {devices}");
        assert_eq!(world.snapshot().ledger.len(), 1);
        world.check();
    }
}

/// Signed in, verified, and with Intune where that is wanted.
fn enrolled(seed: u64) -> World {
    let mut world = World::with(seed, IntuneEnrolment::Enabled);
    world.sign_in().unwrap();
    world
}

fn intune(world: &World) -> Intune {
    world.identity().unwrap().intune
}

fn count(world: &World, name: &str) -> usize {
    world.requests().into_iter().filter(|request| *request == name).count()
}

const ALEX_BY_PASSWORD: Person = Person { name: ALEX.name, password: Some("Correct-Horse-1") };
const ADELE: Person = Person { name: "adele@contoso.com", password: Some("Correct-Horse-1") };

#[test]
fn the_first_sign_in_ends_verified_with_a_session_that_holds_a_prt() {
    let mut world = World::new(11);
    world.sign_in().unwrap();
    let identity = world.identity().unwrap();
    assert!(identity.verified_at.is_some());
    let session = world.user(&identity.owner).unwrap();
    assert_eq!((session.state, count(&world, "token.prt")), (SessionState::Holding, 1));
    world.check();
}

#[test]
fn a_directory_that_lags_is_waited_out() {
    let mut world = World::new(12);
    world.knobs(|knobs| knobs.replication_lag_s = 20);
    let begun = world.now();
    world.sign_in().unwrap();
    assert!(world.identity().unwrap().verified_at.is_some());
    assert!((20..60).contains(&world.now().since(begun).as_secs()));
    assert_eq!(world.cloud().devices().len(), 1);
}

#[test]
fn a_session_renews_its_prt_every_four_hours_or_so() {
    let mut world = World::new(13);
    world.sign_in().unwrap();
    let owner = world.identity().unwrap().owner;
    for renewals in 1..6 {
        let before = world.now();
        world.pass_to_session(&owner);
        let hours = world.now().since(before).as_secs_f64() / 3600.0;
        assert!((3.5..4.5).contains(&hours), "{hours}");
        assert_eq!(count(&world, "token.prt_renew"), renewals);
        assert_eq!(world.user(&owner).unwrap().state, SessionState::Holding);
    }
    world.check();
}

#[test]
fn a_password_on_a_registered_machine_is_vouched_for_by_the_device() {
    let mut world = World::new(14);
    world.sign_in().unwrap();
    assert!(matches!(world.sign_in_as(ALEX_BY_PASSWORD), Ok(Outcome::SignedIn { .. })));
    assert_eq!((count(&world, "token.prt"), count(&world, "token.password")), (2, 0));
    world.check();
    let wrong = Person { password: Some("wrong"), ..ALEX_BY_PASSWORD };
    let before = count(&world, "token.prt");
    assert!(matches!(world.sign_in_as(wrong), Ok(Outcome::Failed(failure)) if failure.code == "AADSTS50126"));
    assert_eq!(count(&world, "token.prt"), before + 1, "a wrong password is never tried again");
    world.check();
}

#[test]
fn with_intune_it_ends_enrolled_once_by_its_owner() {
    let mut world = enrolled(15);
    let Intune::Enrolled(found) = intune(&world) else { panic!("{}", world.trace().join("\n")) };
    assert!(found.inventory_at.is_some());
    assert_eq!(found.owner, world.identity().unwrap().owner);
    for person in [ALEX_BY_PASSWORD, ADELE] {
        world.sign_in_as(person).unwrap();
    }
    assert_eq!((count(&world, "intune.enroll"), count(&world, "intune.details")), (1, 1));
    assert_eq!(world.cloud().intune.devices(world.now().as_millis()).len(), 1);
    world.check();
    world.leave().unwrap();
    assert!(world.cloud().devices().is_empty());
    assert!(world.cloud().intune.devices(world.now().as_millis()).is_empty());
}

#[test]
fn a_power_cut_anywhere_on_the_way_into_intune_leads_to_one_enrolment_in_the_end() {
    for events in 0.. {
        let mut world = World::with(events, IntuneEnrolment::Enabled);
        world.cut_power_after(events);
        let cut = world.sign_in().is_err();
        world.restart();
        world.sign_in().unwrap();
        let Intune::Enrolled(found) = intune(&world) else { panic!("{}", world.trace().join("\n")) };
        assert!(found.inventory_at.is_some(), "cut after {events}");
        let devices = world.cloud().intune.devices(world.now().as_millis()).len();
        let doubted = world.snapshot().ledger.iter().any(|line| line.kind == LedgerKind::IntuneInDoubt);
        assert!(devices == 1 || doubted, "cut after {events}: {devices}");
        assert_eq!(world.cloud().devices().len(), 1, "cut after {events}");
        world.check();
        if !cut {
            break;
        }
    }
}

#[test]
fn an_hour_without_intune_disturbs_no_sign_in() {
    let mut world = World::with(17, IntuneEnrolment::Enabled);
    let down = Chance { not_found: 0.5, server_error: 0.5 };
    let faults = [("intune.endpoints".to_owned(), down), ("intune.enroll".to_owned(), down)];
    let down = IntuneKnobs { faults: faults.into(), ..IntuneKnobs::default() };
    world.cloud().intune.set_knobs(down);
    let begun = world.now();
    while world.now().since(begun).as_secs() < 3600 {
        assert!(matches!(world.sign_in_as(ALEX_BY_PASSWORD), Ok(Outcome::SignedIn { .. })));
        assert!(registered(&world) && world.identity().unwrap().verified_at.is_some());
        world.pass(Duration::from_secs(600));
    }
    world.be_fair();
    world.pass(Duration::from_secs(3600));
    world.sign_in_as(ALEX_BY_PASSWORD).unwrap();
    assert!(matches!(intune(&world), Intune::Enrolled(_)));
}

/// Each way from a PRT to a token is reached by refusing the one before it, and only by that.
#[test]
fn the_next_way_to_a_token_is_taken_only_when_the_one_before_is_refused_as_such() {
    let refuse = |grant: &str, code| Refuse {
        client: Some("b743a22d-6705-4147-8670-d92fa515ee2b".to_owned()),
        grant: Some(grant.to_owned()),
        code,
        ..Refuse::default()
    };
    for (refused, way, not) in [
        (vec![], "token.refresh", "authorize"),
        (vec![refuse("refresh_token", 65_002)], "token.prt_exchange", "authorize"),
        (vec![refuse("refresh_token", 65_002), refuse("prt", 50_011)], "authorize", "none"),
    ] {
        let mut world = World::with(18, IntuneEnrolment::Enabled);
        world.knobs(|knobs| knobs.refuse = refused.clone());
        world.sign_in().unwrap();
        assert!(matches!(intune(&world), Intune::Enrolled(_)), "{refused:?}: {}", world.trace().join("\n"));
        assert!(count(&world, way) > 0 && count(&world, not) == 0, "{refused:?}: {:?}", world.requests());
    }
    let mut world = World::with(19, IntuneEnrolment::Enabled);
    world.knobs(|knobs| knobs.refuse = vec![refuse("refresh_token", 53_003)]);
    world.sign_in().unwrap();
    assert!(registered(&world) && !matches!(intune(&world), Intune::Enrolled(_)));
    assert_eq!(
        (count(&world, "authorize"), count(&world, "intune.enroll")),
        (0, 0),
        "a rule stops every way"
    );
}
