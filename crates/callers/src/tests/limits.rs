//! Who gets a place: a table of cases, and lives of many callers.

use super::*;
use crate::owners::Area;

fn user(uid: u32) -> Owner {
    Owner::User(uid)
}

fn range() -> Owner {
    Owner::Range(2_000_000)
}

/// So many places of each, taken in this order.
fn taken(all: &[(Owner, usize)]) -> Vec<Owner> {
    all.iter().flat_map(|(owner, places)| vec![*owner; *places]).collect()
}

fn admitted(taken: &[Owner], caller: &Owner) -> Admission {
    admit(&(1..).zip(taken.iter().copied()).collect(), caller)
}

/// Every user id of a block has one place.
fn block(first: u32, places: u32) -> Vec<(Owner, usize)> {
    (first..first + places).map(|uid| (user(uid), 1)).collect()
}

/// Ordinary accounts with ten places each.
fn people(places: usize) -> Vec<(Owner, usize)> {
    (0..places / 10).map(|n| (user(2000 + n as u32), 10)).collect()
}

#[test]
fn who_gets_a_place_and_whose() {
    use Admission::{Enters, Replaces, TurnedAway};
    let many = block(200_000, 960);
    let of_both = [block(200_000, 500), block(65_536, 460)].concat();
    let equal = [block(200_000, 480), block(400_000, 480)].concat();
    let with_root = [vec![(Owner::Root, 64)], people(960)].concat();
    for (what, places, caller, admission) in [
        ("nobody is there", vec![], user(1001), Enters),
        ("nine of one's own", vec![(user(1001), 9)], user(1001), Enters),
        ("ten of one's own", vec![(user(1001), 10)], user(1001), TurnedAway),
        ("ten of a range", vec![(range(), 10)], range(), TurnedAway),
        ("ten of somebody else", vec![(user(1001), 10)], user(1002), Enters),
        ("room for one more", people(950), user(1001), Enters),
        ("full, and with none", people(960), user(1001), Replaces(1)),
        (
            "full, and with one",
            [vec![(user(1001), 1)], people(959), vec![(user(9), 9)]].concat(),
            user(1001),
            Replaces(2),
        ),
        ("full, and of a high user id", many.clone(), user(300_000), Replaces(1)),
        ("full of one's own block, and with none", many.clone(), user(210_000), Replaces(1)),
        ("full of one's own block, and with as many", many.clone(), user(200_007), TurnedAway),
        (
            "full of one's own block, of which one has more",
            [many[..958].to_vec(), vec![(user(210_000), 2)]].concat(),
            user(220_000),
            Replaces(959),
        ),
        ("the larger block gives", of_both.clone(), user(300_000), Replaces(1)),
        ("the smaller block takes", of_both, user(66_536), Replaces(1)),
        ("one of the two largest blocks takes from itself", equal, user(410_000), Replaces(481)),
        ("full, and root", people(960), Owner::Root, Enters),
        ("full of root too, and root", with_root, Owner::Root, TurnedAway),
        ("full of root alone", vec![(Owner::Root, 960)], user(1001), TurnedAway),
    ] {
        assert_eq!(admitted(&taken(&places), &caller), admission, "{what}");
    }
}

#[test]
fn a_place_is_given_back_and_one_that_is_taken_away_ends_its_conversation() {
    let limits = Arc::new(Limits::default());
    let mut places: Vec<Place> = (0..10).map(|_| limits.enter(user(1001)).unwrap()).collect();
    assert!(limits.enter(user(1001)).is_none());
    places.pop();
    places.push(limits.enter(user(1001)).unwrap());
    let others: Vec<Place> = (0..950).map(|n| limits.enter(user(200_000 + n)).unwrap()).collect();
    let mut others = others.into_iter();
    let (mut first, mut second) = (others.next().unwrap(), others.next().unwrap());
    let entered = limits.enter(user(1002)).unwrap();
    assert_eq!(first.taken_away.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    assert_eq!(second.taken_away.try_recv(), Err(oneshot::error::TryRecvError::Empty));
    // Giving it back afterwards takes nothing from whoever has it now.
    drop(first);
    assert_eq!(limits.table().taken.len(), 960);
    drop(entered);
    assert_eq!(limits.table().taken.len(), 959);
}

/// Numbers without a pattern, the same in every run.
fn numbers(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |below| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    }
}

/// Callers of one person with many user ids come and stay; whoever else comes with nothing gets in, and nobody is
/// turned away or put out for them who has less.
#[test]
fn whoever_has_no_place_gets_one_whatever_one_person_does() {
    for seed in 0..4 {
        let mut next = numbers(seed);
        let (mut places, mut last) = (Taken::new(), 0);
        for _ in 0..2500 {
            let honest = next(10) == 0;
            // Half of the attackers' user ids are of a known range, the others of a block.
            let caller = match (honest, next(2)) {
                (true, _) => user(1000 + next(300) as u32),
                (false, 0) => range(),
                (false, _) => user(1_310_720 + next(65_536) as u32),
            };
            let own = places.values().filter(|owner| **owner == caller).count();
            let admission = admit(&places, &caller);
            assert!(admission != Admission::TurnedAway || own > 0, "{caller:?} has none");
            if let Admission::Replaces(number) = admission {
                let put_out = places.remove(&number).unwrap();
                assert!(!matches!(put_out.area(), Area::User(_)), "{put_out:?} for {caller:?}");
            }
            if admission != Admission::TurnedAway {
                last += 1;
                places.insert(last, caller);
            }
            if next(20) == 0 {
                let at = next(places.len() as u64) as usize;
                let number = *places.keys().nth(at).unwrap();
                places.remove(&number);
            }
            assert!(places.len() <= TOTAL - KEPT_FOR_ROOT);
        }
        assert!(places.len() > 900, "it was full for a while");
    }
}
