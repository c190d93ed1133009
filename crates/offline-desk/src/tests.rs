//! What of a sign-in comes to the desk.

use crate::{Desk, Job, Jobs, Typed, usable, way};
use accounts::{AccountDomain, AccountSettings};
use model::{
    Account, AccountStanding, Cause, Failure, FailureClass, Guid, Id, LocalAccount, Secret, Timestamp,
    TokenRef, Upn, Who,
};
use offline::{Check, Cost, Moment, Person, Verifier};
use signin::Reply;
use std::time::Duration;
use views::Views;

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

/// A machine on which Alex has an account, of this standing, and a password that can be checked.
fn here(standing: AccountStanding) -> (AccountSettings, Views) {
    let (tenant, object) = person();
    let views = Views::default();
    let at = Timestamp::from_secs(1_800_000_000);
    views.publish_account(LocalAccount {
        person: Account { tenant, object, upn: upn() },
        name: "alex".to_owned(),
        uid: 70_001,
        gid: 70_001,
        home: "/home/alex".to_owned(),
        shell: "/bin/sh".to_owned(),
        first_seen: at,
        last_online: at,
        groups: Vec::new(),
        standing,
    });
    let check = Check { salt: [0; 16], mac: [0; 32], cost: Cost::USUAL };
    views.publish_offline(person(), Some(Verifier::proved(person(), check, moment())));
    let domain = AccountDomain {
        name: upn().domain().clone(),
        range: names::IdRange::DEFAULT,
        home_prefix: "/home/".to_owned(),
        home_name: names::HomeName::Upn,
        shell: "/bin/sh".to_owned(),
        admitted: None,
        admitted_groups: Vec::new(),
        sudo_people: Vec::new(),
        sudo_groups: Vec::new(),
    };
    let offline = Some(Duration::from_secs(7_200));
    (AccountSettings { domains: vec![domain], offline, ..AccountSettings::default() }, views)
}

fn upn() -> Upn {
    "alex@contoso.com".parse().unwrap()
}

fn moment() -> Moment {
    Moment { now: Timestamp::from_secs(1_800_000_000), running: Duration::ZERO }
}

fn silence() -> Failure {
    Failure::local(FailureClass::Transient, Who::Nobody, "x", String::new(), "").because(Cause::Unreachable)
}

#[test]
fn only_silence_leads_to_a_sign_in_without_the_network() {
    let (settings, views) = here(AccountStanding::Allowed);
    let ways = |failure: &Failure| way((&settings, &views), &upn(), failure, moment());
    let found = ways(&silence()).unwrap().unwrap();
    assert_eq!((found.who.upn, found.until), (upn(), Timestamp::from_secs(1_800_007_200)));
    assert_eq!(found.failure, silence());
    // A portal, a busy service, a code that expired while nobody answered.
    let portal = Failure { cause: None, ..silence() };
    let expired = Failure { class: FailureClass::NeedsUser, ..silence() };
    for failure in [portal, expired, refused("ServiceBusy").unwrap_err(), refused("50057").unwrap_err()] {
        assert_eq!(ways(&failure), None, "{failure:?}");
    }
}

#[test]
fn only_who_may_be_let_in_is_asked() {
    let denied = AccountStanding::Denied { code: "AADSTS50057".to_owned(), at: moment().now };
    let forgotten = AccountStanding::Forgotten { at: moment().now };
    for standing in [denied, forgotten] {
        let (settings, views) = here(standing);
        assert_eq!(way((&settings, &views), &upn(), &silence(), moment()), None);
    }
    let (settings, views) = here(AccountStanding::Allowed);
    let stranger = "adele@contoso.com".parse().unwrap();
    assert_eq!(way((&settings, &views), &stranger, &silence(), moment()), None);
    let off = AccountSettings { offline: None, ..settings.clone() };
    assert_eq!(way((&off, &views), &upn(), &silence(), moment()), None);
    let mut elsewhere = settings.clone();
    elsewhere.domains[0].admitted = Some(vec![stranger]);
    assert_eq!(way((&elsewhere, &views), &upn(), &silence(), moment()), None, "pam_allow_groups changed");
    let late = Moment { running: Duration::from_secs(7_200), ..moment() };
    let refused = way((&settings, &views), &upn(), &silence(), late).unwrap().unwrap_err();
    assert_eq!(refused.code, "OfflineExpired");
    let people = |at| usable((&settings, &views), model::Backend::Soft, at).people;
    assert_eq!(people(moment()), [(person(), Timestamp::from_secs(1_800_007_200))]);
    assert_eq!(people(late), []);
}
