//! Accounts of this machine: made once, kept whatever is configured, barred when the directory says so.

use super::computer::{Computer, Wish};
use super::disk::Disk;
use super::samples::{ALEX, ANN, KIM, Person, Setting, disabled, disk_full, suspected};
use crate::{Answer, Command, Event, OperatorRequest};
use accounts::{AccountChange, LocalFacts};
use lifecycle::LeaveKind;
use machine::Machine;
use model::{AccountStanding, Cause, Failure, FailureClass, LocalAccount, Who};
use names::LocalEntry;

fn key(person: Person) -> (model::TenantId, model::ObjectId) {
    (person.account().tenant, person.account().object)
}

fn told(computer: &Computer) -> Result<LocalAccount, Failure> {
    match computer.last_answer() {
        Ok(Answer::Account(account)) => Ok(account.as_ref().clone()),
        Ok(other) => panic!("{other:?}"),
        Err(failure) => Err(failure.clone()),
    }
}

/// The person is let in, and everything is durable.
fn lets_in(computer: &mut Computer, person: Person) -> LocalAccount {
    computer.wants_in(person, LocalFacts::default());
    computer.write();
    told(computer).unwrap()
}

fn suspects(computer: &mut Computer, person: Person, failure: Failure) {
    computer.feed(suspected(person, failure));
    computer.write();
}

#[test]
fn who_is_let_in_is_told_when_the_account_is_durable_and_everybody_may_read_it() {
    let mut computer = Computer::new(Setting::default());
    computer.wants_in(ALEX, LocalFacts::default());
    assert_eq!((computer.waiting.len(), computer.open.len()), (1, 1));
    assert!(computer.local_accounts.is_empty());
    computer.write();
    let account = told(&computer).unwrap();
    assert_eq!((account.name.as_str(), account.uid), ("alex@contoso.com", 1_285_143_078));
    assert_eq!(computer.local_accounts.get(&key(ALEX)), Some(&account));
    computer.wants_in(ALEX, LocalFacts::default());
    assert!(computer.open.is_empty(), "nothing has changed");
    assert_eq!(told(&computer), Ok(account.clone()));
    computer.crash(0, Setting::default());
    assert_eq!(computer.local_accounts.get(&key(ALEX)), Some(&account));
}

#[test]
fn what_is_taken_is_refused_and_nothing_is_written() {
    let mut computer = Computer::new(Setting::default());
    let users = vec![LocalEntry { name: "sam".to_owned(), id: 1_285_143_078 }];
    computer.wants_in(ALEX, LocalFacts { users, ..LocalFacts::default() });
    assert_eq!(told(&computer).unwrap_err().code, "AccountConflict");
    assert!(computer.open.is_empty() && computer.local_accounts.is_empty());
}

#[test]
fn two_who_come_at_once_never_get_one_number() {
    let mut computer = Computer::new(Setting::default());
    lets_in(&mut computer, ALEX);
    let renumber = |name: &str, uid| OperatorRequest::ChangeAccount {
        name: name.to_owned(),
        to: AccountChange::Uid(uid),
        local: Box::default(),
    };
    lets_in(&mut computer, ANN);
    computer.ask(renumber("alex@contoso.com", 5_000));
    // Another tenant's lane: it does not wait for the first commit.
    computer.ask(renumber("ann@fabrikam.com", 5_000));
    computer.write();
    let answers: Vec<_> = computer.answers.iter().rev().take(2).map(|(_, answer)| answer.is_ok()).collect();
    assert_eq!(answers.iter().filter(|ok| **ok).count(), 1, "{:?}", computer.answers);
    computer.ask(renumber("kim@corp.contoso.com", 5_001));
    assert_eq!(told(&computer).unwrap_err().code, "UnknownAccount");
}

#[test]
fn a_disabled_person_is_barred_until_the_directory_lets_them_in_again() {
    for by_sign_in in [false, true] {
        let mut computer = Computer::new(Setting::default());
        lets_in(&mut computer, ALEX);
        let failure = disabled();
        match by_sign_in {
            true => {
                let (asked, failure) = (ALEX.upn(), failure.clone());
                computer.wish(Wish::Suspicion, |caller| Event::SignInFailed { caller, asked, failure });
                computer.write();
            }
            false => suspects(&mut computer, ALEX, failure.clone()),
        }
        let denied = AccountStanding::Denied { code: failure.code, at: computer.now };
        assert_eq!(computer.local_accounts[&key(ALEX)].standing, denied);
        assert_eq!(lets_in(&mut computer, ALEX).standing, AccountStanding::Allowed);
        assert_eq!(computer.local_accounts[&key(ALEX)].standing, AccountStanding::Allowed);
    }
}

