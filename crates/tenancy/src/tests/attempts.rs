//! Whose attempts are counted together, and when: in no lane, and whatever cannot be written.

use super::computer::Computer;
use super::disk::Disk;
use super::samples::{ALEX, ANN, Person, Setting};
use crate::{Answer, Caller, Command, Event, OperatorRequest};
use lifecycle::LeaveKind;
use machine::Machine;
use model::{AccountPin, Attempt, Failure, FailureClass, PasswordResult, Requester, Timestamp, Upn, Who};
use std::time::Duration;

const OWNER: Requester = Requester(1000);
const STRANGER: Requester = Requester(2000);

/// Asks for one, whose result is known at once.
fn ask(computer: &mut Computer, asked: &Upn, by: Requester) -> Result<Answer, Failure> {
    let answer = ask_at_once(computer, asked, by);
    if answer.is_ok() {
        let (asked, result) = (asked.clone(), PasswordResult::Refused);
        drop(computer.tenancy.handle(Event::PasswordTried { asked, by, result }, computer.now));
    }
    answer
}

fn ask_at_once(computer: &mut Computer, asked: &Upn, by: Requester) -> Result<Answer, Failure> {
    let (caller, attempt, asked) = (Caller(77), Attempt::Password, asked.clone());
    let event = Event::AttemptAsked { caller, attempt, asked, by };
    let commands = computer.tenancy.handle(event, computer.now).commands;
    match &commands[..] {
        [Command::Answer(Caller(77), answer)] => answer.clone(),
        other => panic!("{other:?}"),
    }
}

/// Five passwords of a stranger for this name, or as many as are permitted.
fn exhausted(computer: &mut Computer, asked: &Upn) -> usize {
    (0..9).filter(|_| ask(computer, asked, STRANGER).is_ok()).count()
}

#[test]
fn a_refusal_says_how_long_to_wait_and_what_else_there_is() {
    let mut computer = Computer::with(Setting::default(), Disk::default().knows(&[ALEX]));
    assert_eq!(exhausted(&mut computer, &ALEX.upn()), 5);
    computer.now = computer.now.after(Duration::from_millis(20_500));
    let failure = ask(&mut computer, &ALEX.upn(), OWNER).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.class), ("TooManyAttempts", FailureClass::NeedsUser));
    assert_eq!((failure.who, failure.retry_after), (Who::Nobody, Some(Duration::from_secs(40))));
    assert!(failure.message.contains("alex@contoso.com") && failure.message.contains("40 s"), "{failure:?}");
    assert!(failure.advice.contains("Wait 40 s") && failure.advice.contains("code"), "{failure:?}");
}

#[test]
fn who_comes_with_others_is_told_to_wait_for_their_answers() {
    let mut computer = Computer::with(Setting::default(), Disk::default().knows(&[ALEX]));
    for _ in 0..5 {
        assert_eq!(ask_at_once(&mut computer, &ALEX.upn(), OWNER), Ok(Answer::Permitted));
    }
    assert!(matches!(ask_at_once(&mut computer, &ALEX.upn(), OWNER), Ok(Answer::Later(_))));
    let accepted = Event::PasswordTried { asked: ALEX.upn(), by: OWNER, result: PasswordResult::Accepted };
    drop(computer.tenancy.handle(accepted, computer.now));
    assert_eq!(ask_at_once(&mut computer, &ALEX.upn(), OWNER), Ok(Answer::Permitted));
}

#[test]
fn a_former_name_is_counted_with_the_name_that_is_in_use() {
    let known = Disk::default().knows(&[ALEX]);
    let before = AccountPin {
        upn: "al@contoso.com".parse().unwrap(),
        former_since: Some(Timestamp::from_secs(9)),
        ..ALEX.account_pin()
    };
    let mut disk = known;
    disk.accounts.insert(before.upn.clone(), before.clone());
    let mut computer = Computer::with(Setting::default(), disk);
    assert_eq!(exhausted(&mut computer, &before.upn), 5);
    assert!(ask(&mut computer, &ALEX.upn(), OWNER).is_err());
    assert!(ask(&mut computer, &ANN.upn(), OWNER).is_ok());
}

#[test]
fn whoever_signs_in_is_an_owner_until_root_forgets_the_name() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    assert_eq!(exhausted(&mut computer, &ALEX.upn()), 3, "the sign-in of root made it the owner");
    assert!(ask(&mut computer, &ALEX.upn(), Requester(0)).is_ok());
    computer.ask(OperatorRequest::ForgetAccount(ALEX.upn()));
    computer.write();
    computer.now = computer.now.after(Duration::from_secs(15 * 60));
    assert_eq!(exhausted(&mut computer, &ALEX.upn()), 5);
}

#[test]
fn attempts_are_counted_while_nothing_can_be_written_and_wait_for_no_commit() {
    let mut computer = Computer::new(Setting::default());
    computer.registers(ALEX);
    computer.ask(OperatorRequest::Leave { domain: ALEX.domain(), how: LeaveKind::Unregister });
    assert_eq!(computer.open.len(), 1);
    assert!(ask(&mut computer, &ALEX.upn(), OWNER).is_ok());
    computer.disk_fails(false);
    computer.restore();
    assert_eq!(exhausted(&mut computer, &Person(0, 2).upn()), 5);
    let (asked, result) = (Person(0, 2).upn(), PasswordResult::NotSent);
    let unsent = Event::PasswordTried { asked, by: STRANGER, result };
    assert_eq!(computer.tenancy.handle(unsent, computer.now).commands, []);
    assert!(ask(&mut computer, &Person(0, 2).upn(), STRANGER).is_err());
}
