//! Records that were lost or cannot be read: nothing new begins, who is known goes on, and root may give them up.

use super::computer::Computer;
use super::disk::Disk;
use super::samples::{ALEX, ANN, KIM, Person, Setting, disk_full};
use super::stories::identity;
use crate::{Answer, Command, Event, Found, OperatorRequest, Role};
use lifecycle::{LeaveKind, Stage};
use model::{Backend, Failure, Registration};

fn leave(person: Person, how: LeaveKind) -> OperatorRequest {
    OperatorRequest::Leave { domain: person.domain(), how }
}

/// A computer that has lost records; Alex is known, with an identity.
fn incomplete() -> Computer {
    let stage = Stage::Registered(Box::new(identity(ALEX.tenant(), Backend::Soft, 1)));
    let disk = Disk::default().knows(&[ALEX, ANN]).and(Role::Current, ALEX.tenant(), stage);
    let mut computer = Computer::off("missing", Setting { most_prepared: 1, ..Setting::default() });
    let mut found = disk.found();
    found.missing = Some(disk_full());
    computer.disk = disk;
    computer.feed(Event::Restored(Box::new(found)));
    computer
}

fn told(computer: &mut Computer, request: OperatorRequest) -> Result<Answer, Failure> {
    computer.ask(request);
    computer.write();
    computer.last_answer().clone()
}

#[test]
fn who_is_known_signs_in_and_nobody_else_does() {
    let mut computer = incomplete();
    computer.signs_on(ALEX);
    assert!(matches!(computer.last_answer(), Ok(Answer::SignIn(..))));
    for stranger in [KIM, Person(2, 0)] {
        computer.signs_on(stranger);
        assert_eq!(*computer.last_answer(), Err(disk_full()), "{stranger:?}");
    }
    // Known by name, but what the tenant had here may be what is missing.
    computer.signs_on(ANN);
    assert!(matches!(computer.last_answer(), Ok(Answer::SignIn(..))));
    computer.signs_in(ANN);
    assert!(
        computer.works.is_empty() && computer.disk.in_force(ANN.tenant()).is_none(),
        "nothing is registered"
    );
    assert!(computer.open.is_empty(), "no keys are made ahead of time");
}

#[test]
fn no_keys_are_made_ahead_of_time_for_a_computer_that_has_lost_records() {
    for missing in [None, Some(disk_full())] {
        let setting = Setting { most_prepared: 1, third: Registration::Required, ..Setting::default() };
        let mut computer = Computer::off("missing", setting);
        let found = Found { missing: missing.clone(), ..Disk::default().found() };
        computer.feed(Event::Restored(Box::new(found)));
        assert_eq!(computer.open.is_empty(), missing.is_some(), "{missing:?}");
    }
}

#[test]
fn a_leave_says_what_is_missing_and_by_force_it_is_given_up() {
    let mut computer = incomplete();
    assert_eq!(told(&mut computer, leave(ANN, LeaveKind::Unregister)), Err(disk_full()));
    computer.trace = Some(Vec::new());
    assert_eq!(told(&mut computer, leave(ANN, LeaveKind::Force)), Ok(Answer::GivenUp(vec![ANN.domain()])));
    let trace = computer.trace.take().unwrap().join("\n");
    assert!(
        trace.contains("GiveUpMissing") && trace.contains(&format!("{:?}", Command::PublishMissing(None))),
        "{trace}"
    );
    computer.registers(ANN);
    assert!(computer.disk.in_force(ANN.tenant()).is_some());
    assert!(computer.disk.in_force(ALEX.tenant()).is_some(), "what was there stays");
}

#[test]
fn an_identity_that_is_there_leaves_as_ever_while_others_are_missing() {
    let mut computer = incomplete();
    assert!(matches!(told(&mut computer, leave(ALEX, LeaveKind::Force)), Ok(Answer::Leaving { .. })));
}

#[test]
fn an_identity_that_cannot_be_read_is_given_up_by_force_with_its_pins() {
    let mut computer = Computer::off("unreadable", Setting::default());
    let disk = Disk::default().knows(&[ALEX, ANN]);
    let mut found = disk.found();
    found.blocked.insert(ALEX.tenant(), disk_full());
    computer.disk = disk;
    computer.feed(Event::Restored(Box::new(found)));
    let domains = vec![ALEX.domain()];
    assert_eq!(told(&mut computer, leave(ALEX, LeaveKind::Force)), Ok(Answer::GivenUp(domains)));
    assert!(
        !computer.disk.accounts.contains_key(&ALEX.upn()) && computer.disk.accounts.contains_key(&ANN.upn())
    );
    computer.registers(ALEX);
    assert!(computer.disk.in_force(ALEX.tenant()).is_some());
}

#[test]
fn an_identity_that_a_newer_version_can_read_is_kept_whoever_insists() {
    let mut computer = Computer::off("unreadable", Setting::default());
    let mut found = Disk::default().knows(&[ALEX]).found();
    found.blocked.insert(ALEX.tenant(), disk_full());
    found.newer.insert(ALEX.tenant());
    computer.feed(Event::Restored(Box::new(found)));
    assert_eq!(told(&mut computer, leave(ALEX, LeaveKind::Force)), Err(disk_full()));
}

#[test]
fn a_domain_whose_record_cannot_be_read_is_given_up_by_force() {
    let mut computer = Computer::off("unreadable", Setting::default());
    let mut found = Disk::default().found();
    found.unreadable.domains.insert(ALEX.domain(), disk_full());
    computer.feed(Event::Restored(Box::new(found)));
    computer.signs_on(ALEX);
    assert_eq!(*computer.last_answer(), Err(disk_full()));
    assert_eq!(told(&mut computer, leave(ALEX, LeaveKind::Force)), Ok(Answer::GivenUp(vec![ALEX.domain()])));
    computer.registers(ALEX);
}
