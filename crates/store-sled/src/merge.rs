//! Which copy of each record counts: pure.

use crate::content::Content;
use layout::slot::Group;
use layout::{LOG, SLOTS};
use slots::Records;
use slots::SlotsFound;
use slots::{group_of, of_group, of_log};

/// What was read.
#[derive(Default)]
pub(crate) struct Sources<'c> {
    /// None where the file is not there or cannot be read.
    pub(crate) slots: Option<SlotsFound>,
    pub(crate) missing_slots: bool,
    /// Slots of which a newer one is known to have been whole.
    pub(crate) damaged: usize,
    /// The sequence of the last entry, and the records.
    pub(crate) log: Option<(u64, Records)>,
    pub(crate) missing_log: bool,
    pub(crate) log_damaged: bool,
    pub(crate) content: Option<&'c Content>,
    /// Whether a file is whole and under another key.
    pub(crate) sealed_otherwise: bool,
}

/// What counts.
#[derive(Default)]
pub(crate) struct Merged {
    pub(crate) records: Records,
    /// The last commit that is known.
    pub(crate) sequence: u64,
    /// What was here and is not any more.
    pub(crate) lost: Option<String>,
    pub(crate) lost_groups: u32,
    /// Whether the files can be written although something is lost.
    pub(crate) can_write: bool,
    /// Groups that only sled has as they are.
    pub(crate) newer_in_sled: Vec<Group>,
    pub(crate) slots_anew: bool,
    pub(crate) log_anew: bool,
    pub(crate) remarks: Vec<String>,
}

pub(crate) fn merge(sources: Sources<'_>) -> Merged {
    let content = sources.content.filter(|content| !content.is_empty());
    let mut merged = Merged { can_write: true, ..Merged::default() };
    if let Some((generation, records)) = content.and_then(|content| content.old.clone()) {
        return from_old(sources, (generation, records));
    }
    merged.sequence = sequence(&sources);
    merge_slots(&sources, content, &mut merged);
    merge_log(&sources, content, &mut merged);
    merged
}

/// Files of today beside a database of before: it was not reached when they were made, and counts where they are lost.
fn from_old(sources: Sources<'_>, (generation, records): (u64, Records)) -> Merged {
    let whole = sources.slots.is_some() && sources.log.is_some() && !sources.log_damaged;
    if whole {
        return merge(Sources { content: None, ..sources });
    }
    let sequence = sequence(&sources).max(generation);
    let remarks = vec!["the state was rebuilt from sled".to_owned()];
    Merged {
        records,
        sequence,
        can_write: true,
        slots_anew: true,
        log_anew: true,
        remarks,
        ..Merged::default()
    }
}

fn sequence(sources: &Sources<'_>) -> u64 {
    let slots = sources.slots.as_ref().and_then(|slots| slots.newest).map_or(0, |header| header.sequence);
    let log = sources.log.as_ref().map_or(0, |(last, _)| *last);
    slots.max(log).max(sources.content.map_or(0, Content::top))
}

fn merge_slots(sources: &Sources<'_>, content: Option<&Content>, merged: &mut Merged) {
    let log = sources.log.as_ref().map_or(0, |(last, _)| *last);
    let Some(slots) = &sources.slots else {
        merged.slots_anew = true;
        match content.filter(|content| content.log >= log) {
            Some(content) => {
                let groups = content.records.iter().filter(|(key, _)| group_of(key).is_some());
                merged.records.extend(groups.map(|(key, bytes)| (key.clone(), bytes.clone())));
                merged.remarks.push(format!("{SLOTS} was rebuilt from sled"));
            }
            None => lose(merged, SLOTS, sources.missing_slots),
        }
        return;
    };
    for found in slots.groups.values() {
        merged.records.extend(found.records.clone());
    }
    let declared = slots.newest.map_or(0, |header| header.groups);
    let newest = slots.newest.map_or(0, |header| header.sequence);
    let short = live(&merged.records) < declared;
    for (group, at) in content.into_iter().flat_map(|content| &content.groups) {
        let known = slots.groups.get(group).map(|found| found.sequence);
        if known.map_or(short || *at > newest, |known| *at > known) {
            merged.records.retain(|key, _| group_of(key).as_ref() != Some(group));
            merged
                .records
                .extend(content.map(|content| of_group(&content.records, group)).unwrap_or_default());
            merged.newer_in_sled.push(*group);
        }
    }
    if !merged.newer_in_sled.is_empty() {
        let count = merged.newer_in_sled.len();
        merged.remarks.push(format!("{count} damaged or older parts of {SLOTS} were rebuilt from sled"));
    } else if sources.damaged > 0 {
        let count = sources.damaged;
        merged.remarks.push(format!("{count} slots of the state are damaged; the ones before are used"));
    }
    merged.lost_groups = declared.saturating_sub(live(&merged.records));
    if merged.lost_groups > 0 {
        merged.lost = Some(format!("the slots of {} tenants in {SLOTS} cannot be read", merged.lost_groups));
    }
}

fn merge_log(sources: &Sources<'_>, content: Option<&Content>, merged: &mut Merged) {
    let declared = sources.slots.as_ref().and_then(|slots| slots.newest).map_or(0, |header| header.log);
    let (last, records) = sources.log.as_ref().map_or((0, None), |(last, records)| (*last, Some(records)));
    let records = || records.into_iter().flatten().map(|(key, bytes)| (key.clone(), bytes.clone()));
    let whole = sources.log.is_some() && !sources.log_damaged && last >= declared;
    let wanted = if whole { last + 1 } else { declared.max(last) };
    match content.filter(|content| content.log >= wanted) {
        Some(content) => {
            merged.log_anew = true;
            merged.records.extend(of_log(&content.records));
            merged.remarks.push(format!("{LOG} was rebuilt from sled"));
        }
        None if whole => merged.records.extend(records()),
        None => {
            merged.log_anew = true;
            merged.records.extend(records());
            lose(merged, LOG, sources.missing_log);
        }
    }
}

fn lose(merged: &mut Merged, file: &str, missing: bool) {
    let what = if missing { format!("{file} is not there") } else { format!("{file} cannot be read") };
    merged.lost = Some(merged.lost.take().map_or(what.clone(), |before| format!("{before}, and {what}")));
    merged.can_write = false;
}

/// Groups that have a record.
fn live(records: &Records) -> u32 {
    let groups: std::collections::BTreeSet<Group> = records.keys().filter_map(group_of).collect();
    u32::try_from(groups.len()).unwrap_or(u32::MAX)
}
