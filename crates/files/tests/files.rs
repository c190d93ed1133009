//! Real files: links, pipes, foreign owners and modes, as the kernel has them.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use files::{Dir, FileError, Trust, list_public, make_private, open_private, read_public, write_private};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn file(&self, path: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        chmod(&path, mode);
        path
    }

    fn pipe(&self, path: &str) -> PathBuf {
        let path = self.at(path);
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        path
    }
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn me() -> Trust {
    Trust::current()
}

fn is_root() -> bool {
    me().me == 0
}

fn text(mut file: fs::File) -> String {
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    text
}

fn private(path: &Path) -> Result<String, String> {
    open_private(path, &me()).map(text).map_err(|error| error.to_string())
}

fn public(path: &Path) -> Result<String, String> {
    let read = read_public(path, &me()).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(read.content).unwrap())
}

#[test]
fn a_file_that_others_can_change_is_refused_with_the_command_that_mends_it() {
    for (mode, of_public, of_private) in [
        (0o600, None, None),
        (0o400, None, None),
        (0o644, None, Some("chmod 0600 ")),
        (0o666, Some("chmod go-w "), Some("chmod 0600 ")),
        (0o602, Some("chmod go-w "), Some("chmod 0600 ")),
    ] {
        let place = Place::new();
        let path = place.file("x", "text", mode);
        for (read, command) in [(public(&path), of_public), (private(&path), of_private)] {
            match (read, command) {
                (Ok(text), None) => assert_eq!(text, "text"),
                (Err(why), Some(command)) => {
                    let command = format!("{command}{}", path.display());
                    assert!(why.contains(&command), "{mode:o}: {why}");
                }
                (read, command) => panic!("{mode:o}: {read:?} instead of {command:?}"),
            }
        }
    }
}

#[test]
fn a_directory_on_the_way_where_others_can_exchange_it_is_refused() {
    for (mode, fine) in [(0o755, true), (0o1777, true), (0o700, true), (0o777, false), (0o757, false)] {
        let place = Place::new();
        let path = place.file("a/b/x", "text", 0o600);
        chmod(&place.at("a"), mode);
        let command = format!("chmod go-w {}", place.at("a").display());
        for read in [public(&path), private(&path), list(&place.at("a/b"))] {
            match read {
                Ok(_) => assert!(fine, "{mode:o}"),
                Err(why) => assert!(!fine && why.ends_with(&command), "{mode:o}: {why}"),
            }
        }
        assert_eq!(Dir::make(&place.at("a/b/c/d"), &me()).is_ok(), fine, "{mode:o}");
        assert_eq!(place.at("a/b/c/d").exists(), fine);
    }
}

fn list(path: &Path) -> Result<String, String> {
    let read = list_public(path, &me()).map_err(|error| error.to_string())?;
    Ok(format!("{:?}", read.content))
}

#[test]
fn a_foreign_owner_is_refused() {
    if !is_root() {
        return;
    }
    const STRANGER: u32 = 12_345;
    for foreign in ["a", "a/b", "a/b/x"] {
        let place = Place::new();
        let path = place.file("a/b/x", "text", 0o600);
        chown(place.at(foreign), Some(STRANGER), None).unwrap();
        let path_at_fault = place.at(foreign).display().to_string();
        for why in [public(&path).unwrap_err(), private(&path).unwrap_err()] {
            assert!(why.starts_with(&format!("{path_at_fault} is owned by the user 12345")), "{why}");
            assert!(why.contains(&format!("chown root: {path_at_fault} && chmod go-w")), "{why}");
        }
        let service = me().with_service(STRANGER);
        assert_eq!(text(open_private(&path, &service).unwrap()), "text");
        assert!(read_public(&path, &service).is_ok());
    }
}

