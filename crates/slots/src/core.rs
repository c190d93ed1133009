//! Slots and log as one: a commit that changes both stands as a whole or not at all.
//!
//! The log is written first, and its entry counts only with the slots of the same commit.

use crate::codec::{Changes, Records};
use crate::file::{Batch, Slots, SlotsFound};
use crate::log::{Entry, Log};
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
}

/// Bytes of the log that it takes to delete everything in it: they are kept free, so that nothing hinders a leave.
fn farewell(records: &Records) -> u64 {
    let keys = records.keys().filter(|key| group_of(key).is_none());
    keys.map(|key| key.to_string().len() as u64 + 9).sum()
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
    /// Makes a commit durable; `records` are those before it.
    ///
    /// # Errors
    /// What the disk says; the files have to be opened anew then. Also when a path leads elsewhere by now.
    pub fn write(&mut self, plan: &Plan, records: &Records) -> io::Result<()> {
        let (sequence, floor) = (self.sequence + 1, self.sequence);
        if !plan.log.is_empty() {
            let kept = if plan.log.values().any(Option::is_some) { farewell(records) } else { 0 };
            if !self.log.has_room(&plan.log, kept) {
                self.log.compact(&of_log(records), floor, (&plan.log, kept))?;
            }
            let needs = plan.groups.first().map(|(group, _)| *group);
            self.log.append((sequence, floor), needs, &plan.log)?;
        }
        if !plan.groups.is_empty() {
            let log = self.log.last();
            self.slots.write(&Batch { sequence, floor, log, lost: self.lost, groups: &plan.groups })?;
        }
        self.slots.check()?;
        self.log.check()?;
        self.sequence = sequence;
        Ok(())
    }
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
