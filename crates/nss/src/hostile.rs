//! The way in for the fuzzer alone (`cargo xtask fuzz`): every question that glibc can ask of one file of names.

use crate::lookup::{Caller, Places, group, group_by_gid, groups_of, person, person_by_uid};
use crate::room::Room;
use names::{Account, Domain, Group, HomeName, IdRange, Parameters, Snapshot};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

/// What was found, whoever it is about.
#[derive(Debug, Default)]
pub struct Answers {
    /// Numbers of people and groups.
    pub ids: Vec<u32>,
    /// Fields of passwd(5) and group(5).
    pub texts: Vec<String>,
    /// Home directories.
    pub homes: Vec<String>,
}

impl Answers {
    fn person(&mut self, account: &Account) {
        let mut buffer = [0; 300];
        let mut room = Room::new(&mut buffer);
        let fields = [&account.name, &account.gecos, &account.home, &account.shell];
        let _ = fields.map(|field| room.text(field).is_ok());
        self.ids.extend([account.uid, account.gid]);
        self.texts.extend(fields.into_iter().cloned());
        self.homes.push(account.home.clone());
    }

    fn group(&mut self, group: &Group) {
        let mut buffer = [0; 300];
        let _ = Room::new(&mut buffer).texts(&group.members).is_ok();
        self.ids.push(group.gid);
        self.texts.push(group.name.clone());
        self.texts.extend(group.members.iter().cloned());
    }
}

/// Asks a file with this content by names and by numbers, as root and as anybody.
pub fn look_up(file: &[u8]) -> Answers {
    let dir = std::env::temp_dir().join(format!("hostile-names.{}", std::process::id()));
    fs::create_dir_all(&dir).expect("a directory can be made");
    fs::set_permissions(&dir, Permissions::from_mode(0o755)).expect("it is ours");
    let [names, local_groups, passwd, groups] =
        ["names", "local-groups", "passwd", "group"].map(|name| dir.join(name));
    fs::write(&names, file).expect("a file can be made");
    fs::set_permissions(&names, Permissions::from_mode(0o644)).expect("it is ours");
    let root = rustix::process::geteuid().as_raw();
    let places = Places { root, names: &names, local_groups: &local_groups, passwd: &passwd, group: &groups };
    let mut answers = Answers::default();
    for name in NAMES {
        for caller in [Caller::Root, Caller::Other] {
            person(places, name, caller).iter().for_each(|it| answers.person(it));
            group(places, name, caller).iter().for_each(|it| answers.group(it));
        }
        groups_of(places, name).iter().for_each(|ids| answers.ids.extend(ids));
    }
    for id in IDS {
        person_by_uid(places, id).iter().for_each(|it| answers.person(it));
        group_by_gid(places, id).iter().for_each(|it| answers.group(it));
    }
    answers
}

/// A file as the daemon writes it, for changes of it.
pub fn sound_file() -> Vec<u8> {
    let accounts = (0..40).map(|number| Account {
        name: format!("p{number}"),
        aliases: vec![format!("p{number}@contoso.com")],
        uid: 200_000 + number,
        gid: 200_000 + number,
        gecos: String::new(),
        home: format!("/home/p{number}"),
        shell: "/bin/bash".to_owned(),
        groups: vec![900_000],
        local_groups: vec!["sudo".to_owned()],
    });
    let domain = Domain {
        name: "contoso.com".to_owned(),
        range: Some(IdRange::DEFAULT),
        home_prefix: "/home/".to_owned(),
        home_name: HomeName::Upn,
        shell: "/bin/bash".to_owned(),
        allowed: None,
    };
    let group =
        Group { name: "staff".to_owned(), gid: 900_000, members: vec!["p0".to_owned(), "p1".to_owned()] };
    let parameters = Parameters { domains: vec![domain], short_names: true };
    let snapshot = Snapshot { parameters, accounts: accounts.collect(), groups: vec![group] };
    names::encode(&snapshot).expect("it can be written")
}

const NAMES: [&str; 6] = ["p0", "p1", "alex@contoso.com", "new@contoso.com", "new", "staff"];
const IDS: [u32; 8] = [0, 999, 1_000, 65_534, 200_000, 200_001, 900_000, 0x8000_0000];
