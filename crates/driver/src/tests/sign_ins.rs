//! Sign-ins and sessions are tasks of their own, begun and ended by what is decided.

use super::harness::{ASKER, Disk, Fault, Line, Rig, domain, person, registered, tenant, wait_for};
use super::keys::Next;
use crate::{Codes, Purpose, Rekey, SignInEvent, WaitingFor};
use hsm::HsmError;
use lifecycle::{LeaveKind, StateName};
use model::{Asked, Backend};
use std::sync::atomic::Ordering;
use store::RecordKey;

#[tokio::test]
async fn whoever_hangs_up_abandons_what_is_under_way_and_leaves_no_secret() {
    let rig = Rig::new(1).await;
    *rig.net.line.lock().unwrap() = Line::Hangs;
    let sign_in =
        rig.driver.sign_in(Asked::Person(person(0)), ASKER, Purpose::Identify(Codes::Shown)).await.unwrap();
    wait_for(|| rig.net.hanging.load(Ordering::SeqCst) == 1).await;
    drop(sign_in);
    wait_for(|| rig.net.hanging.load(Ordering::SeqCst) == 0).await;
    assert!(rig.vault.names(rig.driver.now()).is_empty());
}

#[tokio::test]
async fn a_step_that_crashes_ends_the_sign_in_with_a_word() {
    let rig = Rig::new(1).await;
    *rig.net.line.lock().unwrap() = Line::Panics;
    let mut sign_in =
        rig.driver.sign_in(Asked::Person(person(0)), ASKER, Purpose::Identify(Codes::Shown)).await.unwrap();
    assert_eq!(sign_in.next().await, Some(SignInEvent::Waiting(WaitingFor::Tenant)));
    let Some(SignInEvent::Failed(failure)) = sign_in.next().await else { panic!("it ends") };
    assert_eq!(failure.code, "Crashed");
    let last = rig.driver.view().remove(0).last_sign_in.expect("it is known");
    assert_eq!((last.failure.map(|it| it.code), last.by), (Some("Crashed".to_owned()), ASKER.by));
    assert!(sign_in.next().await.is_none());
}

#[tokio::test]
async fn a_name_of_no_domain_is_refused_before_anything_is_sent() {
    let rig = Rig::new(1).await;
    let refused = rig
        .driver
        .sign_in(
            Asked::Person("alex@elsewhere.example".parse().unwrap()),
            ASKER,
            Purpose::Identify(Codes::Shown),
        )
        .await
        .err()
        .unwrap();
    assert_eq!(refused.code, "UnknownDomain");
    assert_eq!(rig.net.sent.load(Ordering::SeqCst), 0);
    assert!(rig.driver.registration(&domain(0)).is_some());
    assert!(rig.driver.registration(&"elsewhere.example".parse().unwrap()).is_none());
}

#[tokio::test]
async fn a_person_is_told_when_what_was_learnt_cannot_be_kept() {
    let rig = Rig::new(2).await;
    rig.disk.state(|disk| disk.fault = Some(Fault::Full));
    assert_eq!(rig.knows(0).await.unwrap_err().code, "StateNotWritable");
    // Known people still get the facts of their sign-in.
    assert!(
        rig.driver.sign_in(Asked::Person(person(1)), ASKER, Purpose::Identify(Codes::Shown)).await.is_ok()
    );
}

#[tokio::test]
async fn a_sign_in_where_nobody_registers_ends_its_token() {
    let rig = Rig::new(1).await;
    rig.signs_in(0).await.unwrap();
    rig.is(0, StateName::AwaitingSignIn).await;
    assert!(rig.vault.names(rig.driver.now()).is_empty());
}

/// A computer that was registered before, with whoever has signed in since.
async fn registered_rig() -> Rig {
    let disk = Disk::default();
    disk.state(|disk| disk.records.extend([registered(0), registered(1)]));
    Rig::on(disk, 2, 0).await
}

fn sessions(rig: &Rig, n: usize) -> usize {
    rig.driver.view()[n].users.len()
}

