//! What lies in the place of the file, and what a question finds; the library itself is loaded by tests/it.

use crate::local_groups::local_groups;
use crate::lookup::{Caller, NoAnswer, Places, group, group_by_gid, groups_of, person, person_by_uid};
use crate::room::{Room, TooSmall};
use ::names::{Account, Domain, Group, HomeName, IdRange, Parameters, Snapshot, encode};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Machine {
    _dir: TempDir,
    paths: [PathBuf; 4],
}

impl Machine {
    fn new() -> Machine {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["names", "local-groups", "passwd", "group"].map(|name| dir.path().join(name));
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let machine = Machine { _dir: dir, paths };
        machine.write(0, &encode(&snapshot()).unwrap());
        machine.write(2, b"root:x:0:0::/root:/bin/sh\nsam:x:1000:1000::/home/sam:/bin/sh\n");
        machine.write(3, b"root:x:0:\nsudo:x:27:\nshadow:x:42:\nvideo:x:44:\nplugdev:x:46:\n");
        machine
    }

    fn write(&self, path: usize, bytes: &[u8]) {
        fs::write(&self.paths[path], bytes).unwrap();
        self.mode(path, 0o644);
    }

    fn mode(&self, path: usize, mode: u32) {
        fs::set_permissions(&self.paths[path], fs::Permissions::from_mode(mode)).unwrap();
    }

    fn places(&self) -> Places<'_> {
        let [names, local_groups, passwd, group] = &self.paths;
        Places { root: rustix::process::geteuid().as_raw(), names, local_groups, passwd, group }
    }
}

fn account(name: &str, uid: u32) -> Account {
    Account {
        name: name.to_owned(),
        aliases: Vec::new(),
        uid,
        gid: uid,
        gecos: String::new(),
        home: format!("/home/{name}"),
        shell: "/bin/bash".to_owned(),
        groups: vec![900_000],
        local_groups: ["sudo", "root", "shadow", "plugdev"].map(str::to_owned).to_vec(),
    }
}

fn snapshot() -> Snapshot {
    let domain = Domain {
        name: "contoso.com".to_owned(),
        range: Some(IdRange::DEFAULT),
        home_prefix: "/home/".to_owned(),
        home_name: HomeName::Upn,
        shell: "/bin/bash".to_owned(),
        allowed: None,
    };
    Snapshot {
        parameters: Parameters { domains: vec![domain], short_names: false },
        accounts: vec![account("alex@contoso.com", 700_000), account("sam", 700_001), account("kim", 1_000)],
        groups: vec![Group {
            name: "admins".to_owned(),
            gid: 900_000,
            members: vec!["alex@contoso.com".to_owned(), "kim".to_owned()],
        }],
    }
}

#[test]
fn people_and_groups_are_found_and_strangers_are_not() {
    let machine = Machine::new();
    let places = machine.places();
    let alex = account("alex@contoso.com", 700_000);
    assert_eq!(person(places, "Alex@contoso.com", Caller::Other), Ok(alex.clone()));
    assert_eq!(person_by_uid(places, 700_000), Ok(alex));
    assert_eq!(group(places, "admins", Caller::Other).map(|group| group.gid), Ok(900_000));
    assert_eq!(group_by_gid(places, 700_000).map(|group| group.name), Ok("alex@contoso.com".to_owned()));
    for stranger in ["nobody@contoso.com", "root", "", "x"] {
        assert_eq!(person(places, stranger, Caller::Other), Err(NoAnswer::NotFound), "{stranger}");
    }
    assert_eq!(person_by_uid(places, 0), Err(NoAnswer::NotFound));
}

#[test]
fn root_alone_is_told_what_somebody_will_be() {
    let machine = Machine::new();
    let new = "adele@contoso.com";
    assert_eq!(person(machine.places(), new, Caller::Root).map(|it| it.uid), Ok(1_363_599_686));
    assert_eq!(group(machine.places(), new, Caller::Root).map(|it| it.gid), Ok(1_363_599_686));
    assert_eq!(person(machine.places(), new, Caller::Other), Err(NoAnswer::NotFound));
    assert_eq!(group(machine.places(), new, Caller::Other), Err(NoAnswer::NotFound));
    assert_eq!(person(machine.places(), "adele@contoso.org", Caller::Root), Err(NoAnswer::NotFound));
}

#[test]
fn a_local_name_or_number_is_never_ours() {
    let machine = Machine::new();
    assert_eq!(person(machine.places(), "sam", Caller::Root), Err(NoAnswer::NotFound));
    assert_eq!(person_by_uid(machine.places(), 1_000), Err(NoAnswer::NotFound));
    assert_eq!(groups_of(machine.places(), "sam"), Err(NoAnswer::NotFound));
}

#[test]
fn local_groups_are_those_that_root_wrote_down() {
    let machine = Machine::new();
    let of = || groups_of(machine.places(), "alex@contoso.com");
    assert_eq!(of(), Ok(vec![900_000]));
    // Of those that the daemon names and root allows: not `video`, which is nobody's, nor `plugdev`.
    machine.write(1, b"# ours\nsudo\nvideo\nroot\nshadow\nnosuch\n");
    assert_eq!(of(), Ok(vec![900_000, 27]));
    machine.mode(1, 0o666);
    assert_eq!(of(), Ok(vec![900_000]));
    let odd = "sudo:x:27:\nroot:x:0:\nminus:x:-1:\nlarge:x:4294967295:\n";
    let of = ["sudo", "root", "minus", "large"].map(str::to_owned);
    assert_eq!(local_groups(&of, "sudo\nsudo\nroot\nminus\nlarge", odd), [27]);
}

#[test]
fn a_pipe_a_huge_file_and_a_cut_one_hold_nobody_up() {
    let machine = Machine::new();
    let begun = Instant::now();
    let sound = fs::read(&machine.paths[0]).unwrap();
    let of = || person(machine.places(), "alex@contoso.com", Caller::Root);
    machine.write(0, &sound[..sound.len() - 1]);
    assert_eq!(of(), Err(NoAnswer::Unavailable));
    machine.write(0, b"");
    assert_eq!(of(), Err(NoAnswer::Unavailable));
    fs::File::options().write(true).open(&machine.paths[0]).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(of(), Err(NoAnswer::Unavailable));
    fs::remove_file(&machine.paths[0]).unwrap();
    let fifo = rustix::fs::mknodat(
        rustix::fs::CWD,
        &machine.paths[0],
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    );
    fifo.unwrap();
    assert_eq!(of(), Err(NoAnswer::Unavailable));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_buffer_is_filled_or_said_to_be_too_small() {
    let mut bytes = [0_u8; 64];
    let mut room = Room::new(&mut bytes[1..]);
    room.text("alex").unwrap();
    let texts = room.texts(&["a".to_owned(), "bc".to_owned()]).unwrap();
    assert_eq!(texts.align_offset(align_of::<*const u8>()), 0);
    assert_eq!(&bytes[1..6], b"alex\0");
    for length in 0..5 {
        assert_eq!(Room::new(&mut vec![0; length]).text("alex"), Err(TooSmall), "{length}");
    }
    // Two pointers and five bytes.
    for length in 0..21 {
        assert_eq!(Room::new(&mut vec![0; length]).texts(&["alex".to_owned()]), Err(TooSmall), "{length}");
    }
}
