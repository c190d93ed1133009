//! What a start finds in the state directory, and what it makes of it.
//!
//! Nothing is deleted and nothing that cannot be read is overwritten: it is moved aside when something whole takes
//! its place.

use crate::content::{Content, Writes};
use crate::look::{Found, SlotFile, look_at_log, look_at_slots, open_mirror};
use crate::make::{new_log, new_slots};
use crate::merge::{self, Merged, Sources};
use crate::mirror::Mirror;
use crate::old;
use files::FileError;
use layout::{LOG, SLOTS};
use slots::Cipher;
use slots::{Changes, Records};
use slots::{Core, Plan, of_log, settle_log};
use slots::{FileMedium, Place};
use slots::{Log, LogFound};
use slots::{Scan, Slots, SlotsFound};
use std::io;
use store::StoreError;

/// A store as it was opened.
pub(crate) struct Opened {
    /// None where nothing may be written.
    pub(crate) core: Option<Core>,
    pub(crate) records: Records,
    pub(crate) mirror: Option<Mirror>,
    /// What was here and is not any more.
    pub(crate) lost: Option<String>,
    pub(crate) remarks: Vec<String>,
}

/// How to open.
pub(crate) struct How<'a> {
    pub(crate) place: &'a Place,
    pub(crate) cipher: &'a Cipher,
    /// Whether the marker says that there were records.
    pub(crate) marker: bool,
    /// Whether to go on without what is lost.
    pub(crate) give_up: bool,
}

pub(crate) fn open(how: &How<'_>) -> Result<Opened, StoreError> {
    let slots = look_at_slots(how)?;
    let log = look_at_log(how)?;
    let writable = !slots.is_read_only() && !log.is_read_only();
    let mut remarks = Vec::new();
    if !writable {
        remarks.push("the state directory cannot be written: nothing can be registered".to_owned());
    }
    let is_old = matches!(slots, Found::Old(..));
    let whole = (slots.is_there() && log.is_there()) || is_old;
    let (mut mirror, content) = match writable {
        true => open_mirror(how, whole, &mut remarks)?,
        false => (None, None),
    };
    let mut opened = match slots {
        Found::Old(medium, _) => bring_over(how, &medium, (content.as_ref(), writable), &mut remarks)?,
        slots => put_together(how, (slots, log), (content.as_ref(), writable), &mut remarks)?,
    };
    if let (Some(mirror), Some(core)) = (&mut mirror, &opened.core) {
        mirror.write(catch_up(&opened.records, core, content.unwrap_or_default()));
    }
    opened.mirror = mirror.filter(|_| opened.core.is_some());
    opened.remarks = remarks;
    Ok(opened)
}

/// Reads a directory of the format before and writes it anew, the slot file last: until then it is the old one.
fn bring_over(
    how: &How<'_>,
    medium: &FileMedium,
    (content, writable): (Option<&Content>, bool),
    remarks: &mut Vec<String>,
) -> Result<Opened, StoreError> {
    let failed = |cause| unusable(how, cause);
    let found = old::read(medium, how.cipher).map_err(failed)?;
    if found.damaged > 0 {
        remarks.push(format!("{} of 2 slots of the state is damaged; the other copy is used", found.damaged));
    }
    let from_sled = content.and_then(|content| content.old.clone());
    let newest = found.newest.into_iter().chain(from_sled).max_by_key(|(generation, _)| *generation);
    let Some((generation, records)) = newest else {
        if found.sealed_otherwise > 0 {
            return Err(StoreError::WrongAuthValue { dir: how.place.path.display().to_string() });
        }
        let what = format!("no slot of {SLOTS} can be read");
        return match how.give_up {
            true => begin_anew(how, &Records::new(), 0).map_err(failed),
            false => Ok(nothing_written(Records::new(), Some(what))),
        };
    };
    if !writable {
        return Ok(nothing_written(records, None));
    }
    let brought = begin_anew(how, &records, generation);
    Ok(brought.unwrap_or_else(|error| cannot_write(records, None, &error, remarks)))
}

