//! The marker: a file that is there as long as there is a record.

use layout::{MARKER, draft_of};
use slots::Place;
use std::io;
use std::path::Path;

/// Makes it; durable when this returns.
pub(crate) fn make(place: &Place) -> io::Result<()> {
    if place.dir.holds(MARKER)? {
        return Ok(());
    }
    let draft = draft_of(Path::new(MARKER));
    place.dir.write_draft(&draft, TEXT)?;
    place.dir.rename(&draft, MARKER)?;
    Ok(place.dir.sync()?)
}

/// Takes it away after the last record.
pub(crate) fn remove(place: &Place) -> io::Result<()> {
    place.dir.remove(MARKER)?;
    Ok(place.dir.sync()?)
}

const TEXT: &[u8] =
    b"firmamentd keeps records here. Without this file it takes an empty directory for a first start.\n";
