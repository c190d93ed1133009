//! Sign-ins and sessions are tasks of their own, begun and ended by what is decided.

use super::harness::{Fault, Line, Rig, domain, person, wait_for};
use crate::{SignInEvent, StateName};
use std::sync::atomic::Ordering;

#[tokio::test]
async fn whoever_hangs_up_abandons_what_is_under_way_and_leaves_no_secret() {
    let rig = Rig::new(1).await;
    *rig.net.line.lock().unwrap() = Line::Hangs;
    let sign_in = rig.driver.sign_in(person(0)).await.unwrap();
    wait_for(|| rig.net.hanging.load(Ordering::SeqCst) == 1).await;
    drop(sign_in);
    wait_for(|| rig.net.hanging.load(Ordering::SeqCst) == 0).await;
    assert!(rig.vault.names(rig.driver.now()).is_empty());
}

#[tokio::test]
async fn a_step_that_crashes_ends_the_sign_in_with_a_word() {
    let rig = Rig::new(1).await;
    *rig.net.line.lock().unwrap() = Line::Panics;
    let mut sign_in = rig.driver.sign_in(person(0)).await.unwrap();
    let Some(SignInEvent::Failed(failure)) = sign_in.next().await else { panic!("it ends") };
    assert_eq!(failure.code, "Crashed");
    assert!(sign_in.next().await.is_none());
}

#[tokio::test]
async fn a_name_of_no_domain_is_refused_before_anything_is_sent() {
    let rig = Rig::new(1).await;
    let refused = rig.driver.sign_in("alex@elsewhere.example".parse().unwrap()).await.err().unwrap();
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
    assert!(rig.driver.sign_in(person(1)).await.is_ok());
}

#[tokio::test]
async fn a_sign_in_where_nobody_registers_ends_its_token() {
    let rig = Rig::new(1).await;
    rig.signs_in(0).await.unwrap();
    rig.is(0, StateName::AwaitingSignIn).await;
    assert!(rig.vault.names(rig.driver.now()).is_empty());
}
