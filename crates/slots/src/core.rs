//! Slots and log as one: a commit that changes both stands as a whole or not at all.
//!
//! The log is written first, and its entry counts only with the slots of the same commit.

use crate::codec::{Changes, GONE, Records};
use crate::file::{Batch, Slots, SlotsFound};
use crate::log::{Entry, Log, Payload};
use layout::slot::Group;
use std::io;
use store::{Change, RecordKey};

/// Both files of a state directory.
pub struct Core {
    /// Records of device identities.
    pub slots: Slots,
    /// All other records.
    pub log: Log,
    /// The number of the last commit.
    pub sequence: u64,
    /// Groups that were here and cannot be found.
    pub lost: u32,
    /// [`farewell`] of all records, counted once and then with each commit: it must not cost what is stored.
    farewell: Option<u64>,
}

/// Bytes that it takes to delete these records in one commit: they are kept free, so that nothing hinders a leave.
fn farewell<'k>(keys: impl Iterator<Item = &'k RecordKey>) -> u64 {
    keys.filter(|key| group_of(key).is_none()).count() as u64 * GONE
}

/// What a commit writes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Every record that is another one from now on.
    pub changes: Changes,
    /// All records that the groups have from now on that it changes.
    pub groups: Vec<(Group, Records)>,
    /// What it changes in the log.
    pub log: Changes,
}

/// The group of the slot file that a record is in; none for those of the log.
pub fn group_of(key: &RecordKey) -> Option<Group> {
    match key {
        RecordKey::Foreign(_) => Some([0; 16]),
        key => key.tenant().map(|tenant| *tenant.guid().as_bytes()),
    }
}

/// All records of a group.
pub fn of_group(records: &Records, group: &Group) -> Records {
    let mine = records.iter().filter(|(key, _)| group_of(key).as_ref() == Some(group));
    mine.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

/// All records of the log.
pub fn of_log(records: &Records) -> Records {
    let mine = records.iter().filter(|(key, _)| group_of(key).is_none());
    mine.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

impl Plan {
    /// What changes do to records; what they leave as it is, is not written.
    pub fn of(records: &Records, changes: &[Change]) -> Plan {
        let mut plan = Plan::default();
        for change in changes {
            match change {
                Change::Put(key, bytes) => drop(plan.changes.insert(key.clone(), Some(bytes.clone()))),
                Change::Delete(key) => drop(plan.changes.insert(key.clone(), None)),
                Change::GiveUpMissing => {}
            }
        }
        plan.changes.retain(|key, bytes| records.get(key) != bytes.as_ref());
        for (key, bytes) in &plan.changes {
            match group_of(key) {
                None => drop(plan.log.insert(key.clone(), bytes.clone())),
                Some(group) if plan.groups.iter().any(|(it, _)| *it == group) => {}
                Some(group) => plan.groups.push((group, Records::new())),
            }
        }
        for (group, after) in &mut plan.groups {
            *after = of_group(records, group);
            let mine = plan.changes.iter().filter(|(key, _)| group_of(key).as_ref() == Some(group));
            let mine: Changes = mine.map(|(key, bytes)| (key.clone(), bytes.clone())).collect();
            crate::codec::apply(after, &mine);
        }
        plan
    }
}

impl Core {
    /// Files that hold everything up to a commit.
    pub fn new((slots, log): (Slots, Log), sequence: u64, lost: u32) -> Core {
        Core { slots, log, sequence, lost, farewell: None }
    }

    /// Makes a commit durable; `records` are those before it.
    ///
    /// # Errors
    /// What the disk says; the files have to be opened anew then. Also when a path leads elsewhere by now.
    pub fn write(&mut self, plan: &Plan, records: &Records) -> io::Result<()> {
        let (sequence, floor) = (self.sequence + 1, self.sequence);
        if !plan.log.is_empty() {
            let all = *self.farewell.get_or_insert_with(|| farewell(records.keys()));
            let kept = plan.log.values().any(Option::is_some).then_some(all);
            let payload = Payload::of(&plan.log);
            if !self.log.has_room(&payload, kept) {
                self.log.compact(&of_log(records), floor, (&payload, kept))?;
            }
            let needs = plan.groups.first().map(|(group, _)| *group);
            self.log.append((sequence, floor), needs, &payload)?;
        }
        if !plan.groups.is_empty() {
            let log = self.log.last();
            self.slots.write(&Batch { sequence, floor, log, lost: self.lost, groups: &plan.groups })?;
        }
        self.slots.check()?;
        self.log.check()?;
        self.sequence = sequence;
        self.farewell = self.farewell.map(|all| farewell_after(all, &plan.log, records));
        Ok(())
    }
}

/// [`farewell`] of the records that changes leave, from that of those before.
fn farewell_after(all: u64, changes: &Changes, before: &Records) -> u64 {
    let new = changes.iter().filter(|(key, bytes)| bytes.is_some() && !before.contains_key(key));
    let gone = changes.iter().filter(|(key, bytes)| bytes.is_none() && before.contains_key(key));
    let (new, gone) = (farewell(new.map(|(key, _)| key)), farewell(gone.map(|(key, _)| key)));
    (all + new).saturating_sub(gone)
}

/// The records of the log's entries; the last one only where the slots of its commit stand, or where everything up to
/// `floor` is known to be durable.
///
/// # Errors
/// When an entry that does not stand cannot be overwritten.
pub fn settle_log(
    (log, mut entries): (&mut Log, Vec<Entry>),
    slots: Option<&SlotsFound>,
    (floor, writable): (u64, bool),
) -> io::Result<Records> {
    let stands = |entry: &Entry| match (entry.needs, slots) {
        (Some(group), Some(slots)) if entry.sequence > floor => {
            slots.groups.get(&group).is_some_and(|found| found.sequence >= entry.sequence)
        }
        // Where the slots are lost nobody knows: what it took away must not come back.
        _ => true,
    };
    while entries.last().is_some_and(|entry| !stands(entry)) {
        log.drop_last(&mut entries, writable)?;
    }
    let mut records = Records::new();
    entries.iter().for_each(|entry| crate::codec::apply(&mut records, &entry.changes));
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_leave_needs_is_counted_with_each_commit_as_it_is_from_the_beginning() {
        let name = |n: u64| RecordKey::Account(format!("user{}@contoso.com", 1 << (n % 7)).parse().unwrap());
        let (mut records, mut all) = (Records::new(), 0);
        // Put, put again, deleted, deleted again: in an order that no name repeats.
        for n in 0..500_u64 {
            let bytes = (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60 > 6).then(|| vec![n as u8; 3]);
            let changes = Changes::from([(name(n * n), bytes.clone()), (name(n + 3), None)]);
            all = farewell_after(all, &changes, &records);
            crate::codec::apply(&mut records, &changes);
            assert_eq!(all, farewell(records.keys()), "{n}");
        }
        assert!(!records.is_empty());
    }
}
