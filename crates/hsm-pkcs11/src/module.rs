//! Which file may be loaded into this process: one that root alone can replace.

use hsm::HsmError;
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Who may own the module and the directories on the way to it, besides root.
///
/// The default trusts root alone, from `/` on; anything else is for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// A user id that is trusted like root.
    pub owner: u32,
    /// The directory below which owners and modes are looked at; it is trusted itself.
    pub below: PathBuf,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust { owner: ROOT, below: PathBuf::from("/") }
    }
}

/// The real path of a module that nobody but its trusted owner can replace.
///
/// Every link is followed by hand, so the directories that the links stand in are judged too.
///
/// # Errors
/// [`HsmError::Backend`] that names the path at fault: not absolute, not there, of another owner, writable
/// by group or others, not a file.
pub(crate) fn resolve(path: &Path, trust: &Trust) -> Result<PathBuf, HsmError> {
    let Ok(below) = path.strip_prefix(&trust.below) else {
        return Err(refused(path, "is not an absolute path to a trusted place"));
    };
    let mut here = trust.below.clone();
    let mut rest = names(below);
    let mut links = 0;
    while let Some(name) = rest.pop_front() {
        if name == OsStr::new("..") {
            here.pop();
            continue;
        }
        let next = here.join(name);
        let found = fs::symlink_metadata(&next).map_err(|error| refused(&next, &error.to_string()))?;
        judge(&next, &found, trust)?;
        if !found.is_symlink() {
            here = next;
            continue;
        }
        links += 1;
        let target = fs::read_link(&next).map_err(|error| refused(&next, &error.to_string()))?;
        if links > MOST_LINKS {
            return Err(refused(&next, "is one link too many"));
        }
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        rest = names(&target).into_iter().chain(rest).collect();
    }
    if here.is_file() { Ok(here) } else { Err(refused(&here, "is not a file")) }
}

fn names(path: &Path) -> VecDeque<OsString> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(name).collect()
}

fn judge(path: &Path, found: &Metadata, trust: &Trust) -> Result<(), HsmError> {
    if found.uid() != ROOT && found.uid() != trust.owner {
        return Err(refused(path, "is not owned by root"));
    }
    // The mode of a link says nothing: only who may write the directory that it stands in can change it.
    if !found.is_symlink() && found.mode() & 0o022 != 0 {
        return Err(refused(path, "can be written by others than root"));
    }
    Ok(())
}

fn refused(path: &Path, why: &str) -> HsmError {
    HsmError::Backend(format!("the PKCS#11 module is not loaded: {} {why}", path.display()))
}

const ROOT: u32 = 0;
/// As many as Linux follows.
const MOST_LINKS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    struct Place(tempfile::TempDir);

    impl Place {
        /// `lib/pkcs11/module.so`, and `module.so` and `loop.so` as links, all in order.
        fn new() -> Place {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("lib/pkcs11")).unwrap();
            let place = Place(dir);
            fs::write(place.at("lib/pkcs11/module.so"), "").unwrap();
            symlink("lib/../lib/pkcs11/module.so", place.at("module.so")).unwrap();
            symlink("loop.so", place.at("loop.so")).unwrap();
            for (path, mode) in [("lib", 0o755), ("lib/pkcs11", 0o755), ("lib/pkcs11/module.so", 0o644)] {
                place.chmod(path, mode);
            }
            place
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        fn chmod(&self, path: &str, mode: u32) {
            fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).unwrap();
        }

        fn trust(&self) -> Trust {
            Trust { owner: fs::metadata(self.0.path()).unwrap().uid(), below: self.0.path().to_owned() }
        }
    }

    #[test]
    fn links_are_followed_to_the_file() {
        let place = Place::new();
        let real = place.at("lib/pkcs11/module.so");
        assert_eq!(resolve(&place.at("module.so"), &place.trust()), Ok(real.clone()));
        assert_eq!(resolve(&real, &place.trust()), Ok(real));
    }

    #[test]
    fn the_path_at_fault_is_named() {
        for (spoilt, mode, named) in [
            ("lib", 0o777, "lib can be written by others"),
            ("lib/pkcs11", 0o775, "lib/pkcs11 can be written by others"),
            ("lib/pkcs11", 0o1777, "lib/pkcs11 can be written by others"),
            ("lib/pkcs11/module.so", 0o666, "lib/pkcs11/module.so can be written by others"),
        ] {
            let place = Place::new();
            place.chmod(spoilt, mode);
            let error = resolve(&place.at("module.so"), &place.trust()).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let place = Place::new();
        for (path, why) in [
            ("absent.so", "No such file"),
            ("lib", "is not a file"),
            ("loop.so", "one link too many"),
            ("../elsewhere.so", "elsewhere.so"),
        ] {
            let error = resolve(&place.at(path), &place.trust()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let error = resolve(Path::new("module.so"), &Trust::default()).unwrap_err().to_string();
        assert!(error.contains("absolute"), "{error}");
    }

    #[test]
    fn another_owner_is_refused() {
        let place = Place::new();
        let mine = place.trust().owner;
        // Root owns what root's tests make: only somebody else's tests can show a foreign file.
        let path = place.at("module.so");
        let found = fs::symlink_metadata(&path).unwrap();
        let stranger = Trust { owner: mine.wrapping_add(1), below: place.0.path().to_owned() };
        assert_eq!(judge(&path, &found, &stranger).is_ok(), mine == ROOT);
        assert!(judge(&path, &found, &place.trust()).is_ok());
    }
}
