//! Keys ahead of time: what is found, made, lost, lent and destroyed.

use super::computer::Computer;
use super::disk::Disk;
use super::replies::{boot_bound, keys, numbered};
use super::samples::{ALEX, ANN, BOB, DEE, KIM, Person, Setting, failures};
use super::stories::identity;
use crate::{Event, FoundPair, KeysReply, KeysWork, PairTest, PreparedView, Role};
use lifecycle::{DeviceKeys, RetainedKeys, Stage};
use model::{Backend, Failure, IntentId, KeyHandle, Registration};

fn one() -> Setting {
    Setting { most_prepared: 1, ..Setting::default() }
}

fn pair(n: u64) -> (IntentId, Option<DeviceKeys>) {
    (numbered(n), Some(keys(numbered(n), Backend::Soft, n)))
}

/// A computer that starts with these pairs.
fn starts(setting: Setting, pairs: impl IntoIterator<Item = (IntentId, Option<DeviceKeys>)>) -> Computer {
    let prepared = pairs.into_iter().collect();
    Computer::with(setting, Disk { prepared, ..Disk::default() })
}

fn works(computer: &Computer) -> Vec<&'static str> {
    let name = |work: &KeysWork| match work {
        KeysWork::Test(_) => "test",
        KeysWork::Create { .. } => "create",
        KeysWork::Destroy(_) => "destroy",
        KeysWork::Ready(_) => "ready",
    };
    computer.key_works.values().map(name).collect()
}

#[test]
fn the_decision_is_on_disk_before_the_keys_are_made_and_the_keys_before_they_are_offered() {
    let mut computer = Computer::new(one());
    assert_eq!(works(&computer), Vec::<&str>::new());
    computer.write();
    assert_eq!(works(&computer), ["create"]);
    let decided: Vec<_> = computer.disk.prepared.values().cloned().collect();
    assert_eq!(decided, [None]);
    computer.end_key_work(0, None);
    assert_eq!(computer.prepared, PreparedView { ready: 0, being_made: 1, waiting: 0 });
    computer.write();
    assert_eq!(computer.prepared, PreparedView { ready: 1, being_made: 0, waiting: 0 });
    assert!(computer.disk.prepared.values().all(Option::is_some));
}

#[test]
fn what_is_found_is_made_tested_or_destroyed() {
    let tpm = (numbered(1), Some(keys(numbered(1), Backend::Tpm, 1)));
    let bound = (numbered(1), Some(boot_bound(keys(numbered(1), Backend::Soft, 1))));
    let decided = (numbered(1), None);
    let bounds = Setting { boot_bound: true, ..one() };
    let none = Setting { most_prepared: 0, ..one() };
    for (setting, found, expected, what) in [
        (one(), vec![pair(1)], vec!["test"], "made"),
        (one(), vec![decided.clone()], vec!["create"], "decided"),
        (one(), vec![tpm.clone()], vec!["destroy", "create"], "of another place"),
        (one(), vec![bound.clone()], vec!["destroy", "create"], "bound to a boot state that does not count"),
        (bounds, vec![bound], vec!["test"], "bound to the boot state"),
        (bounds, vec![pair(1)], vec!["destroy", "create"], "not bound to the boot state"),
        (one(), vec![pair(1), pair(2)], vec!["test", "destroy"], "one too many"),
        (one(), vec![decided.clone(), pair(2)], vec!["test"], "decided and made"),
        (one(), vec![decided.clone(), (numbered(2), None)], vec!["create"], "two decided"),
        (none, vec![pair(1)], vec!["destroy"], "none wanted any more"),
        (none, vec![decided], vec![], "decided, and none wanted any more"),
    ] {
        let mut computer = starts(setting, found);
        computer.write();
        assert_eq!(works(&computer), expected, "{what}");
        computer.fair_end();
        assert_eq!(computer.prepared.ready, setting.most_prepared, "{what}");
    }
}

#[test]
fn a_found_pair_is_offered_when_its_test_says_that_it_works() {
    let usable = Ok(KeysReply::Tested(PairTest::Usable));
    let lost = Ok(KeysReply::Tested(PairTest::Lost));
    for (result, expected) in [(usable, vec![]), (lost, vec!["destroy"])] {
        let mut computer = starts(one(), [pair(1)]);
        let (op, _) = computer.key_works.pop_first().unwrap();
        computer.feed(Event::KeysDone(op, result.clone()));
        assert_eq!(works(&computer), expected, "{result:?}");
        assert_eq!(computer.prepared.ready, usize::from(expected.is_empty()));
        // The record goes when the keys have gone, and the next pair is made.
        computer.end_key_work(0, None);
        computer.write();
        computer.fair_end();
        assert_eq!((computer.disk.prepared.len(), computer.prepared.ready), (1, 1));
        assert_eq!(computer.disk.prepared.contains_key(&numbered(1)), expected.is_empty());
    }
}