#[test]
fn a_link_is_followed_only_where_it_was_made_by_somebody_who_is_trusted() {
    let place = Place::new();
    let real = place.file("real/x", "text", 0o600);
    symlink("real", place.at("folder")).unwrap();
    symlink(&real, place.at("link")).unwrap();
    symlink("loop", place.at("loop")).unwrap();
    symlink("nowhere", place.at("dangling")).unwrap();
    assert_eq!(public(&place.at("folder/x")), Ok("text".to_owned()));
    assert_eq!(public(&place.at("link")), Ok("text".to_owned()));
    assert_eq!(public(&place.at("folder/../folder/./x")), Ok("text".to_owned()));
    // A directory may be a link (systemd makes one for a dynamic user's state), and a private file none.
    assert_eq!(private(&place.at("folder/x")), Ok("text".to_owned()));
    assert!(private(&place.at("link")).unwrap_err().contains("is a link"));
    assert!(public(&place.at("loop")).unwrap_err().contains("Too many levels"));
    assert!(read_public(&place.at("dangling"), &me()).unwrap_err().is_not_found());
    if is_root() {
        for link in ["folder", "link"] {
            std::os::unix::fs::lchown(place.at(link), Some(12_345), None).unwrap();
        }
        for path in ["folder/x", "link"] {
            assert!(public(&place.at(path)).unwrap_err().contains("is owned by the user 12345"), "{path}");
        }
        assert!(private(&place.at("folder/x")).unwrap_err().contains("folder is owned by"));
    }
}

#[test]
fn nothing_but_a_regular_file_is_read_and_nothing_waits_for_a_pipe() {
    let place = Place::new();
    let pipe = place.pipe("pipe");
    for path in [pipe.as_path(), place.0.path()] {
        assert!(public(path).unwrap_err().contains("is not a regular file"), "{path:?}");
    }
    assert!(private(&pipe).unwrap_err().contains("is not a regular file"));
    assert_eq!(public(Path::new("/dev/null")), Ok(String::new()));
    assert!(public(Path::new("/dev/zero")).unwrap_err().contains("is not a regular file"));
    let path = place.file("x", "text", 0o600);
    assert!(public(&path.join("y")).unwrap_err().contains("Not a directory"));
    fs::hard_link(&path, place.at("other")).unwrap();
    assert!(private(&path).unwrap_err().contains("more than one name"));
    assert!(public(&path).is_ok());
}

#[test]
fn a_file_is_made_once_and_neither_through_a_link_nor_over_what_is_there() {
    let place = Place::new();
    let victim = place.file("victim", "precious", 0o600);
    let dir = Dir::make(&place.at("state"), &me()).unwrap();
    assert_eq!(fs::metadata(place.at("state")).unwrap().mode() & 0o777, 0o700);
    symlink(&victim, place.at("state/link")).unwrap();
    symlink(place.at("made"), place.at("state/dangling")).unwrap();
    place.file("state/file", "mine", 0o600);
    place.pipe("state/pipe");
    for name in ["link", "dangling", "file", "pipe"] {
        let error = io::Error::from(dir.create_private(name).unwrap_err());
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{name}");
        assert!(dir.open_private_to_write(name).is_ok() == (name == "file"), "{name}");
        assert!(dir.holds(name).unwrap());
    }
    assert!(!dir.holds("absent").unwrap() && !place.at("made").exists());
    let made = dir.create_private("new").unwrap();
    assert_eq!(made.metadata().unwrap().mode() & 0o777, 0o600);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert_eq!(text(dir.open_private("file").unwrap()), "mine");
    chmod(&place.at("state/file"), 0o644);
    assert!(dir.open_private("file").is_err());
    assert_eq!(text(dir.open_sealed("file").unwrap()), "mine");
}

