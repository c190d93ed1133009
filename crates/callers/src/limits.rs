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
    held: BTreeMap<u64, Held>,
}

/// One taken place; dropping it tells the conversation that it ends.
#[derive(Debug)]
struct Held {
    owner: Owner,
    _keeps: oneshot::Sender<()>,
}

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
        let owners = table.held.iter().map(|(number, held)| (*number, &held.owner)).collect();
        match admit(&owners, &owner) {
            Admission::Enters => {}
            Admission::Replaces(number) => drop(table.held.remove(&number)),
            Admission::TurnedAway => return None,
        }
        table.last += 1;
        let number = table.last;
        let (_keeps, taken_away) = oneshot::channel();
        table.held.insert(number, Held { owner, _keeps });
        Some(Place { limits: self.clone(), number, taken_away })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // It may be somebody else's already, under another number.
        self.limits.table().held.remove(&self.number);
    }
}

/// The places are named in the order in which they were taken.
type Taken<'a> = BTreeMap<u64, &'a Owner>;

fn admit(taken: &Taken<'_>, caller: &Owner) -> Admission {
    let own = taken.values().filter(|owner| **owner == caller).count();
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
fn share(taken: &Taken<'_>, caller: &Owner, own: usize) -> Option<u64> {
    let people = || taken.iter().filter(|(_, owner)| ***owner != Owner::Root);
    let areas = count(people().map(|(_, owner)| owner.area()));
    let most = areas.values().max().copied()?;
    // Whoever is of the area with the most takes nothing from another one.
    let area = Some(caller.area()).filter(|area| areas.get(area) == Some(&most));
    let area = area.or_else(|| areas.into_iter().find(|(_, size)| *size == most).map(|(area, _)| area))?;
    let there = || people().filter(|(_, owner)| owner.area() == area);
    let owners = count(there().map(|(_, owner)| **owner));
    let most = owners.values().max().copied().filter(|most| *most > own)?;
    there().find(|(_, owner)| owners.get(**owner) == Some(&most)).map(|(number, _)| *number)
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