#[test]
fn a_found_pair_whose_test_failed_is_neither_offered_nor_destroyed_and_tested_at_the_next_start() {
    let mut computer = starts(one(), [pair(1)]);
    computer.signs_in(ALEX);
    computer.end_key_work(0, Some(1));
    computer.write();
    assert!(works(&computer).is_empty());
    assert_eq!(computer.prepared, PreparedView::default());
    computer.fair_end();
    let own = computer.disk.in_force(ALEX.tenant()).unwrap().intent.id;
    assert_ne!(own, numbered(1), "the tenant makes its own keys");
    assert!(computer.disk.prepared.contains_key(&numbered(1)));
    computer.crash(1, one());
    assert_eq!(works(&computer), ["test"]);
    computer.fair_end();
    assert_eq!(computer.prepared.ready, 1);
}

#[test]
fn a_pair_that_could_not_be_tested_goes_with_the_last_tenant() {
    for tested_first in [true, false] {
        let mut disk = registered();
        disk.prepared.extend([pair(2)]);
        let mut computer = Computer::with(one(), disk);
        if tested_first {
            computer.end_key_work(0, Some(1));
        }
        computer.ask(crate::OperatorRequest::Leave {
            domain: ALEX.domain(),
            how: lifecycle::LeaveKind::Unregister,
        });
        if !tested_first {
            computer.end_key_work(0, Some(1));
        }
        computer.fair_end();
        assert!(!computer.disk.prepared.contains_key(&numbered(2)), "{tested_first}");
    }
}

#[test]
fn a_pair_that_an_identity_has_is_nobody_elses() {
    let with = |retained: bool| {
        let it = identity(ALEX.tenant(), Backend::Soft, 1);
        match retained {
            true => {
                let keys = RetainedKeys { intent: it.intent.clone(), keys: it.keys.clone() };
                Stage::Unregistered { retained: Some(Box::new(keys)) }
            }
            false => Stage::Registered(Box::new(it)),
        }
    };
    for retained in [true, false] {
        for role in [Role::Current, Role::Successor, Role::Predecessor] {
            let mut disk = Disk::default().knows(&[ALEX]).and(role, ALEX.tenant(), with(retained));
            disk.prepared.extend([pair(1)]);
            let mut computer = Computer::off("none", one());
            computer.disk = disk;
            computer.restore();
            assert_eq!(works(&computer), Vec::<&str>::new(), "{role:?}");
            computer.write();
            assert!(!computer.disk.prepared.contains_key(&numbered(1)), "{role:?} {retained}");
        }
    }
}

#[test]
fn the_first_to_sign_in_takes_the_pair_in_the_commit_that_ends_it() {
    let mut computer = Computer::new(one());
    computer.fair_end();
    let (id, keys) = computer.disk.prepared.first_key_value().map(|(id, keys)| (*id, keys.clone())).unwrap();
    computer.signs_in(ALEX);
    assert!(computer.disk.prepared.is_empty());
    let Stage::KeysReady(intent, own) = computer.disk.stage(ALEX.tenant(), Role::Current) else {
        panic!("it has keys")
    };
    assert_eq!((intent.id, Some(own)), (id, keys.as_ref()));
    assert_eq!(computer.prepared, PreparedView::default());
    // The second tenant makes its own.
    computer.registers(ANN);
    assert_ne!(computer.disk.in_force(ANN.tenant()).unwrap().intent.id, id);
}

#[test]
fn a_pair_that_a_machine_does_not_want_waits_for_the_next() {
    // The move goes to keys in the TPM, and the pair is not there.
    let mut disk = Disk::default().knows(&[ALEX]);
    disk = disk.and(Role::Current, ALEX.tenant(), {
        Stage::Registered(Box::new(identity(ALEX.tenant(), Backend::Soft, 1)))
    });
    disk.prepared.extend([pair(2)]);
    let mut computer = Computer::with(one(), disk);
    computer.fair_end();
    computer.ask(crate::OperatorRequest::Rekey {
        person: ALEX.upn(),
        to: Backend::Tpm,
        how: lifecycle::LeaveKind::Unregister,
    });
    computer.fair_end();
    computer.registers(ALEX);
    assert_eq!(computer.prepared.ready, 1);
    assert_eq!(computer.disk.prepared.len(), 1);
}