#[test]
fn only_who_the_directory_refuses_is_barred() {
    let mut computer = Computer::new(Setting::default());
    lets_in(&mut computer, ALEX);
    lets_in(&mut computer, KIM);
    let mut wrong = disabled();
    wrong.cause = Some(Cause::Password);
    suspects(&mut computer, ALEX, wrong);
    suspects(&mut computer, KIM, disabled());
    let standing = |computer: &Computer, person| computer.local_accounts[&key(person)].standing.clone();
    assert_eq!(standing(&computer, ALEX), AccountStanding::Allowed);
    assert_ne!(standing(&computer, KIM), AccountStanding::Allowed);
    // A name that nobody has may be a former one; of somebody's session it means that they are gone.
    let mut unknown = disabled();
    unknown.cause = Some(Cause::NoSuchAccount);
    let (asked, failure) = (ALEX.upn(), unknown.clone());
    computer.wish(Wish::Suspicion, |caller| Event::SignInFailed { caller, asked, failure });
    computer.write();
    assert_eq!(standing(&computer, ALEX), AccountStanding::Allowed);
    suspects(&mut computer, ALEX, unknown);
    assert_ne!(standing(&computer, ALEX), AccountStanding::Allowed);
}

#[test]
fn root_gives_an_account_up_and_its_number_stays_its_own() {
    let mut computer = Computer::new(Setting::default());
    let before = lets_in(&mut computer, ALEX);
    computer.ask(OperatorRequest::ForgetAccount(ALEX.upn()));
    computer.write();
    assert_eq!(computer.last_answer(), &Ok(Answer::Forgotten(true)));
    let standing = AccountStanding::Forgotten { at: computer.now };
    assert_eq!(computer.local_accounts[&key(ALEX)], LocalAccount { standing, ..before.clone() });
    assert_eq!(lets_in(&mut computer, ALEX).uid, before.uid);
}

#[test]
fn a_leave_takes_the_accounts_of_its_tenant_along() {
    let mut computer = Computer::new(Setting::default());
    computer.signs_in(ALEX);
    computer.fair_end();
    lets_in(&mut computer, ALEX);
    lets_in(&mut computer, ANN);
    computer.ask(OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Force });
    computer.fair_end();
    let left: Vec<_> = computer.local_accounts.keys().collect();
    assert_eq!(left, [&key(ANN)]);
    assert_eq!(computer.disk.local_accounts.len(), 1);
}

#[test]
fn on_a_disk_that_cannot_be_written_who_has_an_account_is_let_in() {
    let mut computer = Computer::new(Setting::default());
    lets_in(&mut computer, ALEX);
    computer.wants_in(KIM, LocalFacts::default());
    computer.disk_fails(false);
    assert_eq!(told(&computer).unwrap_err(), disk_full());
    computer.restore();
    computer.wants_in(ALEX, LocalFacts::default());
    assert!(told(&computer).is_ok());
    computer.wants_in(KIM, LocalFacts::default());
    assert_eq!(told(&computer).unwrap_err(), disk_full());
    assert!(computer.open.is_empty());
}

#[test]
fn nobody_gets_a_new_account_past_one_that_is_lost_or_cannot_be_read() {
    let gone = Failure::local(FailureClass::Broken, Who::MachineAdmin, "State", "gone".to_owned(), "Do it.");
    for missing in [true, false] {
        let mut computer = Computer::off("", Setting::default());
        let mut found = Disk::default().found();
        match missing {
            true => found.missing = Some(gone.clone()),
            false => drop(found.unreadable.local_accounts.insert(key(ALEX), gone.clone())),
        }
        drop(computer.tenancy.handle(Event::Restored(Box::new(found)), computer.now));
        let (person, local) = (ALEX.account(), Box::default());
        let event =
            Event::AccountWanted { caller: crate::Caller(1), person, groups: Some(Vec::new()), local };
        let commands = computer.tenancy.handle(event, computer.now).commands;
        assert_eq!(commands, [Command::Answer(crate::Caller(1), Err(gone.clone()))]);
    }
}
