//! Walks the pure machines breadth-first with one sample of every event, to draw docs/states.md.

pub mod device;
pub mod samples;
mod session;
mod sign_in;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One arrow: from a state, by an event, to a state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    /// The state before.
    pub from: &'static str,
    /// The event in a few words.
    pub event: &'static str,
    /// The state after.
    pub to: &'static str,
}

/// One machine: what it is, where it begins, and its arrows in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// What it is, as a heading.
    pub title: &'static str,
    /// The first state.
    pub begins: &'static str,
    /// Every arrow that the walk found; those that stay in their state are left out.
    pub arrows: Vec<Arrow>,
}

/// The charts of all machines.
pub fn charts() -> Vec<Chart> {
    let chart = |title, begins, arrows| Chart { title, begins, arrows };
    vec![
        chart("One tenant's device identity", "booting", device::arrows()),
        chart("One person's sign-in", "waiting_to_start", sign_in::arrows()),
        chart("One person's session", "empty", session::arrows()),
    ]
}

/// A machine and what is around it, which a way of moves leads somewhere.
trait Walker {
    /// What can happen.
    type Move: Copy + 'static;
    /// Every move, with its event in a few words.
    const MOVES: &'static [(Self::Move, &'static str)];

    /// The state now.
    fn state(&self) -> &'static str;
    /// Whether a work is in flight, whether a timer runs, and whether something else is different here.
    fn mark(&self) -> [bool; 3];
    /// Takes a move; false when it does not apply here.
    fn take(&mut self, step: Self::Move) -> bool;
}

/// Follows every way from the beginning, and shows each walker to `visit` where it has arrived.
fn walk<W: Walker>(begin: impl Fn() -> W, mut visit: impl FnMut(&W)) -> BTreeSet<Arrow> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeMap::<_, u32>::new();
    let mut queue: VecDeque<Vec<W::Move>> = VecDeque::from([Vec::new()]);
    while let Some(way) = queue.pop_front() {
        let (here, before) = along(&begin, &way);
        visit(&here);
        let from = here.state();
        // Two ways to a state may differ in what it remembers; a few of each are walked.
        let visits = seen.entry((from, before, here.mark())).or_default();
        *visits += 1;
        if *visits > WAYS || way.len() > LONGEST {
            continue;
        }
        for (step, event) in W::MOVES {
            let (mut next, _) = along(&begin, &way);
            if next.take(*step) {
                found.insert(Arrow { from, event, to: next.state() });
                queue.push_back(way.iter().copied().chain([*step]).collect());
            }
        }
    }
    found
}

/// A walker at the end of a way, and the state before its last move.
fn along<W: Walker>(begin: impl Fn() -> W, way: &[W::Move]) -> (W, &'static str) {
    let (mut walker, mut before) = (begin(), "");
    for step in way {
        before = walker.state();
        walker.take(*step);
    }
    (walker, before)
}

/// In order, without those that stay in their state.
fn drawn(found: BTreeSet<Arrow>) -> Vec<Arrow> {
    found.into_iter().filter(|arrow| arrow.from != arrow.to).collect()
}

/// Ways to one state that are walked on.
const WAYS: u32 = 8;
/// Moves of the longest way.
const LONGEST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use lifecycle::StateName;
    use signin::{Session, SessionState};

    #[test]
    fn every_state_is_drawn() {
        let names = [
            StateName::ALL.iter().map(|state| state.as_str()).collect::<BTreeSet<_>>(),
            Session::STATES.iter().copied().collect(),
            SessionState::ALL.iter().map(|state| state.as_str()).collect(),
        ];
        for (chart, names) in charts().iter().zip(names) {
            let drawn = chart.arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]).collect::<BTreeSet<_>>();
            assert_eq!(drawn, names, "{}", chart.title);
        }
    }
}