#[test]
fn a_registration_waits_for_keys_and_goes_on_when_their_making_ends_in_any_way() {
    let other = Ok(KeysReply::Ready);
    let ends: [(Option<Result<KeysReply, Failure>>, bool); 3] =
        [(None, true), (Some(Err(failures(0))), false), (Some(other), false)];
    for (end, takes) in ends {
        let mut computer = Computer::new(one());
        computer.write();
        computer.signs_in(ALEX);
        assert_eq!(computer.prepared, PreparedView { ready: 0, being_made: 1, waiting: 1 });
        assert!(computer.works.is_empty(), "it waits");
        assert_eq!(computer.tenancy.tokens().count(), 1);
        match end.clone() {
            None => computer.end_key_work(0, None),
            Some(result) => {
                let (op, _) = computer.key_works.pop_first().unwrap();
                computer.feed(Event::KeysDone(op, result));
            }
        }
        computer.write();
        assert_eq!(computer.prepared.waiting, 0, "{end:?}");
        assert_eq!(computer.works.len(), 1, "{end:?}");
        let stage = computer.disk.stage(ALEX.tenant(), Role::Current);
        assert_eq!(matches!(stage, Stage::KeysReady(..)), takes, "{end:?}: {stage:?}");
        computer.fair_end();
        assert!(computer.disk.in_force(ALEX.tenant()).is_some());
    }
}

#[test]
fn a_registration_waits_for_a_test_of_keys_too() {
    for lost in [None, Some(0)] {
        let mut computer = starts(one(), [pair(1)]);
        computer.signs_in(ALEX);
        assert!(computer.works.is_empty());
        computer.end_key_work(0, lost);
        computer.write();
        assert_eq!((computer.works.len(), computer.prepared.waiting), (1, 0));
    }
}

#[test]
fn who_needs_no_keys_does_not_wait() {
    let off = Setting { third: Registration::Off, ..one() };
    let dee = super::samples::Person(2, 0);
    for (setting, disk, person) in [
        (off, Disk::default(), dee),
        (one(), registered(), KIM),
        (Setting { most_prepared: 0, ..one() }, Disk::default(), ALEX),
    ] {
        let mut disk = disk;
        disk.prepared.extend((setting.most_prepared > 0).then(|| pair(2)));
        let mut computer = Computer::with(setting, disk);
        computer.signs_in(person);
        assert_eq!(computer.prepared.waiting, 0, "{person:?}");
    }
}

fn registered() -> Disk {
    let stage = Stage::Registered(Box::new(identity(ALEX.tenant(), Backend::Soft, 1)));
    Disk::default().knows(&[ALEX, KIM]).and(Role::Current, ALEX.tenant(), stage)
}

/// So many pairs at the most, and the third tenant registers too.
fn most(most_prepared: usize) -> Setting {
    Setting { most_prepared, third: Registration::Background, ..Setting::default() }
}

/// A verified identity in the tenant of each of them, whose domains are known.
fn in_force(people: &[Person]) -> Disk {
    let known = Disk::default().knows(people);
    people.iter().zip(1..).fold(known, |disk, (person, n)| {
        let stage = Stage::Registered(Box::new(identity(person.tenant(), Backend::Soft, n)));
        disk.and(Role::Current, person.tenant(), stage)
    })
}

#[test]
fn there_is_a_pair_for_each_domain_that_may_need_one_and_no_more_than_may_be() {
    let off = Setting { third: Registration::Off, ..most(8) };
    // Two of the four domains lead to Ann's tenant, once that is known.
    for (setting, disk, expected, what) in [
        (most(8), Disk::default(), 4, "nobody is known"),
        (most(3), Disk::default(), 3, "bounded"),
        (most(0), Disk::default(), 0, "switched off"),
        (off, Disk::default(), 3, "nobody registers in the third tenant"),
        (most(8), Disk::default().knows(&[ANN, BOB]), 3, "one tenant has two domains"),
        (most(8), in_force(&[ALEX]), 3, "one is registered"),
        (most(8), in_force(&[ALEX, ANN]), 2, "two are, and nobody knows that one has two domains"),
        (most(8), in_force(&[ALEX, ANN]).knows(&[BOB]), 1, "and it is known"),
        (most(8), in_force(&[ALEX, ANN, DEE]).knows(&[BOB]), 0, "all are"),
    ] {
        let mut computer = Computer::with(setting, disk);
        computer.fair_end();
        let whole = PreparedView { ready: expected, being_made: 0, waiting: 0 };
        assert_eq!((computer.prepared, computer.disk.prepared.len()), (whole, expected), "{what}");
    }
}

#[test]
fn a_tenant_that_nobody_can_read_needs_no_pair_and_the_others_do() {
    for of_the_pin in [false, true] {
        let mut computer = Computer::off("none", Setting { third: Registration::Off, ..most(8) });
        let mut found = Disk::default().knows(&[ALEX]).found();
        if of_the_pin {
            found.domains.remove(&ALEX.domain());
            found.unreadable.domains.insert(ALEX.domain(), failures(0));
        } else {
            found.blocked.insert(ALEX.tenant(), failures(0));
        }
        computer.feed(Event::Restored(Box::new(found)));
        computer.fair_end();
        assert_eq!(computer.prepared.ready, 2, "{of_the_pin}");
    }
}

