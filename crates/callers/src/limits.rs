//! Who gets one of the places at the socket: counted by what one person cannot multiply, and shared when full.

use crate::owners::Owner;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// How many connections there may be: 10 of each owner and 1,024 in all, of which 64 are kept for root; root has no
/// limit of its own.
///
/// When all are taken, somebody with fewer places than others gets the oldest of those that have the most: whoever
/// has none yet is never turned away because of the others.
#[derive(Debug, Default)]
pub struct Limits(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    last: u64,
    taken: Taken,
    /// By the same numbers; dropping one tells its conversation that it ends.
    keeps: BTreeMap<u64, oneshot::Sender<()>>,
}

/// Whose each place is; they are named in the order in which they were taken.
type Taken = BTreeMap<u64, Owner>;

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub struct Place {
    limits: Arc<Limits>,
    number: u64,
    /// Ends when the place is somebody else's.
    pub taken_away: oneshot::Receiver<()>,
}

/// What becomes of a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Admission {
    Enters,
    /// In the place of the connection of this number.
    Replaces(u64),
    TurnedAway,
}

impl Limits {
    /// Takes a place, if there is one for this owner.
    pub fn enter(self: &Arc<Self>, owner: Owner) -> Option<Place> {
        let mut table = self.table();
        match admit(&table.taken, &owner) {
            Admission::Enters => {}
            Admission::Replaces(number) => table.give_back(number),
            Admission::TurnedAway => return None,
        }
        table.last += 1;
        let number = table.last;
        let (keeps, taken_away) = oneshot::channel();
        table.taken.insert(number, owner);
        table.keeps.insert(number, keeps);
        Some(Place { limits: self.clone(), number, taken_away })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It may be somebody else's already, under another number.
        self.limits.table().give_back(self.number);
    }
}

impl Table {
    fn give_back(&mut self, number: u64) {
        self.taken.remove(&number);
        self.keeps.remove(&number);
    }
}

fn admit(taken: &Taken, caller: &Owner) -> Admission {
    let own = taken.values().filter(|owner| *owner == caller).count();
    match caller {
        Owner::Root if taken.len() < TOTAL => Admission::Enters,
        Owner::Root => Admission::TurnedAway,
        _ if own >= PER_OWNER => Admission::TurnedAway,
        _ if taken.len() < TOTAL - KEPT_FOR_ROOT => Admission::Enters,
        _ => share(taken, caller, own).map_or(Admission::TurnedAway, Admission::Replaces),
    }
}

/// The place that a caller gets when all are taken: the oldest of the owner with the most places, in the area with
/// the most.
fn share(taken: &Taken, caller: &Owner, own: usize) -> Option<u64> {
    let people = || taken.iter().filter(|(_, owner)| **owner != Owner::Root);
    let areas = count(people().map(|(_, owner)| owner.area()));
    let most = areas.values().max().copied()?;
    // Whoever is of the area with the most takes nothing from another one.
    let area = Some(caller.area()).filter(|area| areas.get(area) == Some(&most));
    let area = area.or_else(|| areas.into_iter().find(|(_, size)| *size == most).map(|(area, _)| area))?;
    let there = || people().filter(|(_, owner)| owner.area() == area);
    let owners = count(there().map(|(_, owner)| *owner));
    let most = owners.values().max().copied().filter(|most| *most > own)?;
    there().find(|(_, owner)| owners.get(owner) == Some(&most)).map(|(number, _)| *number)
}

fn count<T: Ord>(all: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    all.fold(BTreeMap::new(), |mut counts, one| {
        *counts.entry(one).or_default() += 1;
        counts
    })
}

const PER_OWNER: usize = 10;
const TOTAL: usize = 1_024;
const KEPT_FOR_ROOT: usize = 64;

#[cfg(test)]
#[path = "tests/limits.rs"]
mod tests;
