//! Lines in turn: nobody starves, nothing is lost, and each line keeps its order.

use super::*;
use proptest::prelude::*;

/// Something that waits: whose it is, and the how manieth of all.
type Thing = (u8, usize);

#[derive(Debug, Clone)]
enum Step {
    Comes(u8),
    Served,
    /// Whatever came at a multiple of this is over.
    Over(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0_u8..6).prop_map(Step::Comes),
        4 => Just(Step::Served),
        1 => (2_usize..5).prop_map(Step::Over),
    ];
    prop::collection::vec(step, 0..200)
}

/// A queue by hand, with everything that happened.
struct Desk {
    queue: FairQueue<u8, Thing>,
    came: usize,
    served: Vec<Thing>,
    /// Those who had no place or were over.
    gone: Vec<Thing>,
    /// For everything that waits, how often each owner was served since it came, and how many were before it.
    waits: BTreeMap<Thing, (BTreeMap<u8, usize>, usize)>,
}

impl Desk {
    fn holding(most: usize) -> Desk {
        let (served, gone) = (Vec::new(), Vec::new());
        Desk { queue: FairQueue::new(most), came: 0, served, gone, waits: BTreeMap::new() }
    }

    fn does(&mut self, step: &Step) {
        match step {
            Step::Comes(owner) => self.comes(*owner),
            Step::Served => self.serves(),
            Step::Over(every) => {
                let taken = self.queue.take(|(_, number)| number % every == 0);
                self.gone.extend(taken);
            }
        }
        self.waits.retain(|thing, _| !self.gone.contains(thing));
        let waits: Vec<Thing> = self.queue.iter().copied().collect();
        assert_eq!(self.queue.len, waits.len());
        assert_eq!(self.queue.is_empty(), waits.is_empty());
    }

    fn comes(&mut self, owner: u8) {
        self.came += 1;
        let before = self.queue.iter().filter(|(of, _)| *of == owner).count();
        let displaced = self.queue.push(owner, (owner, self.came));
        self.waits.insert((owner, self.came), (BTreeMap::new(), before));
        self.gone.extend(displaced);
    }

    fn serves(&mut self) {
        let was_empty = self.queue.is_empty();
        let Some(thing) = self.queue.pop() else { return assert!(was_empty) };
        self.served.push(thing);
        let (others, before) = self.waits.remove(&thing).unwrap();
        for (owner, times) in others {
            assert!(
                times <= before + 1,
                "{owner} was served {times} times before {thing:?}, {before} in line"
            );
        }
        self.waits.values_mut().for_each(|(others, _)| *others.entry(thing.0).or_default() += 1);
    }
}

proptest! {
    #[test]
    fn nobody_is_served_twice_while_somebody_waits_for_the_first_time(steps in steps()) {
        let mut desk = Desk::holding(usize::MAX);
        steps.iter().for_each(|step| desk.does(step));
    }

    #[test]
    fn nothing_is_lost_or_served_twice_and_each_line_keeps_its_order(steps in steps(), most in 0_usize..40) {
        let mut desk = Desk::holding(most);
        steps.iter().for_each(|step| {
            desk.does(step);
            assert!(desk.queue.len <= most);
        });
        while !desk.queue.is_empty() {
            desk.serves();
        }
        let mut all: Vec<usize> = desk.served.iter().chain(&desk.gone).map(|(_, number)| *number).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (1..=desk.came).collect::<Vec<_>>());
        for owner in 0..6 {
            let own: Vec<usize> =
                desk.served.iter().filter(|(of, _)| *of == owner).map(|(_, number)| *number).collect();
            prop_assert!(own.is_sorted(), "{:?}", own);
        }
    }

    /// What the goal asks for: of many who come at once, nobody waits for more than their share.
    #[test]
    fn whoever_comes_with_many_has_waited_their_share_of_all(sizes in prop::collection::vec(1_usize..60, 1..8)) {
        let mut queue = FairQueue::new(usize::MAX);
        for (owner, size) in sizes.iter().enumerate() {
            (0..*size).for_each(|number| assert!(queue.push(owner, (owner, number)).is_none()));
        }
        let mut turns = 0;
        while let Some((owner, number)) = queue.pop() {
            turns += 1;
            prop_assert!(turns <= (number + 1) * sizes.len());
            prop_assert!(number < sizes[owner]);
        }
        prop_assert_eq!(turns, sizes.iter().sum::<usize>());
    }
}

#[test]
fn a_full_queue_takes_from_the_longest_line_alone() {
    // Who waits, who comes, and who goes.
    for (waits, comes, gone) in [
        ("aaab", 'b', Some('a')),
        ("aaab", 'c', Some('a')),
        ("aaab", 'a', Some('a')),
        ("aabb", 'a', Some('a')),
        ("aabb", 'c', Some('b')),
        ("aaabb", 'b', Some('b')),
        ("abcd", 'e', Some('e')),
        ("aab", 'b', Some('b')),
        ("", 'a', Some('a')),
    ] {
        let mut queue = FairQueue::new(waits.len());
        for (number, owner) in waits.chars().enumerate() {
            assert_eq!(queue.push(owner, (owner, number)), None);
        }
        let (number, before) = (waits.len(), queue.len);
        let told = queue.push(comes, (comes, number));
        assert_eq!(told.map(|(owner, _)| owner), gone, "{comes} to {waits}");
        let last = waits.chars().collect::<Vec<_>>().iter().rposition(|owner| Some(*owner) == gone);
        let last = if gone == Some(comes) { Some(number) } else { last };
        assert_eq!(told.map(|(_, number)| number), last, "the last of its line: {comes} to {waits}");
        assert_eq!(queue.len, before);
    }
}
