//! A machine that becomes an image keeps nothing that two machines must not share (reliability.md E.5).

use super::files::{delete, draft_of, is_there, refused};
use super::place::{SLED, SLOTS};
use super::{Place, Refusal, Told};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What becomes of records that may be those of a registered machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Records {
    /// Nothing is deleted.
    Keep,
    /// They are deleted; a device object may stay in the tenant.
    LeaveBehind,
}

/// Deletes the records, the keys in them and the auth value of this machine; the configuration stays.
pub(crate) fn prepare(place: &Place, records: Records) -> Told {
    let plan = match plan(place, records) {
        Ok(plan) => plan,
        Err(refusal) => return Told { lines: Vec::new(), refused: Some(refusal) },
    };
    let mut lines = Vec::new();
    for path in &plan.doomed {
        match delete(path) {
            Ok(true) => lines.push(format!("Deleted: {}", path.display())),
            Ok(false) => {}
            Err(refusal) => return Told { lines, refused: Some(refusal) },
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
    Told { lines, refused: None }
}

struct Plan {
    /// In the order of the deleting: without records an auth value does no harm, and the other way it would.
    doomed: Vec<PathBuf>,
    /// What else is in the state directory.
    strange: Vec<PathBuf>,
    /// Keeps the daemon out until everything is deleted.
    _lock: Option<File>,
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
        match path.file_name().is_some_and(is_of_the_store) {
            true => doomed.push(path),
            false if auth_values.contains(&path) => {}
            false => strange.push(path),
        }
    }
    doomed.extend(auth_values);
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

/// What the store of the daemon makes in the state directory, and what boot-bound keys need besides.
fn is_of_the_store(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let begins = [BROKEN_SLED, BOOT_SECRET_DRAFT, OLD_BOOT_SECRETS];
    [SLOTS, SLOTS_DRAFT, SLED, BOOT_SECRET].contains(&&*name) || begins.iter().any(|it| name.starts_with(it))
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

const SLOTS_DRAFT: &str = "records.new";
const BOOT_SECRET: &str = "tpm-boot";
const OLD_BOOT_SECRETS: &str = "tpm-boot.old.";
const BOOT_SECRET_DRAFT: &str = "tpm-boot.new";
const BROKEN_SLED: &str = "sled.broken.";
const UNLINKED: &str = "Nothing was overwritten, which is of no use on a disk of today: \
    whoever reads the free blocks of this disk may find it there.";
const AFTERWARDS: &str = "The configuration is as it was. This machine has no identity now, and the next start of \
    firmamentd makes a new auth value: take the image before that.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_has_these_names_and_no_others() {
        for name in [
            "records.slots",
            "records.new",
            "sled",
            "sled.broken.0",
            "sled.broken.2",
            "tpm-boot",
            "tpm-boot.new",
            "tpm-boot.old.0",
        ] {
            assert!(is_of_the_store(OsStr::new(name)), "{name}");
        }
        for name in ["hsm-pin", "records", "sled2", "notes.txt", "etc"] {
            assert!(!is_of_the_store(OsStr::new(name)), "{name}");
        }
    }
}