/// A disk that is full, or fails, when files are to be made: what is known is known, and nothing is written.
fn cannot_write(
    records: Records,
    lost: Option<String>,
    error: &io::Error,
    remarks: &mut Vec<String>,
) -> Opened {
    remarks.push(format!("the state directory cannot be written, nothing can be registered: {error}"));
    nothing_written(records, lost)
}

/// New files with these records; what stands in their way is in the format before, or was moved aside.
fn begin_anew(how: &How<'_>, records: &Records, sequence: u64) -> io::Result<Opened> {
    let log = new_log(how, &of_log(records), sequence)?;
    crate::marker::make(how.place)?;
    let slots = new_slots(how, records, (sequence + 1, log.last()))?;
    let core = Core::new((slots, log), sequence + 1, 0);
    Ok(Opened { core: Some(core), ..nothing_written(records.clone(), None) })
}

fn put_together(
    how: &How<'_>,
    (slots, log): (Found<SlotFile>, Found<LogFound>),
    (content, writable): (Option<&Content>, bool),
    remarks: &mut Vec<String>,
) -> Result<Opened, StoreError> {
    let failed = |cause| unusable(how, cause);
    let no_slots = matches!(slots, Found::Missing | Found::Empty);
    let no_log = match &log {
        Found::There(found, _) => found.entries.is_empty() && !found.damaged && !found.sealed_otherwise,
        log => matches!(log, Found::Missing),
    };
    let fresh = !how.marker && no_slots && no_log;
    if fresh && content.is_none_or(Content::is_empty) {
        let made = fresh_start(how);
        return Ok(made.unwrap_or_else(|error| cannot_write(Records::new(), None, &error, remarks)));
    }
    let (mut sources, files) = read_files((how.cipher, writable), (slots, log), content).map_err(failed)?;
    if sources.sealed_otherwise {
        return Err(StoreError::WrongAuthValue { dir: how.place.path.display().to_string() });
    }
    sources.content = content;
    let merged = merge::merge(sources);
    remarks.extend(merged.remarks.iter().cloned());
    if !writable || (merged.lost.is_some() && !how.give_up && !merged.can_write) {
        return Ok(nothing_written(merged.records, merged.lost));
    }
    let (records, lost) = (merged.records.clone(), merged.lost.clone());
    let repaired = repair(how, files, merged);
    Ok(repaired.unwrap_or_else(|error| cannot_write(records, lost, &error, remarks)))
}

/// Nothing was ever written here.
fn fresh_start(how: &How<'_>) -> io::Result<Opened> {
    let log = new_log(how, &Records::new(), 0)?;
    let slots = new_slots(how, &Records::new(), (0, 0))?;
    let core = Core::new((slots, log), 0, 0);
    Ok(Opened { core: Some(core), ..nothing_written(Records::new(), None) })
}

/// The files that can go on being used.
pub(crate) type Files = (Option<Slots>, Option<Log>);

pub(crate) fn read_files(
    (cipher, writable): (&Cipher, bool),
    (slots, log): (Found<SlotFile>, Found<LogFound>),
    content: Option<&Content>,
) -> io::Result<(Sources<'static>, Files)> {
    let mut sources = Sources { missing_slots: matches!(slots, Found::Missing), ..Sources::default() };
    sources.missing_log = matches!(log, Found::Missing);
    let mut floor = content.map_or(0, Content::top);
    if let Found::There(log, _) = &log {
        floor = log.entries.iter().map(|entry| entry.floor).fold(floor, u64::max);
    }
    let mut files: Files = (None, None);
    if let Found::There(SlotFile { medium, scan }, _) = slots {
        floor = scan.slots.iter().map(|slot| slot.header.floor).fold(floor, u64::max);
        let (slots, found) = Slots::load(medium, cipher.clone(), &scan, (floor, writable))?;
        sources.sealed_otherwise = found.groups.is_empty() && found.sealed_otherwise > 0;
        sources.damaged = damaged(&scan, &found, floor);
        sources.slots = Some(found);
        files.0 = Some(slots);
    }
    if let Found::There(found, _) = log {
        let LogFound { mut log, entries, damaged, sealed_otherwise } = found;
        sources.sealed_otherwise |= sealed_otherwise;
        sources.log_damaged = damaged;
        let records = settle_log((&mut log, entries), sources.slots.as_ref(), (floor, writable))?;
        sources.log = Some((log.last(), records));
        files.1 = Some(log);
    }
    Ok((sources, files))
}

