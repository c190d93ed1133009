//! Works, time, and what one tenant means for another.

use super::harness::{Disk, Line, Rig, domain, tenant, wait_for};
use super::keys::Next;
use crate::inbox::Inbox;
use hsm::HsmError;
use lifecycle::{LeaveKind, LedgerKind, Phase, Stage, StateName};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::RecordKey;
use tokio::sync::Notify;

#[tokio::test]
async fn a_sign_in_runs_to_where_it_needs_the_service() {
    let rig = Rig::new(1).await;
    rig.signs_in(0).await.unwrap();
    // No token set is in the vault, so the join is not sent and the keys wait for the next sign-in.
    rig.is(0, StateName::AwaitingSignIn).await;
    assert_eq!(rig.keys.count("Create"), 2);
    assert!(rig.disk.state(|disk| disk.records.contains_key(&RecordKey::Device(tenant(0)))));
}

#[tokio::test(start_paused = true)]
async fn a_turn_is_answered_by_a_loop_that_runs_and_by_no_other() {
    let rig = Rig::new(1).await;
    rig.disk.hold();
    assert!(rig.driver.turns().await, "a disk that hangs does not hold the loop");
    rig.disk.release();
    let (inbox, messages) = Inbox::new();
    let asked = tokio::time::timeout(Duration::from_secs(3600), inbox.turns()).await;
    assert!(asked.is_err(), "nobody took the message");
    drop(messages);
    assert!(!inbox.turns().await, "the loop has ended");
}

#[tokio::test]
async fn a_work_that_reads_is_abandoned_when_somebody_leaves() {
    let rig = Rig::new(1).await;
    *rig.net.line.lock().unwrap() = Line::Hangs;
    rig.signs_in(0).await.unwrap();
    wait_for(|| rig.net.hanging.load(Ordering::SeqCst) == 1).await;
    let left = rig.driver.leave(&domain(0), LeaveKind::Unregister).await.unwrap();
    assert_eq!(left.domains, [domain(0)]);
    wait_for(|| rig.net.hanging.load(Ordering::SeqCst) == 0).await;
    wait_for(|| rig.disk.state(|disk| disk.records.is_empty())).await;
    assert!(rig.driver.view().iter().all(|view| view.tenant.is_none()), "its pin is gone");
}

#[tokio::test]
async fn a_panic_of_a_work_that_reads_is_a_failure_that_passes() {
    let rig = Rig::new(1).await;
    *rig.net.line.lock().unwrap() = Line::Panics;
    rig.signs_in(0).await.unwrap();
    rig.is(0, StateName::Discovering).await;
    let status = rig.driver.follow(&domain(0)).unwrap();
    wait_for(|| status.borrow().failure.is_some()).await;
    let told = status.borrow().clone();
    assert_eq!((told.failure.as_ref().unwrap().code.as_str(), told.wake_at.is_some()), ("Crashed", true));
}

#[tokio::test]
async fn a_panic_of_the_join_is_in_doubt() {
    let rig = Rig::new(1).await;
    rig.keys.will([Next::Does, Next::Does, Next::Panics]);
    rig.signs_in(0).await.unwrap();
    let status = rig.driver.follow(&domain(0)).unwrap();
    wait_for(|| !status.borrow().snapshot.ledger.is_empty()).await;
    assert_eq!(status.borrow().snapshot.ledger[0].kind, LedgerKind::InDoubt);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_by_the_clock_that_was_given() {
    let rig = Rig::new(1).await;
    rig.keys.will([Next::Fails(HsmError::Busy)]);
    rig.signs_in(0).await.unwrap();
    let status = rig.driver.follow(&domain(0)).unwrap();
    wait_for(|| status.borrow().wake_at.is_some()).await;
    for _ in 0..10 {
        tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    }
    assert_eq!(rig.keys.count("Create"), 1, "by the given clock no time has passed");
    rig.clock.pass(400);
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    wait_for(|| rig.keys.count("Create") == 3).await;
}

#[tokio::test]
async fn a_key_store_that_hangs_in_one_tenant_holds_up_no_other() {
    let rig = Rig::new(2).await;
    rig.keys.will([Next::Hangs]);
    rig.signs_in(0).await.unwrap();
    rig.is(0, StateName::CreatingKeys).await;
    rig.signs_in(1).await.unwrap();
    rig.is(1, StateName::AwaitingSignIn).await;
    rig.is(0, StateName::CreatingKeys).await;
}

#[tokio::test]
async fn keys_ahead_of_time_serve_the_first_registration_and_one_only() {
    let rig = Rig::on(Disk::default(), 2, 1).await;
    wait_for(|| rig.driver.prepared_keys().borrow().ready == 1).await;
    rig.signs_in(0).await.unwrap();
    rig.is(0, StateName::AwaitingSignIn).await;
    wait_for(|| rig.driver.prepared_keys().borrow().ready == 1).await;
    assert_eq!(rig.keys.count("Create"), 4, "another is made for the other domain");
    rig.signs_in(1).await.unwrap();
    rig.is(1, StateName::AwaitingSignIn).await;
    assert_eq!(rig.keys.count("Create"), 4);
    let records = rig.disk.state(|disk| disk.records.keys().cloned().collect::<Vec<_>>());
    assert!(!records.iter().any(|key| matches!(key, RecordKey::Prepared(_))), "{records:?}");
}

#[tokio::test]
async fn a_registration_waits_for_keys_that_are_made_and_goes_on_when_they_cannot_be() {
    let word = Arc::new(Notify::new());
    let rig = Rig::with(Disk::default(), (1, 1), [Next::FailsAfter(word.clone())]).await;
    rig.signs_in(0).await.unwrap();
    assert_eq!(
        rig.driver.prepared_keys().borrow().waiting,
        1,
        "the sign-in is answered, the registration waits"
    );
    assert_eq!(rig.driver.follow(&domain(0)).unwrap().borrow().state, StateName::Unregistered);
    word.notify_one();
    rig.is(0, StateName::AwaitingSignIn).await;
    assert_eq!((rig.driver.prepared_keys().borrow().waiting, rig.keys.count("Create")), (0, 3));
}

#[tokio::test]
async fn what_is_durable_is_known_after_a_restart() {
    let rig = Rig::new(2).await;
    for n in 0..2 {
        rig.signs_in(n).await.unwrap();
        rig.is(n, StateName::AwaitingSignIn).await;
    }
    let disk = rig.disk.clone();
    let again = Rig::on(disk, 2, 0).await;
    for n in 0..2 {
        let status = again.driver.follow(&domain(n)).unwrap().borrow().clone();
        assert_eq!(status.state, StateName::AwaitingSignIn, "known as soon as it has started");
        assert!(matches!(status.snapshot.stage, Stage::KeysReady(..)));
    }
}

#[tokio::test]
async fn ten_tenants_find_their_keys_made() {
    let rig = Rig::on(Disk::default(), 10, 8).await;
    let ready = || rig.driver.prepared_keys().borrow().ready;
    for n in 0..10 {
        wait_for(|| ready() == 8.min(10 - usize::from(n))).await;
        rig.signs_in(n).await.unwrap();
        rig.is(n, StateName::AwaitingSignIn).await;
        let status = rig.driver.follow(&domain(n)).unwrap();
        let attempts = status.borrow().snapshot.attempts.clone();
        assert!(attempts.iter().all(|attempt| attempt.phase != Phase::CreateKeys), "{n}: {attempts:?}");
    }
    assert_eq!((rig.keys.count("Create"), ready()), (20, 0));
}
