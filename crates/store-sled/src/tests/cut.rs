//! Power cuts between and within writes, and disks that fail: what was acknowledged is there, and a commit is whole.

use super::medium::{Disk, Power};
use super::*;
use crate::look::{Found, SlotFile};
use crate::merge::{Merged, merge};
use crate::open::{Files, read_files};
use proptest::collection::vec;
use proptest::prelude::*;
use slots::Medium as _;
use slots::Records;
use slots::{Batch, FIRST_LENGTH, Scan, Slots, first_block, scan};
use slots::{Core, Plan};
use slots::{Log, first_area};

/// A computer whose disk can lose power.
struct Machine {
    power: Power,
    slots: Disk,
    log: Disk,
    core: Core,
    records: Records,
}

fn cipher() -> Cipher {
    Cipher::new(&key()).unwrap()
}

impl Machine {
    fn new() -> Machine {
        let power = Power::default();
        let slots = Disk::new(&first_block(), FIRST_LENGTH, &power);
        let (begin, length) = first_area();
        let log = Disk::new(&begin, length, &power);
        let nothing = Scan { slots: Vec::new(), damaged: Vec::new() };
        let (mut made, _) = Slots::load(Box::new(slots.clone()), cipher(), &nothing, (0, true)).unwrap();
        let groups = [([0; 16], Records::new())];
        made.write(&Batch { sequence: 0, floor: 0, log: 0, lost: 0, groups: &groups }).unwrap();
        Machine::start(power, slots, log).0
    }

    fn start(power: Power, slots: Disk, log: Disk) -> (Machine, Merged) {
        let found = scan(&slots).unwrap();
        let opened = Log::open(Box::new(log.clone()), cipher()).unwrap().expect("a log");
        let there = (
            Found::There(SlotFile { medium: Box::new(slots.clone()), scan: found }, true),
            Found::There(opened, true),
        );
        let (sources, files): (_, Files) = read_files((&cipher(), true), there, None).unwrap();
        assert!(!sources.sealed_otherwise);
        let merged = merge(sources);
        let core = Core::new((files.0.unwrap(), files.1.unwrap()), merged.sequence, 0);
        (Machine { power, slots, log, core, records: merged.records.clone() }, merged)
    }

    fn commit(&mut self, changes: &[Change]) -> io::Result<()> {
        let plan = Plan::of(&self.records, changes);
        if plan.changes.is_empty() {
            return Ok(());
        }
        self.core.write(&plan, &self.records)?;
        slots::apply(&mut self.records, &plan.changes);
        Ok(())
    }

    /// The same disk after the power went.
    fn cut(self, keep: &[u16]) -> (Machine, Merged) {
        let power = Power::default();
        let mut keep = keep.iter().cycle();
        // In steps of a sector; the largest number keeps everything.
        let mut kept = |length: usize| match keep.next() {
            Some(&u16::MAX) | None => length,
            Some(some) => usize::from(*some) * 512 % (length + 512),
        };
        let slots = self.slots.after_cut(&power, &mut kept);
        let log = self.log.after_cut(&power, &mut kept);
        Machine::start(power, slots, log)
    }
}

/// A record that packing makes no shorter.
fn of_chance(seed: u32, length: usize) -> Vec<u8> {
    let next = |it: &u64| Some(it.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f));
    let begin = next(&u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    std::iter::successors(begin, next).map(|it| (it >> 56) as u8).take(length).collect()
}

/// Some change of a few tenants, names and a kind of records that is not known.
fn change() -> impl Strategy<Value = Change> {
    let names = vec![
        "device/1",
        "successor/1",
        "predecessor/2",
        "device/2",
        "device/3",
        "later/kind",
        "name/1",
        "name/2",
    ];
    let key = prop::sample::select(names).prop_map(|text| match text.split_once('/') {
        Some(("name", n)) => name(n.parse().unwrap()),
        Some(("later", _)) => RecordKey::Foreign(text.to_owned()),
        Some((role, n)) => {
            let n: u8 = n.parse().unwrap();
            RecordKey::from(format!("{role}/{}", model::Guid::from_bytes([n; 16])).as_str())
        }
        None => unreachable!(),
    });
    (key, prop::option::weighted(0.7, (any::<u8>(), 1..6000_usize))).prop_map(|(key, value)| match value {
        Some((byte, length)) => Change::Put(key, vec![byte; length]),
        None => Change::Delete(key),
    })
}

proptest! {
    #[test]
    fn a_cut_at_any_write_leaves_what_was_acknowledged_and_whole_commits(
        lives in vec((vec(vec(change(), 1..4), 1..12), 1..40_u64, vec(prop_oneof![Just(0), Just(u16::MAX), any::<u16>()], 1..8)), 1..4)
    ) {
        let mut machine = Machine::new();
        for (commits, cut_at, keep) in lives {
            machine.power.fails_at(Some(cut_at));
            let mut next = None;
            for changes in commits {
                let before = machine.records.clone();
                if machine.commit(&changes).is_err() {
                    let mut after = before.clone();
                    slots::apply(&mut after, &Plan::of(&before, &changes).changes);
                    next = Some(after);
                    break;
                }
            }
            let acknowledged = machine.records.clone();
            let (started, merged) = machine.cut(&keep);
            prop_assert_eq!(merged.lost, None);
            let found = &started.records;
            prop_assert!(*found == acknowledged || Some(found) == next.as_ref(), "neither before nor after");
            machine = started;
        }
    }
}