#[test]
fn pairs_are_made_one_after_the_other_and_none_while_a_registration_is_under_way() {
    let mut computer = Computer::new(most(8));
    computer.write();
    assert_eq!(works(&computer), ["create"]);
    computer.end_key_work(0, None);
    computer.write();
    assert_eq!((works(&computer), computer.prepared.ready), (vec!["create"], 1), "the next");
    computer.signs_in(ALEX);
    computer.end_key_work(0, None);
    computer.write();
    assert_eq!((works(&computer), computer.prepared.ready), (vec![], 1), "the key store is Alex's");
    assert!(!computer.works.is_empty());
    computer.fair_end();
    assert_eq!((computer.prepared.ready, computer.disk.in_force(ALEX.tenant()).is_some()), (3, true));
}

#[test]
fn none_are_made_before_the_directory_has_recognised_the_device() {
    let mut computer = Computer::new(most(1));
    computer.fair_end();
    computer.signs_in(ALEX);
    while computer.disk.in_force(ALEX.tenant()).is_none_or(|it| it.verified_at.is_none()) {
        assert_eq!(
            works(&computer),
            Vec::<&str>::new(),
            "{:?}",
            computer.disk.stage(ALEX.tenant(), Role::Current)
        );
        assert!(!computer.works.is_empty());
        computer.end_work(0, None);
        computer.write();
    }
    assert_eq!(works(&computer), ["create"]);
}

#[test]
fn every_tenant_finds_its_keys_made_and_each_that_was_taken_is_followed_by_another() {
    for bound in [1, 2, 8] {
        let mut computer = Computer::new(most(bound));
        computer.fair_end();
        for (person, left) in [(ALEX, 3), (ANN, 2), (DEE, 1)] {
            let ready: Vec<IntentId> = computer.disk.prepared.keys().copied().collect();
            computer.registers(person);
            let own = computer.disk.in_force(person.tenant()).unwrap().intent.id;
            assert!(ready.contains(&own), "{person:?} made none");
            computer.fair_end();
            assert_eq!(computer.prepared.ready, bound.min(left), "after {person:?} of {bound}");
        }
    }
}

#[test]
fn a_pair_is_destroyed_when_its_domain_turns_out_to_be_a_registered_tenant_s() {
    let mut computer = Computer::with(most(8), in_force(&[ALEX, ANN, DEE]));
    computer.fair_end();
    assert_eq!(computer.prepared.ready, 1, "for the other domain of Ann's tenant");
    computer.signs_in(BOB);
    assert_eq!(works(&computer), ["destroy"]);
    computer.fair_end();
    assert_eq!((computer.prepared.ready, computer.disk.prepared.len()), (0, 0));
}

#[test]
fn a_decision_whose_making_failed_is_made_at_the_next_start() {
    let mut computer = Computer::new(one());
    computer.write();
    computer.end_key_work(0, Some(1));
    assert!(works(&computer).is_empty());
    let id = *computer.disk.prepared.keys().next().unwrap();
    computer.crash(1, one());
    computer.fair_end();
    assert_eq!(computer.disk.prepared.keys().copied().collect::<Vec<_>>(), [id]);
    assert_eq!(computer.prepared.ready, 1);
}

#[test]
fn an_end_of_a_work_that_is_not_in_flight_changes_nothing() {
    let mut computer = Computer::new(one());
    computer.write();
    let (op, work) = computer.key_works.first_key_value().map(|(op, work)| (*op, work.clone())).unwrap();
    computer.end_key_work(0, None);
    computer.write();
    let before = (computer.prepared, computer.disk.clone());
    computer.feed(Event::KeysDone(op, Ok(KeysReply::Destroyed)));
    computer.feed(Event::Done(op, Ok(lifecycle::Reply::Erased)));
    computer.write();
    assert_eq!((computer.prepared, computer.disk.clone()), before, "{work:?}");
}

#[test]
fn a_found_pair_keeps_its_name() {
    let found = FoundPair { id: numbered(1), keys: pair(1).1, boot_bound: false };
    let disk = Disk { prepared: [pair(1)].into(), ..Disk::default() };
    assert_eq!(disk.found().prepared, [found]);
    let wrapped = |key: &KeyHandle| key.wrapped.clone();
    let bound = boot_bound(keys(numbered(1), Backend::Soft, 1));
    assert_ne!(wrapped(&bound.device), wrapped(&pair(1).1.unwrap().device));
}
