//! Commits: in order, together, and never acted upon before they are durable.

use super::harness::{ASKER, Disk, Fault, Rig, domain, person, registered, tenant, wait_for};
use crate::{Codes, Purpose};
use lifecycle::{LeaveKind, StateName};
use machine::Ticket;
use model::{Backend, Failure, Guid, Id};
use std::sync::atomic::Ordering;
use std::time::Duration;
use store::RecordKey;
use store_thread::{StoreReport, StoreThread};
use tenancy::Change;
use tokio::sync::mpsc;
use tokio::time::timeout;

#[tokio::test]
async fn nothing_is_done_or_told_before_it_is_durable() {
    let rig = Rig::new(1).await;
    rig.knows(0).await.unwrap();
    rig.disk.hold();
    let signing_in = {
        let (driver, n) = (rig.driver.clone(), 0);
        let token = model::TokenRef(9);
        let (asked, account) = (super::harness::person(n), super::harness::account(n));
        tokio::spawn(async move {
            driver
                .inbox
                .ask(move |caller| tenancy::Event::SignedIn { caller, asked, asker: ASKER, account, token })
                .await
        })
    };
    rig.disk.is_held().await;
    assert!(!signing_in.is_finished());
    assert_eq!(rig.net.sent.load(Ordering::SeqCst), 0, "no request left");
    let told = rig.driver.follow(&domain(0)).map(|status| status.borrow().state);
    assert!(told.is_none_or(|state| state == StateName::Unregistered));
    rig.disk.release();
    signing_in.await.unwrap().unwrap();
    rig.is(0, StateName::AwaitingSignIn).await;
}

#[tokio::test]
async fn commits_that_wait_share_one_write() {
    let rig = Rig::new(20).await;
    rig.knows(0).await.unwrap();
    rig.disk.hold();
    let before = rig.disk.state(|disk| disk.commits.len());
    let first = rig.knows(1);
    let rest = async {
        rig.disk.is_held().await;
        let all =
            async { tokio::join!(rig.knows(2), rig.knows(3), rig.knows(4), rig.knows(5), rig.knows(6)) };
        let release = async {
            // Every one of them has told the loop, which waits for none.
            for _ in 0..200 {
                tokio::task::yield_now().await;
            }
            rig.disk.release();
        };
        tokio::join!(all, release)
    };
    let (first, _) = tokio::join!(first, rest);
    first.unwrap();
    let commits = rig.disk.state(|disk| disk.commits[before..].to_vec());
    assert_eq!(commits, [1, 5]);
}

#[test]
fn the_thread_says_what_is_durable_and_refuses_everything_after_a_failure() {
    let disk = Disk::default();
    let (reports, mut said) = mpsc::unbounded_channel();
    let store = StoreThread::start(Box::new(disk.clone()), reports).unwrap();
    let change = |n: u8| vec![Change::PreparedKeys { id: Id::new(Guid::from_bytes([n; 16])), keys: None }];
    store.commit(Ticket(1), change(1));
    assert!(matches!(said.blocking_recv(), Some(StoreReport::Durable(Ticket(1)))));
    disk.state(|disk| disk.fault = Some(Fault::Full));
    store.commit(Ticket(2), change(2));
    let refused = said.blocking_recv();
    assert!(
        matches!(&refused, Some(StoreReport::NotDurable(Ticket(2), failure)) if failure.code == "StateNotWritable")
    );
    disk.state(|disk| disk.fault = None);
    store.commit(Ticket(3), change(3));
    assert!(matches!(said.blocking_recv(), Some(StoreReport::NotDurable(Ticket(3), _))), "never again");
    store.reread();
    let Some(StoreReport::Read(Some(found))) = said.blocking_recv() else { panic!("it says what there is") };
    assert_eq!(found.prepared.len(), 1, "the last durable state");
}

#[tokio::test]
async fn a_write_that_fails_tells_everybody_and_nothing_is_sent() {
    for fault in [Fault::Full, Fault::Panics] {
        let rig = Rig::new(2).await;
        rig.signs_in(1).await.unwrap();
        rig.is(1, StateName::AwaitingSignIn).await;
        let (sent, written) =
            (rig.net.sent.load(Ordering::SeqCst), rig.disk.state(|disk| disk.records.clone()));
        rig.disk.state(|disk| disk.fault = Some(fault));
        let refused = rig.signs_in(0).await.unwrap_err();
        assert_eq!(refused.code, "StateNotWritable");
        assert_eq!(rig.net.sent.load(Ordering::SeqCst), sent);
        assert_eq!(rig.driver.not_writable().borrow().as_ref().unwrap().code, "StateNotWritable");
        assert!(rig.driver.stopped().borrow().is_some(), "nobody has to ask once more");
        let shown = || rig.driver.follow(&domain(1)).map(|status| status.borrow().clone());
        wait_for(|| shown().is_some_and(|status| status.failure.is_some())).await;
        assert_eq!(shown().unwrap().state, StateName::AwaitingSignIn, "the last durable state");
        assert_eq!(
            rig.driver.leave(&domain(1), LeaveKind::Unregister).await.err().unwrap().code,
            "StateNotWritable"
        );
        assert_eq!(rig.disk.state(|disk| disk.records.clone()), written);
    }
}

/// What somebody asks for; it is over when it is answered and `is_over`.
#[derive(Debug, Clone, Copy)]
enum Asks {
    Registration,
    Leave,
    ForcedLeave,
    Rebinding,
    Move,
}