#[test]
fn one_commit_may_change_several_tenants_and_names_and_is_whole_at_every_cut() {
    let all = |value: u8| {
        let keys = [tenant(1), tenant(2), tenant(3), name(1), name(2)];
        keys.map(|key| Change::Put(key, vec![value; 3000]))
    };
    for (cut_at, keep) in (1..12).flat_map(|at| [0, 1, 7, u16::MAX].map(|keep| (at, keep))) {
        let mut machine = Machine::new();
        machine.commit(&all(1)).unwrap();
        machine.power.fails_at(Some(cut_at));
        let result = machine.commit(&all(2));
        for keep in [vec![keep], vec![u16::MAX, keep], vec![keep, u16::MAX]] {
            let again = Machine {
                power: machine.power.clone(),
                slots: machine.slots.clone(),
                log: machine.log.clone(),
                core: Machine::new().core,
                records: Records::new(),
            };
            let (started, _) = again.cut(&keep);
            let values: Vec<u8> = started.records.values().map(|bytes| bytes[0]).collect();
            assert!(values == [1; 5] || values == [2; 5], "{cut_at} {keep:?}: {values:?}");
            assert!(result.is_err() || values == [2; 5], "{cut_at} {keep:?}: an acknowledged commit is lost");
        }
    }
}

#[test]
fn a_slot_that_did_not_stand_does_not_come_back_after_later_commits() {
    let mut machine = Machine::new();
    let both = |value: u8| [1, 2].map(|n| Change::Put(tenant(n), vec![value; 500]));
    machine.commit(&both(1)).unwrap();
    // The first slot of the two reaches the disk, the second does not.
    machine.power.fails_at(Some(2));
    assert!(machine.commit(&both(9)).is_err());
    let (mut machine, _) = machine.cut(&[u16::MAX]);
    machine.commit(&[Change::Put(name(1), vec![3])]).unwrap();
    // Longer than the place that is free, so that nothing is written over what did not stand.
    machine.commit(&[Change::Put(tenant(3), vec![3; 5000])]).unwrap();
    let (machine, _) = machine.cut(&[0]);
    assert_eq!(machine.records[&tenant(1)], vec![1; 500]);
    assert_eq!(machine.records[&tenant(2)], vec![1; 500]);
}

#[test]
fn on_a_full_disk_identities_change_and_only_who_is_new_is_refused() {
    let mut machine = Machine::new();
    machine.commit(&[Change::Put(tenant(1), vec![1; 6000])]).unwrap();
    machine.power.fills_up();
    // The longest answer of a service, in hex, with the rest of its record.
    for length in [530_000, 6000, 530_000, 9000] {
        machine.commit(&[Change::Put(tenant(1), vec![2; length])]).unwrap();
    }
    assert!(
        (2..40).any(|n| machine.commit(&[Change::Put(tenant(n), vec![1; 20_000])]).is_err()),
        "a new tenant"
    );
    let (mut machine, _) = machine.cut(&[0]);
    machine.power.fills_up();
    let refused = (0..2000_u32).find(|n| {
        let key = RecordKey::Account(format!("user{n}@contoso.com").parse().unwrap());
        machine.commit(&[Change::Put(key, of_chance(*n, 300))]).is_err()
    });
    assert!(refused.is_some_and(|n| n > 200), "{refused:?}");
    let (mut machine, merged) = machine.cut(&[0]);
    machine.power.fills_up();
    assert_eq!(merged.lost, None);
    machine.commit(&[Change::Put(tenant(1), vec![3; 6000])]).unwrap();
    let gone: Vec<Change> = machine.records.keys().cloned().map(Change::Delete).collect();
    machine.commit(&gone).unwrap();
    assert!(machine.cut(&[0]).0.records.is_empty());
}

#[test]
fn a_disk_that_fails_at_any_call_is_an_error_and_loses_nothing() {
    for call in 1..60 {
        let mut machine = Machine::new();
        machine.power.fails_at(Some(call));
        let mut acknowledged = machine.records.clone();
        for n in 0..8 {
            if machine
                .commit(&[Change::Put(tenant(n % 3), vec![n; 500]), Change::Put(name(n), vec![n; 9000])])
                .is_err()
            {
                break;
            }
            acknowledged = machine.records.clone();
        }
        let (started, _) = machine.cut(&[u16::MAX]);
        assert!(acknowledged.iter().all(|(key, _)| started.records.contains_key(key)), "{call}");
    }
}

#[test]
fn what_changes_again_and_again_takes_no_more_room() {
    let mut machine = Machine::new();
    let before = [machine.slots.length().unwrap(), machine.log.length().unwrap()];
    for n in 0..3000_u32 {
        let value = n.to_be_bytes().repeat(100);
        machine.commit(&[Change::Put(name(1), value.clone()), Change::Put(tenant(1), value)]).unwrap();
    }
    assert_eq!([machine.slots.length().unwrap(), machine.log.length().unwrap()], before);
    assert_eq!(machine.cut(&[0]).0.records[&name(1)], 2999_u32.to_be_bytes().repeat(100));
}

/// Each byte that comes is written a few times, however many are there already.
#[test]
fn the_log_is_as_long_as_what_is_in_it_and_not_much_longer() {
    let mut machine = Machine::new();
    for (people, record) in [(400_u64, 300), (1600, 300), (3200, 300)] {
        for n in 0..people {
            let key = RecordKey::Account(format!("user{n}@contoso.com").parse().unwrap());
            machine.commit(&[Change::Put(key, of_chance(n as u32, record))]).unwrap();
        }
        let live = people * (record as u64 + 24);
        let length = machine.log.length().unwrap();
        assert!(length <= live * 6 + 256 * 1024, "{people}: {length} for {live}");
        let written = machine.power.written();
        assert!(written <= 8 * live + 1_000_000, "{people}: {written} for {live}");
    }
}
