//! Passwords that are checked here while there is no network (login.md 5).

use super::harness::{ASKER, Disk, Rig, account, person, registered, wait_for};
use super::keys::Next;
use crate::{Codes, Purpose, SignIn, SignInEvent};
use accounts::LocalFacts;
use lifecycle::LeaveKind;
use model::{Asked, Cause, Failure, FailureClass, Secret, Who};
use offline_desk::Job;
use signin::Notice;
use std::time::Duration;
use store::record::{OfflinePassword, Versioned};
use store::{RecordKey, Store};
use tenancy::Event;

const TTL: Option<Duration> = Some(Duration::from_secs(7_200));

fn record() -> RecordKey {
    RecordKey::OfflinePassword(account(0).tenant, account(0).object)
}

/// What is on disk of the person's password.
fn kept(rig: &Rig) -> Option<OfflinePassword> {
    let bytes = rig.disk.state(|disk| disk.records.get(&record()).cloned())?;
    Some(OfflinePassword::decode(&record(), &bytes).unwrap())
}

fn has_key(rig: &Rig) -> bool {
    rig.disk.state(|disk| disk.records.contains_key(&RecordKey::OfflineKey))
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn whose() -> offline::Person {
    (account(0).tenant, account(0).object)
}

fn learn(rig: &Rig, password: &str) {
    rig.driver.ports().desk.give(Job::Learn(whose(), secret(password)));
}

async fn compare(rig: &Rig, password: &str) -> Result<(), String> {
    rig.driver.ports().desk.compare(whose(), secret(password)).await.map_err(|it| it.code)
}

/// A machine whose one person signed in with a password.
async fn keeping() -> Rig {
    let disk = Disk::default();
    disk.state(|disk| disk.records.extend([registered(0)]));
    let rig = Rig::alone(disk, TTL).await;
    rig.knows(0).await.unwrap();
    let (person, groups, local) = (account(0), Vec::new(), Box::new(LocalFacts::default()));
    let wanted = move |caller| Event::AccountWanted { caller, person, groups: Some(groups), local };
    rig.driver.inbox.ask(wanted).await.unwrap();
    learn(&rig, "right");
    wait_for(|| kept(&rig).is_some() && rig.driver.ports().views.verifier(whose()).is_some()).await;
    rig
}

async fn lets_in(rig: &Rig) -> SignIn {
    let purpose = Purpose::LetIn(Codes::NotShown);
    rig.driver.sign_in(Asked::Person(person(0)), ASKER, purpose).await.unwrap()
}

/// What the person is told, up to the question or the end.
async fn until_asked(sign_in: &mut SignIn) -> (Option<Notice>, Option<Failure>) {
    let mut notice = None;
    loop {
        match sign_in.next().await.expect("it does not just end") {
            SignInEvent::Notice(told) => notice = Some(told),
            SignInEvent::AskPassword(_) => return (notice, None),
            SignInEvent::Failed(failure) => return (notice, Some(failure)),
            SignInEvent::Waiting(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Why nobody is asked for a password.
async fn refused(rig: &Rig) -> String {
    let (notice, failure) = until_asked(&mut lets_in(rig).await).await;
    assert_eq!(notice, None);
    failure.expect("no password is asked for").code
}

#[tokio::test]
async fn without_the_network_the_password_of_the_last_sign_in_lets_in_and_no_other() {
    let rig = keeping().await;
    let until = rig.driver.now().after(TTL.unwrap());
    for (password, expected) in [("right", Ok(account(0))), ("wrong", Err("OfflinePassword"))] {
        let mut sign_in = lets_in(&rig).await;
        let (notice, failure) = until_asked(&mut sign_in).await;
        assert_eq!((notice, failure), (Some(Notice::WithoutNetwork { until }), None));
        sign_in.answer(Some(secret(password))).await;
        match (sign_in.next().await, expected) {
            (Some(SignInEvent::SignedIn(who)), Ok(expected)) => assert_eq!(who, expected),
            (Some(SignInEvent::Failed(failure)), Err(code)) => {
                assert_eq!((failure.code.as_str(), failure.class), (code, FailureClass::NeedsUser));
            }
            other => panic!("{other:?}"),
        }
    }
    let kept = kept(&rig).unwrap();
    assert_eq!((kept.logins, kept.failures), (1, 1));
    assert!(rig.vault.names(rig.driver.now()).is_empty(), "it gives no token, and keeps no password");
    assert_eq!(rig.keys.count("Create"), 1);
}

#[tokio::test]
async fn who_would_rather_have_a_code_hears_that_there_is_no_network() {
    let rig = keeping().await;
    let mut sign_in = lets_in(&rig).await;
    until_asked(&mut sign_in).await;
    sign_in.answer(None).await;
    let Some(SignInEvent::Failed(failure)) = sign_in.next().await else { panic!("it ends") };
    assert_eq!(failure.code, "Unreachable");
    assert_eq!(kept(&rig).unwrap().failures, 0);
}

#[tokio::test]
async fn nobody_is_asked_for_a_password_that_cannot_be_checked() {
    let rig = keeping().await;
    rig.clock.set_by(-301);
    assert_eq!(refused(&rig).await, "ClockWentBack");
    rig.clock.set_by(301 + 7_200);
    assert_eq!(refused(&rig).await, "OfflineExpired");
    // An account that may not be used, and a user of /etc/passwd, are not asked either.
    let rig = keeping().await;
    let identify = Purpose::Identify(Codes::Shown);
    let mut sign_in = rig.driver.sign_in(Asked::Person(person(0)), ASKER, identify).await.unwrap();
    assert_eq!(until_asked(&mut sign_in).await.1.unwrap().code, "Unreachable");
    rig.driver.forget_account(person(0)).await.unwrap();
    assert_eq!(refused(&rig).await, "Unreachable");
}

#[tokio::test]
async fn where_it_is_not_wanted_nothing_is_kept_and_what_was_goes_with_its_key() {
    let rig = keeping().await;
    assert!(has_key(&rig));
    let off = Rig::alone(rig.disk.clone(), None).await;
    wait_for(|| kept(&off).is_none() && !has_key(&off)).await;
    assert_eq!(off.keys.count("Destroy"), 1);
    assert_eq!(refused(&off).await, "Unreachable");
    learn(&off, "right");
    assert_eq!(compare(&off, "right").await, Err("OfflineEnded".to_owned()));
    assert!(kept(&off).is_none());
}

#[tokio::test]
async fn a_comparison_is_on_disk_before_the_key_is_asked() {
    let rig = keeping().await;
    rig.keys.will([Next::Hangs]);
    let ports = rig.driver.ports().desk.clone();
    let compared = tokio::spawn(async move { ports.compare(whose(), secret("right")).await });
    let signs = rig.keys.count("Sign");
    wait_for(|| rig.keys.count("Sign") > signs).await;
    assert_eq!(kept(&rig).unwrap().failures, 1, "the power may go now");
    compared.abort();
    let after = Rig::alone(rig.disk.clone(), TTL).await;
    let before = kept(&after).unwrap();
    assert_eq!((before.failures, before.logins), (1, 0));
    assert!(before.used >= 300_000, "and the run of before may have gone on: {before:?}");
}

#[tokio::test]
async fn ten_wrong_passwords_block_until_the_service_accepts_one() {
    let rig = keeping().await;
    for _ in 0..10 {
        assert_eq!(compare(&rig, "wrong").await, Err("OfflinePassword".to_owned()));
    }
    assert_eq!(compare(&rig, "right").await, Err("OfflineBlocked".to_owned()));
    assert_eq!(refused(&rig).await, "OfflineBlocked");
    learn(&rig, "new");
    wait_for(|| kept(&rig).is_some_and(|kept| kept.failures == 0)).await;
    assert_eq!(compare(&rig, "new").await, Ok(()));
    assert_eq!(compare(&rig, "right").await, Err("OfflinePassword".to_owned()));
}

#[tokio::test]
async fn every_online_word_about_the_person_ends_it() {
    for (cause, ends) in [
        (Cause::AccountDisabled, true),
        (Cause::NoSuchAccount, true),
        (Cause::PasswordExpired, true),
        (Cause::GrantEnded, true),
        (Cause::Password, false),
        (Cause::Unreachable, false),
    ] {
        for by_session in [false, true] {
            let rig = keeping().await;
            let failure = failed(cause);
            let (tenant, object) = whose();
            if by_session {
                rig.driver.inbox.tell(Event::Suspected { tenant, object, failure }).await;
            } else {
                let asked = person(0);
                let event = move |caller| Event::SignInFailed { caller, asked, failure };
                rig.driver.inbox.ask(event).await.unwrap();
            }
            rig.driver.turns().await;
            if ends {
                wait_for(|| kept(&rig).is_none() && !has_key(&rig)).await;
            } else {
                assert_eq!(compare(&rig, "right").await, Ok(()), "{cause}");
            }
        }
    }
}

fn failed(cause: Cause) -> Failure {
    Failure::local(FailureClass::NeedsUser, Who::User, "x", String::new(), "").because(cause)
}

#[tokio::test]
async fn a_password_that_the_service_refuses_ends_what_is_kept_of_it_and_of_no_other() {
    let rig = keeping().await;
    let desk = rig.driver.ports().desk.clone();
    desk.give(Job::Refused(whose(), secret("mistyped")));
    assert_eq!(compare(&rig, "right").await, Ok(()));
    assert_eq!(kept(&rig).unwrap().failures, 0, "the service counts those");
    desk.give(Job::Refused(whose(), secret("right")));
    assert_eq!(compare(&rig, "right").await, Err("OfflineEnded".to_owned()));
    wait_for(|| kept(&rig).is_none()).await;
}

#[tokio::test]
async fn it_ends_with_the_account_and_with_the_leave() {
    let rig = keeping().await;
    rig.driver.forget_account(person(0)).await.unwrap();
    wait_for(|| kept(&rig).is_none() && !has_key(&rig)).await;
    let rig = keeping().await;
    rig.signs_in(0).await.unwrap();
    rig.driver.leave(&super::harness::domain(0), LeaveKind::Force).await.unwrap();
    wait_for(|| kept(&rig).is_none() && !has_key(&rig)).await;
}

#[tokio::test]
async fn a_key_that_cannot_be_used_any_more_gives_way_at_the_next_sign_in() {
    let rig = keeping().await;
    rig.keys.will([Next::Fails(hsm::HsmError::KeyGone("it".to_owned()))]);
    assert!(compare(&rig, "right").await.is_err());
    rig.keys.will([Next::Fails(hsm::HsmError::KeyGone("it".to_owned()))]);
    learn(&rig, "right");
    wait_for(|| kept(&rig).is_none() && !has_key(&rig)).await;
    learn(&rig, "right");
    wait_for(|| kept(&rig).is_some()).await;
    assert_eq!((compare(&rig, "right").await, rig.keys.count("Create")), (Ok(()), 2));
}

#[tokio::test]
async fn a_key_of_a_key_store_that_is_not_there_any_more_keeps_nobody_from_a_new_one() {
    let rig = keeping().await;
    for (error, destroys) in [
        (hsm::HsmError::OtherBackend { made_by: "tpm" }, true),
        (hsm::HsmError::OtherMachine("machine-id".to_owned()), true),
        (hsm::HsmError::Busy, false),
    ] {
        let signs = rig.keys.count("Sign");
        learn(&rig, "right");
        // What was kept before says nothing of it, and what comes next is for the destruction.
        wait_for(|| rig.keys.count("Sign") > signs && kept(&rig).is_some()).await;
        let before = rig.keys.count("Destroy");
        rig.keys.will([Next::Fails(error.clone())]);
        rig.driver.forget_account(person(0)).await.unwrap();
        wait_for(|| rig.keys.count("Destroy") > before).await;
        // One that may still be destroyed is tried again, at the latest when there is something else to do.
        rig.driver.ports().desk.give(Job::Refused(whose(), secret("right")));
        wait_for(|| !has_key(&rig)).await;
        assert_eq!(rig.keys.count("Destroy") - before, if destroys { 1 } else { 2 }, "{error}");
    }
}

#[tokio::test]
async fn where_nothing_can_be_counted_nothing_is_compared() {
    let rig = keeping().await;
    let signs = rig.keys.count("Sign");
    rig.disk.state(|disk| disk.fault = Some(super::harness::Fault::Full));
    assert_eq!(compare(&rig, "right").await, Err("StateNotWritable".to_owned()));
    assert_eq!(compare(&rig, "right").await, Err("StateNotWritable".to_owned()));
    assert_eq!(rig.keys.count("Sign"), signs);
}

#[tokio::test]
async fn a_crash_between_the_decision_and_the_key_leaves_one_key() {
    let rig = Rig::alone(Disk::default(), TTL).await;
    rig.keys.will([Next::Hangs]);
    learn(&rig, "right");
    wait_for(|| rig.keys.count("Create") == 1).await;
    let decided = rig.disk.clone().get(&RecordKey::OfflineKey).unwrap().expect("it is decided on");
    let after = Rig::alone(rig.disk.clone(), TTL).await;
    wait_for(|| !has_key(&after)).await;
    assert_eq!((after.keys.count("Create"), after.keys.count("Destroy")), (1, 1));
    let name = String::from_utf8(decided).unwrap();
    let made = after.keys.jobs.lock().unwrap().iter().find(|job| job.starts_with("Create")).cloned().unwrap();
    let id = name.split("\"id\":\"").nth(1).unwrap()[..36].to_owned();
    assert!(made.contains(&id), "{made} is not of {id}");
}
