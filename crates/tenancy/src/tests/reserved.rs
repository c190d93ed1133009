//! Accounts that root sets aside: durable, then known; gone in the commit that makes the account of whoever gets it.

use super::computer::Computer;
use super::disk::Disk;
use super::samples::{ALEX, ANN, KIM, Person, Setting, disk_full};
use crate::{Answer, Caller, Change, Command, Event, OperatorRequest};
use accounts::{LocalFacts, ReservationWanted, ReservedAccount};
use lifecycle::LeaveKind;
use machine::Machine;
use model::{Failure, FailureClass, Who};

fn asks(person: Person, uid: u32) -> OperatorRequest {
    let wanted = ReservationWanted { upn: person.upn(), uid: Some(uid), home: None };
    OperatorRequest::ReserveAccount { wanted, local: Box::default() }
}

fn told(computer: &Computer) -> Result<ReservedAccount, Failure> {
    match computer.last_answer() {
        Ok(Answer::Reserved(reserved)) => Ok(reserved.as_ref().clone()),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => Err(failure.clone()),
    }
}

fn reserves(computer: &mut Computer, person: Person, uid: u32) -> ReservedAccount {
    computer.ask(asks(person, uid));
    computer.write();
    told(computer).unwrap()
}

fn uid_of(computer: &mut Computer, person: Person) -> u32 {
    computer.wants_in(person, LocalFacts::default());
    computer.write();
    match computer.last_answer() {
        Ok(Answer::Account(account)) => account.uid,
        other => panic!("{other:?}"),
    }
}

#[test]
fn root_is_told_when_it_is_durable_and_a_start_knows_it() {
    let mut computer = Computer::new(Setting::default());
    let before = computer.answers.len();
    computer.ask(asks(ALEX, 70_001));
    assert_eq!((computer.answers.len(), computer.reserved.len()), (before, 0), "nothing is said before");
    computer.write();
    assert_eq!(told(&computer).unwrap().uid, 70_001);
    assert_eq!(computer.reserved[&ALEX.upn()], told(&computer).unwrap());
    computer.crash(0, Setting::default());
    assert_eq!(computer.reserved[&ALEX.upn()].uid, 70_001);
    // The same again writes nothing, another number is refused.
    computer.ask(asks(ALEX, 70_001));
    assert!(computer.open.is_empty() && told(&computer).is_ok());
    computer.ask(asks(ALEX, 70_002));
    assert_eq!(told(&computer).unwrap_err().code, "ReservedAlready");
}

#[test]
fn the_first_sign_in_gets_it_and_uses_it_up_in_one_commit() {
    let mut computer = Computer::new(Setting::default());
    reserves(&mut computer, ALEX, 70_001);
    computer.wants_in(ALEX, LocalFacts::default());
    let [(_, changes)] = computer.open.make_contiguous() else { panic!("{:?}", computer.open) };
    let [Change::LocalAccount(account), Change::NoReserved(name)] = changes.as_slice() else {
        panic!("{changes:?}")
    };
    assert_eq!((account.uid, name), (70_001, &ALEX.upn()));
    computer.write();
    assert!(computer.reserved.is_empty() && computer.disk.reserved.all.is_empty());
    // From here on it is an account like any other.
    computer.ask(asks(ALEX, 70_001));
    assert_eq!(told(&computer).unwrap_err().code, "AccountExists");
    assert_eq!(uid_of(&mut computer, ALEX), 70_001);
}

#[test]
fn nobody_gets_a_number_between_the_decision_and_the_disk() {
    let mut computer = Computer::new(Setting::default());
    computer.ask(asks(ALEX, 70_001));
    // Another tenant's lane: it does not wait for the first commit.
    computer.ask(asks(ANN, 70_001));
    computer.write();
    let answers: Vec<_> = computer.answers.iter().rev().take(2).map(|(_, answer)| answer.is_ok()).collect();
    assert_eq!(answers.iter().filter(|ok| **ok).count(), 1, "{:?}", computer.answers);
    assert_eq!(computer.reserved.len(), 1);
}

#[test]
fn root_ends_it_and_the_number_is_computed_again() {
    let mut computer = Computer::new(Setting::default());
    reserves(&mut computer, ALEX, 70_001);
    computer.ask(OperatorRequest::ForgetAccount(ALEX.upn()));
    computer.write();
    assert_eq!(computer.last_answer(), &Ok(Answer::Forgotten(true)));
    assert!(computer.reserved.is_empty() && computer.disk.reserved.all.is_empty());
    assert_ne!(uid_of(&mut computer, ALEX), 70_001);
}

#[test]
fn a_leave_takes_what_is_reserved_in_its_domains_along() {
    let mut computer = Computer::new(Setting::default());
    computer.signs_in(ALEX);
    computer.fair_end();
    reserves(&mut computer, ALEX, 70_001);
    reserves(&mut computer, ANN, 70_003);
    computer.ask(OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Force });
    computer.fair_end();
    let left: Vec<_> = computer.reserved.keys().cloned().collect();
    assert_eq!(left, [ANN.upn()]);
    assert_eq!(computer.disk.reserved.all.len(), 1);
}

#[test]
fn nothing_is_reserved_past_what_is_lost_or_on_a_disk_that_cannot_be_written() {
    let gone = Failure::local(FailureClass::Broken, Who::MachineAdmin, "State", "gone".to_owned(), "Do it.");
    for missing in [true, false] {
        let mut computer = Computer::off("", Setting::default());
        let mut found = Disk::default().found();
        match missing {
            true => found.missing = Some(gone.clone()),
            false => drop(found.unreadable.accounts.insert(ALEX.upn(), gone.clone())),
        }
        drop(computer.tenancy.handle(Event::Restored(Box::new(found)), computer.now));
        let event = Event::Asked { caller: Caller(1), request: asks(ALEX, 70_001) };
        let commands = computer.tenancy.handle(event, computer.now).commands;
        assert_eq!(commands, [Command::Answer(Caller(1), Err(gone.clone()))]);
    }
    let mut computer = Computer::new(Setting::default());
    reserves(&mut computer, KIM, 70_002);
    computer.ask(asks(ALEX, 70_001));
    computer.disk_fails(false);
    assert_eq!(told(&computer).unwrap_err(), disk_full());
    computer.restore();
    // What was durable is known on.
    assert_eq!(computer.reserved.keys().collect::<Vec<_>>(), [&KIM.upn()]);
}
