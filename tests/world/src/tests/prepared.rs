//! Keys that are made ahead of time.

use super::power::cut_everywhere;
use crate::setup::{contoso, fabrikam};
use crate::{ALEX, DOMAINS, FABRIKAM_PEOPLE, Options, World};
use lifecycle::{LeaveKind, Phase, Stage};
use model::Backend;
use tenancy::{PreparedView, Role};

fn options(seed: u64, most_prepared: usize) -> Options {
    Options { most_prepared, ..Options::plain(seed) }
}

#[test]
fn every_tenant_takes_a_pair_and_another_is_made_while_somebody_may_need_it() {
    for most in [1, 2, 8] {
        let mut world = World::of(options(1, most));
        let ready = |ready| PreparedView { ready, being_made: 0, waiting: 0 };
        assert_eq!((world.prepared(), world.keys_alive()), (ready(most.min(2)), 2 * most.min(2)));
        for (person, left) in [(ALEX, 1), (FABRIKAM_PEOPLE[0], 0)] {
            world.sign_in_as(person).unwrap();
            assert_eq!((world.prepared(), world.keys_alive()), (ready(left), 4));
            world.check();
        }
        let steps = [contoso(), fabrikam()].map(|of| world.snapshot_of(Role::Current, of).attempts);
        let made = steps.iter().flatten().filter(|attempt| attempt.phase == Phase::CreateKeys).count();
        assert_eq!(made, 0, "no registration made keys: {steps:?}");
    }
}

#[test]
fn two_tenants_never_share_a_pair() {
    for most in [1, 2] {
        let mut world = World::of(options(2, most));
        world.be_random(most as u64);
        let people = [ALEX, FABRIKAM_PEOPLE[0]].map(|person| world.knock(person));
        world.settle().unwrap();
        assert!(people.iter().all(|id| world.outcome(*id).is_some()));
        let [one, other] = [contoso(), fabrikam()].map(|tenant| world.identity_of(tenant).unwrap().keys);
        assert_ne!(one.device.public, other.device.public);
        assert_eq!(world.keys_alive(), 4);
        world.check();
    }
}

#[test]
fn a_sign_in_that_comes_too_early_is_answered_and_registers_once_the_keys_are_there() {
    let mut world = World::off(options(3, 1));
    let keys_come_last = world.restart_until(1);
    assert!(keys_come_last.is_err(), "the pair was decided on and not made");
    world.cut_power_after(u64::MAX);
    let id = world.knock(ALEX);
    world.settle().unwrap();
    assert!(world.outcome(id).is_some());
    assert_eq!(
        (world.keys_alive(), world.identity().is_some()),
        (4, true),
        "its own, and a pair for the other tenant"
    );
    world.check();
}

#[test]
fn a_place_that_makes_no_keys_ahead_of_time_stops_no_sign_in() {
    let mut world = World::off(options(4, 2));
    world.set_closed(Backend::Soft, true);
    world.restart();
    assert_eq!(world.prepared().ready, 0);
    world.set_closed(Backend::Soft, false);
    world.sign_in().unwrap();
    assert!(world.identity().is_some());
    world.check();
    world.leave().unwrap();
    world.restart();
    assert_eq!(world.prepared().ready, 2);
    world.check();
}

#[test]
fn pairs_that_lie_in_another_machine_are_made_anew() {
    let mut world = World::of(options(5, 2));
    world.move_disk();
    assert_eq!((world.prepared().ready, world.keys_alive()), (2, 4));
    world.sign_in().unwrap();
    world.check();
}

#[test]
fn a_leave_leaves_no_pair_while_nobody_else_may_need_one() {
    for most in [1, 2] {
        let mut world = World::of(options(6, most));
        world.sign_in().unwrap();
        world.leave().unwrap();
        assert_eq!(world.keys_alive(), 0, "{}", world.trace().join("\n"));
        world.check();
    }
    let mut world = World::of(options(7, 2));
    world.sign_in_as(FABRIKAM_PEOPLE[0]).unwrap();
    world.sign_in().unwrap();
    world.leave().unwrap();
    assert_eq!((world.keys_alive(), world.prepared().ready), (4, 1), "somebody may come back");
    world.leave_domain(DOMAINS[1], LeaveKind::Unregister).unwrap().unwrap();
    assert_eq!(world.keys_alive(), 0);
    world.check();
}

#[test]
fn a_power_cut_anywhere_leads_to_one_owner_of_each_pair() {
    for most in [1, 2] {
        let places = cut_everywhere(
            |seed| World::off(options(seed, most)),
            |world| {
                // The first start belongs to the story: the pairs are made in it.
                world.start()?;
                world.sign_in().map(drop)
            },
            |world, events| {
                world.sign_in().unwrap();
                let stage = world.snapshot_of(Role::Current, contoso()).stage;
                assert!(matches!(stage, Stage::Registered(_)), "cut after {events}: {stage:?}");
                assert_eq!(world.devices_of(contoso()).len(), 1, "cut after {events}");
                world.check();
            },
        );
        assert!(places > 40, "{places} places");
    }
}

#[test]
fn a_power_cut_anywhere_in_the_last_leave_leaves_no_pair_in_the_end() {
    let registered = |seed| {
        let mut world = World::of(options(seed, 2));
        world.sign_in().unwrap();
        world
    };
    let places = cut_everywhere(
        registered,
        |world| world.leave(),
        |world, events| {
            if world.identity().is_some() {
                world.leave().unwrap();
            }
            assert!(world.identity().is_none() && world.devices_of(contoso()).is_empty());
            // After a start there are pairs again, because somebody may register.
            world.check();
            let alive = world.keys_alive();
            assert_eq!(alive, 2 * world.prepared().ready + world.keys_lost(), "cut after {events}");
        },
    );
    assert!(places > 8, "{places} places");
}