#[tokio::test]
async fn a_session_begins_with_the_first_sign_in_and_ends_with_the_leave() {
    let rig = registered_rig().await;
    for n in [0, 1, 0] {
        rig.signs_in(n).await.unwrap();
    }
    assert_eq!((sessions(&rig, 0), sessions(&rig, 1)), (1, 1), "one for each person");
    let said = rig.driver.view()[0].users[0].account.upn.clone();
    assert_eq!(said, person(0));
    rig.driver.leave(&domain(0), LeaveKind::Force).await.unwrap();
    wait_for(|| rig.disk.state(|disk| !disk.records.contains_key(&RecordKey::Domain(domain(0))))).await;
    wait_for(|| rig.driver.view()[0].tenant.is_none()).await;
    assert_eq!((sessions(&rig, 0), sessions(&rig, 1)), (0, 1), "nobody else's");
    let left = rig.driver.left();
    rig.knows(0).await.unwrap();
    assert_eq!(sessions(&rig, 0), 0, "and not when the domain is known again");
    assert_eq!((left.len(), left[0].tenant), (1, tenant(0)), "what was left behind is still told");
}

#[tokio::test]
async fn a_session_works_with_the_identity_in_force_and_says_how_far_it_is() {
    let rig = registered_rig().await;
    rig.signs_in(0).await.unwrap();
    wait_for(|| rig.driver.view()[0].users[0].status.failure.is_some()).await;
    let status = rig.driver.view()[0].users[0].status.clone();
    // There is no token set in the vault, so that a sign-in is what it needs.
    assert_eq!(status.state.as_str(), "lost");
}

#[tokio::test]
async fn a_rebinding_names_what_it_is_about_and_waits_for_nothing() {
    let rig = registered_rig().await;
    rig.knows(0).await.unwrap();
    let started = rig.driver.rebind(&domain(0)).await.unwrap();
    assert_eq!(started.domains, [domain(0)]);
    let ended = || !started.status.borrow().snapshot.attempts.is_empty();
    wait_for(ended).await;
    assert_eq!(
        rig.driver.rebind(&domain(1)).await.err().unwrap().code,
        "NotRegistered",
        "nothing leads there"
    );
}

#[tokio::test]
async fn a_move_is_begun_given_up_and_refused_by_name() {
    let rig = registered_rig().await;
    rig.knows(0).await.unwrap();
    let refused = rig.driver.rekey(&person(0), Backend::Soft, LeaveKind::Unregister).await.err().unwrap();
    assert_eq!(refused.code, "NotMovable");
    let begun = rig.driver.rekey(&person(0), Backend::Tpm, LeaveKind::Unregister).await.unwrap();
    assert!(matches!(begun, Rekey::SignIn(_)));
    assert_eq!(rig.keys.count("Ready"), 1, "the new place was looked at first");
    rig.driver.cancel_rekey(&domain(0)).await.unwrap();
    assert_eq!(rig.driver.cancel_rekey(&domain(0)).await.err().unwrap().code, "NoMove");
    rig.driver.rekey_over(&domain(0)).await;
    assert!(rig.driver.predecessor(&domain(0)).is_none() && rig.driver.view()[0].is_registered());
    assert!(!rig.driver.forget_account(person(0)).await.unwrap(), "nobody of that name was seen");
}

#[tokio::test(start_paused = true)]
async fn every_key_is_tested_at_the_start_and_once_a_day() {
    let rig = registered_rig().await;
    wait_for(|| rig.keys.count("SelfTest") == 4).await;
    rig.clock.pass(3600);
    rig.signs_in(0).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(rig.keys.count("SelfTest"), 4, "an occasion within the day is none");
    rig.clock.pass(24 * 3600);
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    wait_for(|| rig.keys.count("SelfTest") == 8).await;
}

#[tokio::test]
async fn a_key_that_does_not_work_is_told_and_a_busy_store_says_nothing_of_it() {
    let disk = Disk::default();
    disk.state(|disk| disk.records.extend([registered(0)]));
    let gone = HsmError::KeyGone("x".to_owned());
    let rig = Rig::with(disk, (1, 0), [Next::Fails(gone), Next::Fails(HsmError::Busy)]).await;
    rig.knows(0).await.unwrap();
    wait_for(|| rig.keys.count("SelfTest") == 2).await;
    wait_for(|| rig.driver.view()[0].key_tests.len() == 1).await;
    let tests = rig.driver.view()[0].key_tests.clone();
    assert!(tests.values().all(|test| test.problem.is_some()));
}
