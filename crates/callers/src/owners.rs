//! Whose a user id is: many may be one person's, who maps them into user namespaces (subuid(5)).

use model::Requester;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Who a connection counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// Whoever counts as root.
    Root,
    /// A user, with every user id that is theirs to map.
    User(u32),
    /// Whoever maps a range and has no user id here, or is root: by the first user id of their first range.
    Range(u32),
}

/// User ids that one person may have without our knowing: those of one block of 65,536, as ranges come from elsewhere
/// than `/etc/subuid` too. Ordinary accounts are below.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// An ordinary account.
    User(u32),
    /// A block of 65,536 ids, by its number.
    Block(u32),
    /// A range of `/etc/subuid`, as [`Owner::Range`].
    Range(u32),
}

impl Owner {
    /// Whoever it is, by one user id.
    pub fn requester(self) -> Requester {
        match self {
            Owner::Root => Requester(0),
            Owner::User(uid) | Owner::Range(uid) => Requester(uid),
        }
    }

    /// Where it is counted when places are short.
    pub fn area(&self) -> Area {
        match self {
            Owner::Root => Area::User(0),
            Owner::User(uid) if *uid < BLOCK => Area::User(*uid),
            Owner::User(uid) => Area::Block(*uid / BLOCK),
            Owner::Range(first) => Area::Range(*first),
        }
    }
}

/// Finds out whose a user id is, by the tables of this system as they are now.
#[derive(Debug)]
pub struct Owners {
    ranges: PathBuf,
    users: PathBuf,
    read: Mutex<(Stamp, Vec<Range>)>,
}

/// When each table was last changed.
type Stamp = [Option<SystemTime>; 2];

/// User ids that somebody may map.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    first: u32,
    length: u32,
    owner: Owner,
}

impl Owners {
    /// Those of this system.
    pub fn system() -> Owners {
        Owners::of(Path::new("/etc/subuid"), Path::new("/etc/passwd"))
    }

    fn of(ranges: &Path, users: &Path) -> Owners {
        let read = Mutex::new(([None; 2], Vec::new()));
        Owners { ranges: ranges.to_owned(), users: users.to_owned(), read }
    }

    /// Whose a user id is. A table that cannot be read has nobody in it.
    pub fn owner(&self, uid: u32) -> Owner {
        let changed = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
        let stamp = [changed(&self.ranges), changed(&self.users)];
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.0 != stamp {
            let text = |path: &Path| fs::read(path).unwrap_or_default();
            let (ranges, users) = (text(&self.ranges), text(&self.users));
            *read = (stamp, parse(&String::from_utf8_lossy(&ranges), &String::from_utf8_lossy(&users)));
        }
        owner_in(&read.1, uid)
    }
}

fn owner_in(ranges: &[Range], uid: u32) -> Owner {
    let mapped = ranges.iter().find(|range| uid.checked_sub(range.first).is_some_and(|at| at < range.length));
    match mapped {
        _ if uid == 0 => Owner::Root,
        Some(range) => range.owner,
        None => Owner::User(uid),
    }
}

/// The ranges of subuid(5): `name or uid:first:length` in each line; others are passed over.
fn parse(ranges: &str, users: &str) -> Vec<Range> {
    let mut firsts: BTreeMap<&str, u32> = BTreeMap::new();
    let range = |line| {
        let mut fields = str::trim(line).split(':');
        let (name, first, length) =
            (fields.next()?, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let known = name.parse().ok().or_else(|| uid_of(users, name)).filter(|uid| *uid != 0);
        let owner = known.map_or_else(|| Owner::Range(*firsts.entry(name).or_insert(first)), Owner::User);
        Some(Range { first, length, owner })
    };
    ranges.lines().filter_map(range).collect()
}

/// The user id of a name in passwd(5).
fn uid_of(users: &str, name: &str) -> Option<u32> {
    let named = |line: &&str| line.split(':').next() == Some(name);
    users.lines().find(named)?.split(':').nth(2)?.parse().ok()
}

/// The user ids of one block; where ranges are mapped for containers they are as long.
const BLOCK: u32 = 65_536;

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str =
        "root:x:0:0:root:/root:/bin/bash\nalex:x:1000:1000::/home/alex:/bin/sh\nann:x:1001:1001::/:/bin/sh\n";
    const RANGES: &str = "alex:100000:65536\n1001:165536:65536\nroot:1000000:65536\ncontainers:2000000:1000\ncontainers:4000000:10\n\
                          # a remark\nbroken:x:1\nalex:3000000:10\nshort:5\n";

    #[test]
    fn a_mapped_user_id_is_its_owner_s() {
        let ranges = parse(RANGES, USERS);
        for (uid, owner) in [
            (0, Owner::Root),
            (1000, Owner::User(1000)),
            (99_999, Owner::User(99_999)),
            (100_000, Owner::User(1000)),
            (165_535, Owner::User(1000)),
            (165_536, Owner::User(1001)),
            (231_072, Owner::User(231_072)),
            (1_000_000, Owner::Range(1_000_000)),
            (2_000_999, Owner::Range(2_000_000)),
            (2_001_000, Owner::User(2_001_000)),
            (4_000_009, Owner::Range(2_000_000)),
            (3_000_009, Owner::User(1000)),
            (u32::MAX, Owner::User(u32::MAX)),
        ] {
            assert_eq!(owner_in(&ranges, uid), owner, "{uid}");
        }
    }

    #[test]
    fn a_range_at_the_end_of_all_user_ids_and_one_over_root_do_no_harm() {
        let ranges = parse("alex:4294967295:4294967295\nann:0:10\n", USERS);
        assert_eq!(owner_in(&ranges, u32::MAX), Owner::User(1000));
        assert_eq!(owner_in(&ranges, 0), Owner::Root);
        assert_eq!(owner_in(&ranges, 5), Owner::User(1001));
    }

    #[test]
    fn whoever_asks_is_counted_once_however_many_user_ids_they_map() {
        let ranges = parse(RANGES, USERS);
        let requester = |uid| owner_in(&ranges, uid).requester();
        assert_eq!((requester(1000), requester(100_007)), (Requester(1000), Requester(1000)));
        assert_eq!(
            (requester(2_000_007), requester(4_000_007)),
            (Requester(2_000_000), Requester(2_000_000))
        );
        assert_eq!((requester(0), requester(1_000_000)), (Requester(0), Requester(1_000_000)));
    }

    #[test]
    fn ordinary_accounts_are_areas_of_their_own_and_high_user_ids_share_one() {
        let area = |uid| Owner::User(uid).area();
        assert_ne!(area(1000), area(1001));
        assert_ne!(area(65_535), area(65_536));
        assert_eq!(area(65_536), area(131_071));
        assert_ne!(area(131_071), area(131_072));
    }

    #[test]
    fn the_tables_are_read_again_when_they_have_changed() {
        let path = |name: &str| std::env::temp_dir().join(format!("firmament-{}-{name}", std::process::id()));
        let (ranges, users) = (path("subuid"), path("passwd"));
        let owners = Owners::of(&ranges, &users);
        assert_eq!(owners.owner(100_001), Owner::User(100_001), "there is no table");
        fs::write(&users, USERS).unwrap();
        fs::write(&ranges, RANGES).unwrap();
        assert_eq!(owners.owner(100_001), Owner::User(1000));
        fs::remove_file(&ranges).unwrap();
        assert_eq!(owners.owner(100_001), Owner::User(100_001));
        fs::remove_file(&users).unwrap();
    }
}
