//! What lies in the state directory, before anything is made of it.

use crate::content::Content;
use crate::mirror::{Fault, Mirror};
use crate::old;
use crate::open::{How, refused, unusable};
use layout::slot::{FIRST_FORMAT, FORMAT};
use layout::{LOG, SLED, SLOTS};
use slots::Scan;
use slots::{FileMedium, Medium};
use slots::{Log, LogFound};
use store::StoreError;

/// A slot file with slots.
pub(crate) struct SlotFile {
    pub(crate) medium: Box<dyn Medium>,
    pub(crate) scan: Scan,
}

/// One of the two files, as it was found.
pub(crate) enum Found<T> {
    Missing,
    /// It has only zeros.
    Empty,
    Unreadable,
    Old(FileMedium, bool),
    There(T, bool),
}

impl<T> Found<T> {
    pub(crate) fn is_there(&self) -> bool {
        matches!(self, Found::There(..))
    }

    pub(crate) fn is_read_only(&self) -> bool {
        matches!(self, Found::Old(_, false) | Found::There(_, false))
    }
}

pub(crate) fn look_at_slots(how: &How<'_>) -> Result<Found<SlotFile>, StoreError> {
    let (medium, writable) = match FileMedium::open(how.place, SLOTS) {
        Err(error) if error.is_not_found() => return Ok(Found::Missing),
        other => other.map_err(|error| refused(how, error))?,
    };
    let failed = |cause| unusable(how, cause);
    match old::named_format(&medium).map_err(failed)? {
        Some(found) if found > FORMAT => {
            Err(StoreError::Newer { key: "all".to_owned(), found, known: FORMAT })
        }
        Some(found) if found < FIRST_FORMAT => Ok(Found::Old(medium, writable)),
        _ => {
            let scan = slots::scan(&medium).map_err(failed)?;
            if !scan.slots.is_empty() {
                return Ok(Found::There(SlotFile { medium: Box::new(medium), scan }, writable));
            }
            Ok(if slots::is_empty(&medium).map_err(failed)? { Found::Empty } else { Found::Unreadable })
        }
    }
}

pub(crate) fn look_at_log(how: &How<'_>) -> Result<Found<LogFound>, StoreError> {
    let (medium, writable) = match FileMedium::open(how.place, LOG) {
        Err(error) if error.is_not_found() => return Ok(Found::Missing),
        other => other.map_err(|error| refused(how, error))?,
    };
    let found = Log::open(Box::new(medium), how.cipher.clone()).map_err(|cause| unusable(how, cause))?;
    Ok(found.map_or(Found::Unreadable, |found| Found::There(found, writable)))
}

/// The database; where it has to stand in for a file, a copy is kept of what opening it might change.
pub(crate) fn open_mirror(
    how: &How<'_>,
    whole: bool,
    remarks: &mut Vec<String>,
) -> Result<(Option<Mirror>, Option<Content>), StoreError> {
    let dir = how.place.dir.path().join(SLED);
    // One that somebody holds is whole, and may be all that knows the newest state.
    if Mirror::is_held(&dir) {
        return Err(StoreError::InUse { dir: dir.display().to_string() });
    }
    let there = how.place.dir.holds(SLED).map_err(|error| refused(how, error))?;
    let changes = !whole && there && how.marker;
    if let Some(Err(error)) = changes.then(|| how.place.keep_copy(SLED)) {
        remarks.push(format!("sled is not used: it cannot be copied first ({error})"));
        return Ok((None, None));
    }
    let why = match Mirror::open(&dir, how.cipher.clone()) {
        Ok((mirror, content)) => return Ok((Some(mirror), Some(content))),
        Err(Fault::Unusable(why)) => {
            remarks.push(format!("sled cannot be used now, slots and log go on alone: {why}"));
            return Ok((None, None));
        }
        Err(Fault::Damaged(why)) => why,
    };
    let anew = how.place.set_aside(SLED).map_err(|error| Fault::Unusable(error.to_string()));
    let anew = anew.and_then(|aside| Mirror::open(&dir, how.cipher.clone()).map(|opened| (aside, opened)));
    match anew {
        Ok((aside, (mirror, content))) => {
            remarks.push(format!("sled is damaged ({why}); it was moved to {aside} and rebuilt"));
            Ok((Some(mirror), Some(content)))
        }
        Err(Fault::Unusable(error) | Fault::Damaged(error)) => {
            remarks.push(format!("sled is damaged ({why}) and cannot be moved aside: {error}"));
            Ok((None, None))
        }
    }
}
