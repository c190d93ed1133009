//! Which files are read, which are passed over, and which must not be.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use ini::{Contents, Shape, Sources};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

const MAIN: &str = "etc/himmelblau/himmelblau.conf";
const LOWER: &str = "usr/lib/himmelblau/himmelblau.conf";
const DROP_IN: &str = "etc/himmelblau/himmelblau.conf.d/10-a.conf";

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn read(root: &Path) -> Contents {
    Sources::below(root).read(&|_: &str| Shape::Unknown)
}

fn values(found: &Contents) -> Vec<&str> {
    found.parsed.entries.iter().map(|entry| entry.value.as_str()).collect()
}

#[test]
fn a_file_that_somebody_else_could_have_changed_is_an_error_and_the_others_are_read() {
    for (spoilt, read_all_the_same) in [(MAIN, vec!["3"]), (DROP_IN, vec!["2"])] {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), LOWER, "a = 1\n");
        write(root.path(), MAIN, "a = 2\n");
        write(root.path(), DROP_IN, "a = 3\n");
        fs::set_permissions(root.path().join(spoilt), Permissions::from_mode(0o666)).unwrap();
        let found = read(root.path());
        assert_eq!(values(&found), read_all_the_same);
        let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
        assert!(errors.len() == 1 && errors[0].contains("can be written by others"), "{errors:?}");
    }
}

#[test]
fn a_drop_in_that_says_nothing_does_not_mask_and_a_main_file_that_leads_nowhere_is_an_error() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), LOWER, "a = 1\n");
    write(root.path(), "usr/lib/himmelblau/himmelblau.conf.d/10-a.conf", "a = 2\n");
    fs::create_dir_all(root.path().join(DROP_IN)).unwrap();
    let found = read(root.path());
    assert_eq!((values(&found), found.errors.len(), found.notices.len()), (vec!["1", "2"], 0, 1));
    assert_eq!(found.files.iter().filter(|file| file.world_readable).count(), 2);
    symlink("/nowhere/at/all", root.path().join(MAIN)).unwrap();
    let found = read(root.path());
    assert_eq!((values(&found), found.errors.len()), (vec!["2"], 1), "{:?}", found.errors);
}
