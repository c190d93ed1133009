//! Which file may be loaded into this process: one that nobody but root, or the user who runs it, can replace.

use files::{Public, Trust};
use hsm::{HsmError, Obstacle};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The real path of a module that nobody else can replace.
///
/// # Errors
/// [`HsmError::Unusable`] that names the path at fault: not absolute, not there, of another owner, writable by group or
/// others, not a file.
pub(crate) fn resolve(path: &Path, trust: &Trust) -> Result<PathBuf, HsmError> {
    let refused = |why: String| HsmError::Unusable(Obstacle::Module, why);
    if !path.is_absolute() {
        return Err(refused(format!("{} is not an absolute path", path.display())));
    }
    let Public { content, notices, .. } =
        files::find_public(path, trust).map_err(|error| refused(error.to_string()))?;
    // What a group may write is good enough to be read, and not to be run.
    if let Some(notice) = notices.first() {
        let path = notice.path.display();
        return Err(refused(format!("{path} {}: run chmod g-w {path}", notice.fault)));
    }
    let head = |path: &Path| {
        let mut head = [0; HEAD];
        File::open(path).and_then(|mut file| file.read_exact(&mut head)).map(|()| head).ok()
    };
    match (head(&content), head(Path::new("/proc/self/exe"))) {
        (Some(module), Some(ours)) if !is_for(&module, &ours) => {
            Err(HsmError::Unusable(Obstacle::Architecture, content.display().to_string()))
        }
        _ => Ok(content),
    }
}

/// Whether a library is for the processor of a program, by the headers of both (elf(5)): word size, byte order and
/// machine. What is no ELF file is for the loader to refuse.
fn is_for(library: &[u8; HEAD], program: &[u8; HEAD]) -> bool {
    let kind = |head: &[u8; HEAD]| [head[4], head[5], head[18], head[19]];
    !library.starts_with(b"\x7fELF") || kind(library) == kind(program)
}

/// Bytes of an ELF header up to the machine.
const HEAD: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
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
    }

    #[test]
    fn links_are_followed_to_the_file() {
        let place = Place::new();
        let real = place.at("lib/pkcs11/module.so");
        assert_eq!(resolve(&place.at("module.so"), &Trust::current()), Ok(real.clone()));
        assert_eq!(resolve(&real, &Trust::current()), Ok(real));
    }

    #[test]
    fn the_path_at_fault_is_named() {
        for (spoilt, mode, named) in [
            ("lib", 0o777, "lib can be written by others"),
            ("lib/pkcs11", 0o775, "lib/pkcs11 can be written by"),
            ("lib/pkcs11/module.so", 0o666, "lib/pkcs11/module.so can be written by others"),
            ("lib/pkcs11/module.so", 0o664, "lib/pkcs11/module.so can be written by"),
        ] {
            let place = Place::new();
            place.chmod(spoilt, mode);
            let error = resolve(&place.at("module.so"), &Trust::current()).unwrap_err().to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let place = Place::new();
        for (path, why) in [
            ("absent.so", "No such file"),
            ("lib", "is not a regular file"),
            ("loop.so", "Too many levels of symbolic links"),
            ("../elsewhere.so", "elsewhere.so"),
        ] {
            let error = resolve(&place.at(path), &Trust::current()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let error = resolve(Path::new("module.so"), &Trust::current()).unwrap_err().to_string();
        assert!(error.contains("absolute"), "{error}");
    }

    #[test]
    fn a_module_of_another_processor_is_told_from_what_is_none() {
        let elf = |class: u8, order: u8, machine: [u8; 2]| {
            let mut head = [0; HEAD];
            head[..4].copy_from_slice(b"\x7fELF");
            (head[4], head[5], head[18], head[19]) = (class, order, machine[0], machine[1]);
            head
        };
        let amd64 = elf(2, 1, [62, 0]);
        for (library, fits) in [
            (amd64, true),
            (elf(2, 1, [183, 0]), false),
            (elf(1, 1, [3, 0]), false),
            (elf(2, 2, [0, 21]), false),
            (*b"no module at all....", true),
        ] {
            assert_eq!(is_for(&library, &amd64), fits, "{library:?}");
        }
        let place = Place::new();
        fs::write(place.at("lib/pkcs11/module.so"), elf(1, 2, [20, 0])).unwrap();
        let refused = resolve(&place.at("module.so"), &Trust::current());
        assert!(matches!(refused, Err(HsmError::Unusable(Obstacle::Architecture, _))), "{refused:?}");
    }

    #[test]
    fn another_owner_is_refused() {
        let place = Place::new();
        let mine = Trust::current().me;
        let stranger = Trust { me: mine.wrapping_add(1), service: None };
        // What root's tests make is root's, whom everybody trusts.
        assert_eq!(resolve(&place.at("module.so"), &stranger).is_ok(), mine == 0);
    }

    #[test]
    fn what_a_group_may_write_is_not_loaded() {
        // A group of the system is enough: others may be in it than those who administer this machine.
        let place = Place::new();
        place.chmod("lib", 0o775);
        let error = resolve(&place.at("module.so"), &Trust::current()).unwrap_err().to_string();
        assert!(error.contains("lib can be written by"), "{error}");
    }
}