#[test]
fn a_file_is_written_whole_and_a_planted_draft_is_not_followed() {
    let place = Place::new();
    let victim = place.file("victim", "precious", 0o600);
    let path = place.at("state/deep/secret");
    write_private(&path, b"one", &me()).unwrap();
    symlink(&victim, place.at("state/deep/secret.new")).unwrap();
    write_private(&path, b"two", &me()).unwrap();
    assert_eq!(private(&path), Ok("two".to_owned()));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(!place.at("state/deep/secret.new").is_symlink());
    // In the place of a link, not through it.
    symlink(&victim, place.at("state/deep/other")).unwrap();
    write_private(&place.at("state/deep/other"), b"three", &me()).unwrap();
    assert_eq!(private(&place.at("state/deep/other")), Ok("three".to_owned()));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    let error = io::Error::from(make_private(&path, b"four", &me()).unwrap_err());
    assert_eq!((error.kind(), private(&path)), (io::ErrorKind::AlreadyExists, Ok("two".to_owned())));
    make_private(&place.at("state/fresh"), b"five", &me()).unwrap();
    assert_eq!(private(&place.at("state/fresh")), Ok("five".to_owned()));
}

#[test]
fn a_descriptor_stays_in_the_directory_that_was_judged() {
    let place = Place::new();
    place.file("state/file", "ours", 0o600);
    let dir = Dir::open(&place.at("state"), &me()).unwrap();
    fs::rename(place.at("state"), place.at("old")).unwrap();
    place.file("state/file", "exchanged", 0o600);
    assert_eq!(text(dir.open_private("file").unwrap()), "ours");
    dir.write_draft("draft", b"x").unwrap();
    dir.rename("draft", "kept").unwrap();
    assert!(place.at("old/kept").exists() && !place.at("state/kept").exists());
    assert!(dir.remove("kept").unwrap() && !dir.remove("kept").unwrap());
}

#[test]
fn what_root_makes_belongs_to_whoever_the_directory_belongs_to() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    fs::create_dir(place.at("state")).unwrap();
    chown(place.at("state"), Some(61_184), Some(61_184)).unwrap();
    assert!(matches!(Dir::open(&place.at("state"), &me()), Err(FileError::Refused { .. })));
    let dir = Dir::adopt(&place.at("state"), &me()).unwrap();
    dir.write_draft("hsm-pin", b"x").unwrap();
    let made = fs::metadata(place.at("state/hsm-pin")).unwrap();
    assert_eq!((made.uid(), made.gid(), made.mode() & 0o777), (61_184, 61_184, 0o600));
    assert_eq!(text(dir.open_private("hsm-pin").unwrap()), "x");
    chown(place.at("state/hsm-pin"), Some(12_345), None).unwrap();
    assert!(dir.open_private("hsm-pin").is_err());
    // The owner of a directory above is nobody to be trusted.
    fs::create_dir(place.at("state/deep")).unwrap();
    assert!(Dir::adopt(&place.at("state/deep"), &me()).is_err());
}

#[test]
fn a_group_of_the_system_that_may_write_is_a_notice() {
    if !is_root() {
        return;
    }
    let place = Place::new();
    let path = place.file("local/etc/x", "text", 0o664);
    for (file, group, mode) in [("local", 50, 0o2775), ("local/etc/x", 50, 0o664)] {
        chown(place.at(file), None, Some(group)).unwrap();
        chmod(&place.at(file), mode);
    }
    let notices: Vec<String> =
        read_public(&path, &me()).unwrap().notices.iter().map(ToString::to_string).collect();
    let expected = ["local", "local/etc/x"].map(|name| {
        let path = place.at(name).display().to_string();
        format!(
            "{path} can be written by members of the group 50: run chmod g-w {path} unless that is wanted"
        )
    });
    assert_eq!(notices, expected);
    assert!(private(&path).unwrap_err().contains("local can be written by others"));
}

#[test]
fn names_are_listed_in_their_order() {
    let place = Place::new();
    for name in ["b.conf", "a.conf", ".hidden"] {
        place.file(name, "", 0o644);
    }
    assert_eq!(list(place.0.path()), Ok(r#"[".hidden", "a.conf", "b.conf"]"#.to_owned()));
    assert!(list_public(&place.at("absent"), &me()).unwrap_err().is_not_found());
    assert!(list(&place.at("a.conf")).unwrap_err().contains("Not a directory"));
}