impl Asks {
    async fn ask(self, rig: &Rig) -> Result<(), Failure> {
        let (driver, place) = (&rig.driver, Backend::Tpm);
        match self {
            Asks::Registration => rig.signs_in(0).await,
            Asks::Leave => driver.leave(&domain(0), LeaveKind::Unregister).await.map(drop),
            Asks::ForcedLeave => driver.leave(&domain(0), LeaveKind::Force).await.map(drop),
            Asks::Rebinding => driver.rebind(&domain(0)).await.map(drop),
            Asks::Move => {
                let asked = driver.rekey(&person(0), place, LeaveKind::Unregister).await.map(drop);
                let came = rig.signs_in(0).await;
                driver.rekey_over(&domain(0)).await;
                asked.and(came)
            }
        }
    }

    fn is_over(self, rig: &Rig) -> bool {
        let status = rig.driver.follow(&domain(0)).map(|status| status.borrow().clone());
        let state = status.as_ref().map(|status| status.state);
        match self {
            Asks::Registration => state == Some(StateName::AwaitingSignIn),
            // The network refuses, so that the object cannot be deleted.
            Asks::Leave => status.is_some_and(|status| status.wake_at.is_some()),
            Asks::ForcedLeave => rig.driver.view()[0].tenant.is_none(),
            Asks::Rebinding => status.is_some_and(|status| !status.snapshot.attempts.is_empty()),
            Asks::Move => rig.keys.count("Create") >= 2,
        }
    }
}

/// Whoever asks is answered, and whoever follows a machine hears of it, whichever commit is the one that fails.
#[tokio::test]
async fn a_commit_that_fails_anywhere_leaves_nobody_waiting() {
    let all = [Asks::Registration, Asks::Leave, Asks::ForcedLeave, Asks::Rebinding, Asks::Move];
    for (asks, fault) in all.into_iter().flat_map(|asks| [(asks, Fault::Full), (asks, Fault::Panics)]) {
        let mut failed = 0;
        for commits in 0.. {
            let disk = Disk::default();
            if !matches!(asks, Asks::Registration) {
                disk.state(|disk| disk.records.extend([registered(0)]));
            }
            let rig = Rig::on(disk, 1, 1).await;
            rig.knows(0).await.unwrap();
            rig.disk.state(|disk| disk.fault_after = Some((disk.commits.len() + commits, fault)));
            let mut not_writable = rig.driver.not_writable();
            let answered = timeout(Duration::from_secs(10), asks.ask(&rig)).await;
            let answered = answered.unwrap_or_else(|_| panic!("{asks:?} {commits}: nobody answers"));
            wait_for(|| not_writable.borrow_and_update().is_some() || asks.is_over(&rig)).await;
            let Some(why) = not_writable.borrow().clone() else { break };
            failed += 1;
            assert!(why.is_not_writable(), "{asks:?} {commits}: {why:?}");
            assert!(
                answered.as_ref().err().is_none_or(|error| *error == why),
                "{asks:?} {commits}: {answered:?}"
            );
            wait_for(|| rig.driver.stopped().borrow().is_some()).await;
        }
        assert!(failed > 0, "{asks:?}");
    }
}

#[tokio::test]
async fn a_leave_whose_write_fails_leaves_everything_as_it_was() {
    let rig = Rig::new(1).await;
    rig.signs_in(0).await.unwrap();
    rig.is(0, StateName::AwaitingSignIn).await;
    rig.disk.state(|disk| disk.fault = Some(Fault::Full));
    let refused = rig.driver.leave(&domain(0), LeaveKind::Unregister).await.err().unwrap();
    assert_eq!(refused.code, "StateNotWritable");
    assert_eq!(rig.keys.count("Destroy"), 0, "the keys stay");
    assert!(rig.disk.state(|disk| disk.records.contains_key(&RecordKey::Device(tenant(0)))));
}

#[tokio::test]
async fn one_pair_of_an_older_version_is_taken_over_under_its_new_name() {
    let disk = Disk::default();
    let rig = Rig::on(disk.clone(), 1, 1).await;
    wait_for(|| rig.driver.prepared_keys().borrow().ready == 1).await;
    let (key, bytes) = disk.state(|disk| disk.records.pop_first().unwrap());
    assert!(matches!(key, RecordKey::Prepared(_)));
    disk.state(|disk| disk.records.insert(RecordKey::Spare, bytes));
    let again = Rig::on(disk.clone(), 1, 1).await;
    wait_for(|| again.driver.prepared_keys().borrow().ready == 1).await;
    assert_eq!(disk.state(|disk| disk.records.keys().cloned().collect::<Vec<_>>()), [key]);
    assert_eq!(again.keys.count("Create"), 0);
}

#[tokio::test]
async fn a_computer_starts_and_rests_when_its_store_can_neither_be_written_nor_read_back() {
    for lists in [1, 2] {
        let disk = Disk::default();
        // The decision on keys ahead of time is the first thing to be written.
        disk.state(|disk| (disk.fault, disk.lists) = (Some(Fault::Full), Some(lists)));
        let rig = tokio::time::timeout(Duration::from_secs(10), Rig::on(disk, 1, 1)).await.unwrap();
        assert_eq!(rig.driver.not_writable().borrow().as_ref().unwrap().code, "StateNotWritable");
        assert_eq!(rig.keys.count("Create"), 0);
        assert!(
            rig.driver
                .sign_in(model::Asked::Person(person(0)), ASKER, Purpose::Identify(Codes::Shown))
                .await
                .is_ok(),
            "what needs no write goes on"
        );
    }
}
