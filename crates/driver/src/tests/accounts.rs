//! The files of names are written after what they say is durable, and before whoever waits for it is told.

use super::harness::{Disk, Fault, Rig, account, wait_for};
use accounts::{LocalFacts, ReservationWanted};
use model::{Account, Failure};
use names::{LocalEntry, Verdict};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use tenancy::Event;

/// What the files say of people, by the last write.
fn last(rig: &Rig) -> Option<(Vec<String>, Vec<Verdict>)> {
    let written = rig.account_files.written.lock().unwrap();
    let (names, verdicts) = written.last()?;
    let names = names.accounts.iter().map(|it| it.name.clone()).collect();
    Some((names, verdicts.iter().map(|it| it.verdict).collect()))
}

async fn wants_in(rig: &Rig, person: Account, local: LocalFacts) -> Result<(), Failure> {
    let (groups, local) = (Some(Vec::new()), Box::new(local));
    let wanted = move |caller| Event::AccountWanted { caller, person, groups, local };
    rig.driver.inbox.ask(wanted).await.map(drop)
}

#[tokio::test]
async fn the_files_are_there_from_the_start_and_follow_each_change() {
    let rig = Rig::new(1).await;
    wait_for(|| last(&rig) == Some((vec![], vec![]))).await;
    wants_in(&rig, account(0), LocalFacts::default()).await.unwrap();
    rig.driver.ports().account_writer.written().await.unwrap();
    let alex = vec!["alex@d0.example".to_owned()];
    assert_eq!(last(&rig), Some((alex.clone(), vec![Verdict::Allowed])));
    assert_eq!(rig.driver.uid_of(&account(0).upn), Some(rig.driver.ports().views.accounts()[0].uid));
    rig.driver.forget_account(account(0).upn).await.unwrap();
    rig.driver.ports().account_writer.written().await.unwrap();
    assert_eq!(last(&rig), Some((vec![], vec![Verdict::Forgotten])));
}

#[tokio::test]
async fn sessions_are_counted_from_the_start_and_never_below_none() {
    let rig = Rig::new(1).await;
    let person = account(0).upn;
    rig.driver.count_session(&person, true);
    wants_in(&rig, account(0), LocalFacts::default()).await.unwrap();
    let alex = rig.driver.accounts()[0].clone();
    assert_eq!(rig.driver.open_sessions(&alex), 0, "nobody had the account yet");
    for (open, counted) in [(false, 0), (true, 1), (true, 2), (false, 1), (false, 0), (false, 0), (true, 1)] {
        rig.driver.count_session(&person, open);
        assert_eq!(rig.driver.open_sessions(&alex), counted);
    }
}

#[tokio::test]
async fn nobody_is_in_the_files_whose_account_is_not_durable() {
    let rig = Rig::new(1).await;
    rig.disk.state(|disk| disk.fault = Some(Fault::Full));
    let refused = wants_in(&rig, account(0), LocalFacts::default()).await.unwrap_err();
    assert_eq!(refused.code, "StateNotWritable");
    rig.driver.ports().account_writer.written().await.unwrap();
    assert_eq!(last(&rig), Some((vec![], vec![])));
}

#[tokio::test]
async fn who_waits_for_files_that_cannot_be_written_hears_it_and_the_next_one_is_let_in() {
    let rig = Rig::with(Disk::default(), (1, 0), []).await;
    wait_for(|| last(&rig).is_some()).await;
    rig.account_files.refuses.store(true, Ordering::SeqCst);
    *rig.account_files.on_disk.lock().unwrap() = None;
    let failure = rig.driver.ports().account_writer.written().await.unwrap_err();
    assert_eq!(failure.code, "StateNotWritable");
    assert!(failure.message.contains("the disk is full"), "{}", failure.message);
    rig.account_files.refuses.store(false, Ordering::SeqCst);
    assert!(rig.driver.ports().account_writer.written().await.is_ok());
}

#[tokio::test]
async fn what_stands_in_the_files_already_is_not_written_again() {
    let rig = Rig::new(1).await;
    wait_for(|| last(&rig).is_some()).await;
    let count = || rig.account_files.written.lock().unwrap().len();
    let waits = || async { rig.driver.ports().account_writer.written().await.unwrap() };
    for _ in 0..3 {
        waits().await;
        assert_eq!(count(), 1, "nothing has changed");
    }
    wants_in(&rig, account(0), LocalFacts::default()).await.unwrap();
    waits().await;
    assert_eq!(count(), 2, "somebody is new");
    // The same person again, within the hour: nothing is written.
    wants_in(&rig, account(0), LocalFacts::default()).await.unwrap();
    waits().await;
    assert_eq!(count(), 2);
}

