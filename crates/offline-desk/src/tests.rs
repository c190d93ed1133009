//! What of a sign-in comes to the desk.

use crate::{Desk, Job, Jobs, Typed};
use model::{Failure, FailureClass, Guid, Id, Secret, TokenRef, Who};
use offline::Person;
use signin::Reply;

fn person() -> Person {
    (Id::new(Guid::from_bytes([1; 16])), Id::new(Guid::from_bytes([2; 16])))
}

fn refused(code: &str) -> Result<Reply, Failure> {
    let line = model::refusal(code).unwrap();
    Err(Failure::local(line.class, line.who, code, String::new(), "").classified(Some(line)))
}

/// The jobs of a sign-in in which the service answered so to a password, and then let the person in or not.
fn jobs(answers: &[Result<Reply, Failure>], is_let_in: bool) -> Vec<(bool, String)> {
    let (desk, mut jobs): (Desk, Jobs) = Desk::new();
    let mut typed = Typed::default();
    typed.takes(&Secret::new("typed".to_owned()));
    answers.iter().for_each(|answer| typed.hears(answer));
    if is_let_in {
        typed.accepted(&desk, person());
        typed.accepted(&desk, person());
    } else {
        typed.refused(&desk, person());
    }
    let mut told = Vec::new();
    while let Ok(job) = jobs.try_recv() {
        match job {
            Job::Learn(who, password) if who == person() => told.push((true, password.expose().clone())),
            Job::Refused(who, password) if who == person() => told.push((false, password.expose().clone())),
            _ => panic!("of somebody else"),
        }
    }
    told
}

#[test]
fn a_password_is_kept_once_the_service_has_accepted_that_very_one() {
    let silence = || Err(Failure::local(FailureClass::Transient, Who::Nobody, "x", String::new(), ""));
    for (answer, is_kept) in [
        (Ok(Reply::Tokens(TokenRef(1))), true),
        (refused("50076"), true),
        (refused("50079"), true),
        (Ok(Reply::Pending), false),
        (refused("50126"), false),
        (refused("50053"), false),
        (refused("50055"), false),
        (silence(), false),
    ] {
        let expected = if is_kept { vec![(true, "typed".to_owned())] } else { vec![] };
        assert_eq!(jobs(std::slice::from_ref(&answer), true), expected, "{answer:?}");
    }
    assert_eq!(jobs(&[], true), [], "nobody asked the service: a code let the person in");
    assert_eq!(jobs(&[Ok(Reply::Tokens(TokenRef(1))), refused("50126")], true), [], "the last word counts");
}

#[test]
fn a_password_that_is_said_to_be_wrong_is_compared_and_no_other() {
    assert_eq!(jobs(&[refused("50126")], false), [(false, "typed".to_owned())]);
    for answer in [Ok(Reply::Tokens(TokenRef(1))), refused("50053"), refused("50076"), refused("50057")] {
        assert_eq!(jobs(std::slice::from_ref(&answer), false), [], "{answer:?}");
    }
}
