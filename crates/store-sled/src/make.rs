//! New files, whole before they get their names.

use crate::open::How;
use layout::slot::Group;
use layout::{LOG, SLOTS};
use slots::FileMedium;
use slots::group_of;
use slots::{Batch, FIRST_LENGTH, Scan, Slots};
use slots::{Changes, Records};
use slots::{Log, Payload, first_area};
use std::collections::BTreeMap;
use std::io;

pub(crate) fn new_log(how: &How<'_>, records: &Records, sequence: u64) -> io::Result<Log> {
    let (begin, length) = first_area();
    let medium = FileMedium::make(how.place, LOG, &begin, length)?;
    let opened = Log::open(Box::new(medium), how.cipher.clone())?;
    let mut log = opened.ok_or_else(|| io::Error::other("a new log cannot be read"))?.log;
    if !records.is_empty() {
        log.compact(records, sequence, (&Payload::of(&Changes::new()), None))?;
    }
    log.publish()?;
    Ok(log)
}

/// A slot file whose first slots are of this commit; without groups it says that there is none.
pub(crate) fn new_slots(how: &How<'_>, records: &Records, (sequence, log): (u64, u64)) -> io::Result<Slots> {
    let medium = FileMedium::make(how.place, SLOTS, &slots::first_block(), FIRST_LENGTH)?;
    let nothing = Scan { slots: Vec::new(), damaged: Vec::new() };
    let (mut slots, _) = Slots::load(Box::new(medium), how.cipher.clone(), &nothing, (0, true))?;
    let mut groups: BTreeMap<Group, Records> = BTreeMap::new();
    for (key, bytes) in records {
        if let Some(group) = group_of(key) {
            groups.entry(group).or_default().insert(key.clone(), bytes.clone());
        }
    }
    if groups.is_empty() {
        groups.insert([0; 16], Records::new());
    }
    let groups: Vec<_> = groups.into_iter().collect();
    let floor = sequence.saturating_sub(1);
    slots.write(&Batch { sequence, floor, log, lost: 0, groups: &groups })?;
    slots.publish()?;
    Ok(slots)
}
