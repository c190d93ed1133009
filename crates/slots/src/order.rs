//! Which slots of a file stand: pure.
//!
//! Each slot says up to which commit everything was durable when it was written. The one commit after that may have
//! been cut off: its slots name each other in a ring, and stand only together.

use crate::file::Slot;
use std::collections::BTreeSet;

/// Those that stand, and those of the commit that was cut off. `floor` is known to be durable from elsewhere.
pub(crate) fn split(slots: &[Slot], floor: u64) -> (Vec<Slot>, Vec<Slot>) {
    let floor = slots.iter().map(|slot| slot.header.floor).fold(floor, u64::max);
    let written: BTreeSet<_> = slots.iter().map(|slot| (slot.header.sequence, slot.header.group)).collect();
    let broken: BTreeSet<u64> = slots
        .iter()
        .filter(|slot| slot.header.sequence > floor)
        .filter(|slot| !written.contains(&(slot.header.sequence, slot.header.needs)))
        .map(|slot| slot.header.sequence)
        .collect();
    slots.iter().partition(|slot| !broken.contains(&slot.header.sequence))
}
