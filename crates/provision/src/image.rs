//! A machine that becomes an image keeps nothing that two machines must not share (reliability.md E.5).

use crate::files::{delete, is_there, refused};
use crate::{Place, Refusal, Report};
use files::Dir;
use layout::draft_of;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What becomes of records that may be those of a registered machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// Nothing is deleted.
    Keep,
    /// They are deleted; a device object may stay in the tenant.
    LeaveBehind,
}

/// Deletes the records, the keys in them and the auth value of this machine; the configuration stays.
pub fn prepare(place: &Place, records: Records) -> Report {
    let plan = match plan(place, records) {
        Ok(plan) => plan,
        Err(refusal) => return Report { lines: Vec::new(), refused: Some(refusal) },
    };
    let mut lines = Vec::new();
    for path in &plan.doomed {
        match delete(path) {
            Ok(true) => lines.push(format!("Deleted: {}", path.display())),
            Ok(false) => {}
            Err(refusal) => return Report { lines, refused: Some(refusal) },
        }
    }
    lines.extend(plan.strange.iter().map(|path| format!("Left alone, not known here: {}", path.display())));
    lines.extend(place.token.iter().map(|token| {
        format!(
            "The keys in the PKCS#11 token {token} and its PIN \
        are still there: initialise the token anew, or keep both out of the image."
        )
    }));
    lines.push(UNLINKED.to_owned());
    lines.push(AFTERWARDS.to_owned());
    Report { lines, refused: None }
}

struct Plan {
    /// In the order of the deleting: without records an auth value does no harm, and the other way it would.
    doomed: Vec<PathBuf>,
    /// What else is in the state directory.
    strange: Vec<PathBuf>,
    /// Keeps the daemon out until everything is deleted.
    _lock: Option<Dir>,
}

fn plan(place: &Place, records: Records) -> Result<Plan, Refusal> {
    place.require_root()?;
    let lock = place.lock()?;
    if place.is_listening()? {
        return Err(Refusal::Listening(place.socket.clone()));
    }
    if records == Records::Keep && place.may_be_registered()? {
        return Err(Refusal::RecordsMayBeRegistered(place.state_dir.clone()));
    }
    let auth_values = auth_values(place)?;
    let (mut doomed, mut strange) = (Vec::new(), Vec::new());
    for path in entries(&place.state_dir)? {
        match path.file_name().is_some_and(|name| layout::is_ours(&name.to_string_lossy())) {
            true => doomed.push(path),
            false if auth_values.contains(&path) => {}
            false => strange.push(path),
        }
    }
    for path in place.name_files() {
        if is_there(&path)? {
            doomed.push(path);
        }
    }
    doomed.extend(auth_values);
    // As long as it is there, an interrupted run is no first start.
    doomed.sort_by_key(|path| path.file_name().is_some_and(|name| name == layout::MARKER));
    Ok(Plan { doomed, strange, _lock: lock })
}

/// The file and the credentials, with the drafts that a crash may have left.
fn auth_values(place: &Place) -> Result<Vec<PathBuf>, Refusal> {
    let mut paths = place.credentials()?;
    for path in [place.new_credential(), place.auth_file.clone()].map(|path| draft_of(&path)) {
        if is_there(&path)? {
            paths.push(path);
        }
    }
    paths.push(place.auth_file.clone());
    Ok(paths)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let failed = |cause| refused(dir, cause);
    let found = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let mut paths = Vec::new();
    for entry in found {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

const UNLINKED: &str = "Files were deleted, not overwritten; overwriting is ineffective on modern disks.";
const AFTERWARDS: &str = "The configuration is as it was. This machine has no identity now, and the next start of \
    firmamentd makes a new auth value: take the image before that.";
