//! A story that is lived again and again, with the power cut after every possible number of its events.

use crate::{PowerCut, World};

/// Lives the story with a cut after 0, 1, 2 … events of it until none is left to cut. After each cut the power comes
/// back, and goes and comes once more on the way; then the world goes on to its end, which judges it. Gives back
/// how many places for a cut there were.
pub(super) fn cut_everywhere(
    begin: impl Fn(u64) -> World,
    story: impl Fn(&mut World) -> Result<(), PowerCut>,
    end: impl Fn(&mut World, u64),
) -> u64 {
    cut_every(1, begin, story, end)
}

/// The same with a cut after 0, `stride`, 2 `stride` … events, for stories that are lived in another order each time.
pub(super) fn cut_every(
    stride: usize,
    begin: impl Fn(u64) -> World,
    story: impl Fn(&mut World) -> Result<(), PowerCut>,
    end: impl Fn(&mut World, u64),
) -> u64 {
    for events in (0..).step_by(stride) {
        let mut world = begin(events);
        world.cut_power_after(events);
        let cut = story(&mut world).is_err();
        if cut {
            // A recovery is short: over the places of the first cut, the second one is everywhere in it.
            let _: Result<(), PowerCut> = world.restart_until(events % RECOVERY);
        }
        world.restart();
        end(&mut world, events);
        if !cut {
            return events;
        }
    }
    0
}

/// How many events of a recovery are cut.
const RECOVERY: u64 = 7;
