//! A disk that fails: nothing is acted upon, everybody is told, and the next start goes on.

use crate::setup::{contoso, fabrikam};
use crate::{CONTOSO_PEOPLE, DOMAINS, FABRIKAM_PEOPLE, Options, PLACE, World};
use lifecycle::{IntuneEnrolment, LeaveKind};
use signin::Outcome;

/// A life that commits everything there is to commit, as far as the disk lets it.
fn live(world: &mut World) {
    world.sign_in().unwrap();
    world.sign_in_as(FABRIKAM_PEOPLE[0]).unwrap();
    world.sign_in_as(CONTOSO_PEOPLE[2]).unwrap();
    world.rekey(CONTOSO_PEOPLE[0], PLACE, LeaveKind::Unregister).unwrap();
    let _: crate::OperatorAnswer = world.leave_domain(DOMAINS[1], LeaveKind::Unregister).unwrap();
}

fn begin(seed: u64) -> World {
    World::off(Options { seed, intune: IntuneEnrolment::Enabled, most_prepared: 2 })
}

#[test]
fn a_commit_that_fails_anywhere_in_a_life_is_told_and_nothing_is_acted_upon() {
    for commits in 0.. {
        let mut world = begin(commits);
        // Whether the next start finds what could not be written is the disk's affair.
        world.fail_commit_after(commits, commits % 2 == 1);
        world.start().unwrap();
        live(&mut world);
        if !world.is_broken() {
            assert!(commits > 40, "{commits} commits");
            return;
        }
        assert_told(&mut world);
        go_on(&mut world, commits);
    }
}

/// Everybody hears of it, and nothing new begins.
fn assert_told(world: &mut World) {
    assert!(world.not_writable().is_some(), "{}", world.trace().join("\n"));
    let requests = world.requests().len();
    let told = world.leave_domain(DOMAINS[0], LeaveKind::Unregister).unwrap();
    assert!(told.is_err(), "{told:?}");
    assert!(world.stopped().is_some());
    assert_eq!(world.requests().len(), requests);
    let view = world.view(contoso()).cloned();
    let failure = view.and_then(|view| view.current?.status.failure.clone());
    assert!(failure.is_none_or(|failure| failure.code == "StateNotWritable"));
    world.check_secrets();
}

/// With a disk that works again everything comes to the end it would have come to.
fn go_on(world: &mut World, commits: u64) {
    world.restart();
    let outcome = world.sign_in().unwrap();
    assert!(matches!(outcome, Outcome::SignedIn { .. }), "{outcome:?}");
    live(world);
    let identity = world.identity_of(contoso());
    let identity = identity.unwrap_or_else(|| panic!("after {commits}: {}", world.trace().join("\n")));
    assert_eq!(identity.keys.device.backend, PLACE, "after {commits}: {}", world.trace().join("\n"));
    assert!(world.identity_of(fabrikam()).is_none());
    world.check();
}

#[test]
fn whoever_signs_in_without_a_disk_is_let_in_or_told() {
    let mut world = begin(1);
    world.start().unwrap();
    world.sign_in().unwrap();
    world.fail_commit_after(0, false);
    // A new name has to be remembered, and cannot be.
    let outcome = world.sign_in_as(CONTOSO_PEOPLE[1]).unwrap();
    assert!(
        matches!(&outcome, Outcome::Failed(failure) if failure.code == "StateNotWritable"),
        "{outcome:?}"
    );
    // A known one needs no disk.
    let outcome = world.sign_in().unwrap();
    assert!(matches!(outcome, Outcome::SignedIn { .. }), "{outcome:?}");
    assert!(world.stopped().is_some());
    world.check_secrets();
}