/// Slots that were durable and are not whole any more, although they are newer than what is read of their group.
fn damaged(scan: &Scan, found: &SlotsFound, floor: u64) -> usize {
    let newer = |header: &&layout::slot::Header| {
        header.sequence <= floor
            && found.groups.get(&header.group).is_none_or(|group| group.sequence < header.sequence)
    };
    scan.damaged.iter().filter(newer).count()
}

/// Brings the files to what was merged; those that cannot be used are moved aside and made anew.
fn repair(how: &How<'_>, (mut slots, log): Files, merged: Merged) -> io::Result<Opened> {
    slots.iter_mut().try_for_each(Slots::name_format)?;
    let Merged { records, sequence, lost_groups, newer_in_sled, log_anew, slots_anew, .. } = merged;
    let log = match log.filter(|_| !log_anew) {
        Some(log) => log,
        None => {
            set_aside(how, LOG)?;
            new_log(how, &of_log(&records), sequence)?
        }
    };
    let (slots, sequence) = match slots.filter(|_| !slots_anew) {
        Some(slots) => (slots, sequence),
        None => {
            set_aside(how, SLOTS)?;
            (new_slots(how, &records, (sequence + 1, log.last()))?, sequence + 1)
        }
    };
    let lost = if how.give_up { 0 } else { lost_groups };
    let mut core = Core::new((slots, log), sequence, lost);
    let mut again = newer_in_sled;
    if how.give_up && lost_groups > 0 {
        again.extend(core.slots.groups().next());
    }
    let groups = again.into_iter().map(|group| (group, slots::of_group(&records, &group))).collect();
    core.write(&Plan { groups, ..Plan::default() }, &records)?;
    let lost = merged.lost.filter(|_| !how.give_up);
    Ok(Opened { core: Some(core), ..nothing_written(records, lost) })
}

fn set_aside(how: &How<'_>, name: &str) -> io::Result<()> {
    if how.place.dir.holds(name)? {
        how.place.set_aside(name)?;
    }
    Ok(())
}

/// What the database lacks of these records.
fn catch_up(records: &Records, core: &Core, content: Content) -> Writes {
    let mut changes = Changes::new();
    for (key, bytes) in records {
        if content.records.get(key) != Some(bytes) {
            changes.insert(key.clone(), Some(bytes.clone()));
        }
    }
    let gone = content.records.into_keys().filter(|key| !records.contains_key(key));
    changes.extend(gone.map(|key| (key, None)));
    let groups =
        core.slots.groups().chain(content.groups.into_keys()).map(|group| (group, core.sequence)).collect();
    Writes { sequence: core.sequence, changes, groups, log: Some(core.log.last()) }
}

fn nothing_written(records: Records, lost: Option<String>) -> Opened {
    Opened { core: None, records, mirror: None, lost, remarks: Vec::new() }
}

pub(crate) fn refused(how: &How<'_>, error: FileError) -> StoreError {
    unusable(how, error.into())
}

pub(crate) fn unusable(how: &How<'_>, cause: io::Error) -> StoreError {
    StoreError::Open { dir: how.place.path.display().to_string(), cause }
}