/// While one write is under way, everybody else comes: they are in the next one together.
#[tokio::test]
async fn people_who_come_at_once_are_written_at_once() {
    let rig = Rig::new(1).await;
    wait_for(|| last(&rig).is_some()).await;
    let files = rig.account_files.clone();
    let ((begun, holds), (release, released)) = (mpsc::channel(), mpsc::channel::<()>());
    let disk = std::thread::spawn(move || {
        let _busy = files.written.lock().unwrap();
        begun.send(()).unwrap();
        released.recv().unwrap();
    });
    holds.recv().unwrap();
    let mut waiting = Vec::new();
    for n in 0..100_u8 {
        let upn = format!("person{n}@d0.example").parse().unwrap();
        let object = model::Id::new(model::Guid::from_bytes([n; 16]));
        wants_in(&rig, Account { upn, object, ..account(0) }, LocalFacts::default()).await.unwrap();
        let writer = rig.driver.ports().account_writer.clone();
        waiting.push(tokio::spawn(async move { writer.written().await }));
    }
    release.send(()).unwrap();
    for person in waiting {
        person.await.unwrap().unwrap();
    }
    disk.join().unwrap();
    assert_eq!(last(&rig).unwrap().0.len(), 100);
    let count = rig.account_files.written.lock().unwrap().len();
    assert!(count <= 3, "{count}: the first, the one under way, and one for all");
}

#[tokio::test]
async fn files_that_somebody_deleted_or_replaced_are_written_again() {
    let rig = Rig::new(1).await;
    wait_for(|| last(&rig).is_some()).await;
    let count = || rig.account_files.written.lock().unwrap().len();
    let waits = || async { rig.driver.ports().account_writer.written().await.unwrap() };
    waits().await;
    let ours = rig.account_files.on_disk.lock().unwrap().unwrap();
    let other = |change: fn(&mut accounts::FileStamp), of_names: bool| {
        let mut files = ours;
        change(if of_names { &mut files.names } else { &mut files.verdicts });
        Some(files)
    };
    let changes: [fn(&mut accounts::FileStamp); 4] =
        [|it| it.device += 1, |it| it.inode += 7, |it| it.size += 1, |it| it.modified.1 += 1];
    let replaced = changes.into_iter().flat_map(|change| [other(change, true), other(change, false)]);
    for (number, found) in [None].into_iter().chain(replaced).enumerate() {
        *rig.account_files.on_disk.lock().unwrap() = found;
        waits().await;
        assert_eq!(count(), 2 + 2 * number, "{found:?}");
        // Back to what a first write makes, for the next of them.
        *rig.account_files.on_disk.lock().unwrap() = None;
        waits().await;
        waits().await;
        assert_eq!(count(), 3 + 2 * number, "{found:?}");
    }
}

#[tokio::test]
async fn what_etc_says_reaches_the_decision() {
    let rig = Rig::new(1).await;
    let users = vec![LocalEntry { name: account(0).upn.to_string(), id: 1000 }];
    let refused =
        wants_in(&rig, account(0), LocalFacts { users, ..LocalFacts::default() }).await.unwrap_err();
    assert_eq!(refused.code, "AccountConflict");
    *rig.account_files.facts.lock().unwrap() =
        LocalFacts { home: accounts::HomeFound::OwnedBy(77), ..LocalFacts::default() };
    let local = crate::account_files::local_facts(rig.account_files.clone(), None).await.unwrap();
    assert_eq!(wants_in(&rig, account(0), local).await.unwrap_err().code, "HomeOfAnother");
}

#[tokio::test(start_paused = true)]
async fn a_home_that_does_not_answer_holds_nobody_for_good() {
    let files = std::sync::Arc::new(super::harness::FakeAccountFiles::default());
    *files.silent_for.lock().unwrap() = std::time::Duration::from_secs(2);
    let waiting = tokio::spawn(crate::account_files::local_facts(files, None));
    tokio::task::yield_now().await;
    // The clock of the test runs ahead of the thread that hangs.
    tokio::time::advance(std::time::Duration::from_secs(11)).await;
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.code, "HomeNotAnswering");
}

#[tokio::test]
async fn what_root_sets_aside_has_a_name_at_once_and_the_sign_in_looks_at_its_home() {
    let rig = Rig::new(1).await;
    let wanted = ReservationWanted {
        upn: account(0).upn,
        uid: Some(70_001),
        home: Some("/srv/homes/alex".to_owned()),
    };
    let reserved = rig.driver.reserve_account(wanted).await.unwrap();
    assert_eq!(rig.account_files.looked_at.lock().unwrap().as_deref(), Some("/srv/homes/alex"));
    // Everybody has the name, and nobody is let in by it.
    assert_eq!(last(&rig), Some((vec![reserved.name.clone()], vec![])));
    assert_eq!(rig.driver.reserved(), [reserved]);
    wants_in(&rig, account(0), LocalFacts::default()).await.unwrap();
    assert_eq!((rig.driver.reserved(), rig.driver.uid_of(&account(0).upn)), (vec![], Some(70_001)));
    assert_eq!(last_uids(&rig).await, [70_001]);
}

/// The numbers in the files once they are written.
async fn last_uids(rig: &Rig) -> Vec<u32> {
    rig.driver.ports().account_writer.written().await.unwrap();
    let written = rig.account_files.written.lock().unwrap();
    written.last().unwrap().0.accounts.iter().map(|it| it.uid).collect()
}
