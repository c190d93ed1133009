//! What a directory takes on the disk: what is in it counts, and not how often it was written or by how many.

use super::*;
use std::os::unix::fs::MetadataExt;

/// Bytes that a file or a directory takes.
fn taken_by(path: &Path) -> u64 {
    if path.is_dir() { taken(path) } else { fs::metadata(path).unwrap().blocks() * 512 }
}

/// Bytes that a directory takes.
fn taken(dir: &Path) -> u64 {
    let of = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        // sled renames what it has written meanwhile.
        let Ok(found) = entry.metadata() else { return 0 };
        if found.is_dir() { taken(&entry.path()) } else { found.blocks() * 512 }
    };
    fs::read_dir(dir).unwrap().map(of).sum()
}

fn id<T>(n: u64) -> model::Id<T> {
    let [a, b, c, d, e, f, g, h] = n.to_be_bytes();
    model::Id::new(model::Guid::from_bytes([a, b, c, d, e, f, g, h, 1, 2, 3, 4, 5, 6, 7, 8]))
}

fn device(tenant: u64) -> RecordKey {
    RecordKey::Device(id(tenant))
}

fn account(tenant: u64, person: u64) -> RecordKey {
    RecordKey::LocalAccount(id(tenant), id(person))
}

/// The commits of one registration, of which one holds the answer of the service.
fn register(store: &mut SledStore, tenant: u64) {
    for (step, length) in [600, 2800, 3000, 3200, 14_000, 7000, 7100, 7400, 9000].into_iter().enumerate() {
        store.commit(&[Change::Put(device(tenant), vec![step as u8; length])]).unwrap();
    }
}

/// Closed, so that everything is on the disk.
fn after(fill: impl FnOnce(&mut SledStore)) -> (tempfile::TempDir, u64) {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    fill(&mut store);
    drop(store);
    let bytes = taken(dir.path());
    (dir, bytes)
}

const MB: u64 = 1_000_000;

#[test]
fn a_hundred_tenants_take_less_than_ten_megabytes() {
    let (dir, bytes) = after(|store| (0..100).for_each(|tenant| register(store, tenant)));
    assert!(bytes < 10 * MB, "{bytes}");
    assert_eq!(open(dir.path()).list().unwrap().len(), 100);
}

#[test]
fn a_thousand_people_of_ten_tenants_take_less_than_ten_megabytes() {
    let (dir, bytes) = after(|store| {
        (0..10).for_each(|tenant| register(store, tenant));
        for person in 0..1000 {
            let name: model::Upn = format!("person{person}@contoso.com").parse().unwrap();
            store.commit(&[Change::Put(RecordKey::Account(name), vec![1; 150])]).unwrap();
            store.commit(&[Change::Put(account(person % 10, person), vec![2; 320])]).unwrap();
        }
    });
    assert!(bytes < 10 * MB, "{bytes}");
    assert_eq!(open(dir.path()).list().unwrap().len(), 2010);
}

/// The daily sign-in, of a hundred people: what they leave behind does not add up, in sled's log neither. The
/// variable says how many commits there are; 2,000 without it.
#[test]
fn what_is_written_again_leaves_nothing_behind() {
    let commits = std::env::var("FIRMAMENT_COMMITS").ok().and_then(|it| it.parse().ok()).unwrap_or(2000_u64);
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    (0..10).for_each(|tenant| register(&mut store, tenant));
    let mut lengths = Vec::new();
    for round in 0..commits / 1000 {
        for n in 0..1000 {
            store.commit(&[Change::Put(account(n % 10, n % 100), vec![(n + round) as u8; 320])]).unwrap();
        }
        // Opened anew, so that sled has written everything.
        drop(store);
        store = open(dir.path());
        lengths.push(taken(dir.path()));
    }
    // Of what was written, ten times as much would be there without sled's cleaning.
    assert!(lengths.iter().all(|bytes| *bytes < 6 * MB), "{lengths:?}");
}

/// 128 bits that look like chance and are the same each time, as object ids of a directory are.
fn some_id<T>(n: u64) -> model::Id<T> {
    let mix = |n: u64| {
        let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    };
    let both = [mix(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)), mix(n.wrapping_add(0x1234_5678_9abc_def1))];
    let bytes: Vec<u8> = both.iter().flat_map(|half| half.to_be_bytes()).collect();
    model::Id::new(model::Guid::from_bytes(bytes.try_into().unwrap()))
}

/// The two records of one person, as a sign-in writes them.
fn person(tenant: u64, n: u64, online: i64) -> [Change; 2] {
    use store::record::{Account, LocalAccount, Versioned};
    let given = ["anna", "bertil", "chiara", "dmitri", "eleonore", "fatima", "giovanni", "hakan"];
    let family =
        ["andersson", "brunner", "conti", "dubois", "eriksen", "fischer", "gonzalez", "horvath", "ito"];
    let name = format!("{}.{}{n}", given[(n % 8) as usize], family[(n % 9) as usize]);
    let upn = format!("{name}@contoso.com");
    let (tenant, object) = (some_id(tenant), some_id(1000 + n));
    let account = Account {
        schema: 1,
        tenant: tenant.to_string(),
        object: object.to_string(),
        first_seen: 1_790_000_000_000 + (n as i64) * 61_237,
        former_since: None,
    };
    let local = LocalAccount {
        schema: 1,
        upn: upn.clone(),
        name: upn.clone(),
        uid: 2_000_000 + (n as u32).wrapping_mul(7919) % 1_000_000,
        gid: 2_000_000 + (n as u32).wrapping_mul(7919) % 1_000_000,
        home: format!("/home/{upn}"),
        shell: "/bin/bash".to_owned(),
        first_seen: account.first_seen,
        last_online: account.first_seen + online,
        groups: Vec::new(),
        barred: None,
    };
    [
        Change::Put(RecordKey::Account(upn.parse().unwrap()), account.encode()),
        Change::Put(RecordKey::LocalAccount(tenant, object), local.encode()),
    ]
}

/// People in no order that their names have.
fn people(range: std::ops::Range<u64>, online: i64) -> Vec<Change> {
    range.flat_map(|n| person(n % 10, n.wrapping_mul(7919) % PEOPLE, online)).collect()
}

/// Some at a time, as the store's thread joins what waits: one by one takes as much, and longer.
fn sign_in(store: &mut SledStore, range: std::ops::Range<u64>, online: i64) {
    let at_once = if std::env::var_os("FIRMAMENT_COMMITS").is_some() { 1 } else { 20 };
    for n in range.step_by(at_once as usize) {
        store.commit(&people(n..n + at_once, online)).unwrap();
    }
}

const PEOPLE: u64 = 10_000;

/// Real records, as they come, opened again, and on the next day too: what the two copies of them take.
#[test]
fn ten_thousand_people_take_less_than_sixteen_megabytes() {
    let (some, day) = (2000, 86_400_000);
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    (0..10).for_each(|tenant| register(&mut store, tenant));
    let mut lengths = Vec::new();
    for (range, online) in [(0..PEOPLE, 0), (0..some, day)] {
        sign_in(&mut store, range, online);
        drop(store);
        store = open(dir.path());
        lengths.push([LOG, SLED].map(|of| taken_by(&dir.path().join(of))));
        assert!(taken(dir.path()) < 16 * MB, "{lengths:?}");
    }
    let expected: Records = people(0..some, day)
        .into_iter()
        .chain(people(some..PEOPLE, 0))
        .filter_map(|change| match change {
            Change::Put(key, bytes) => Some((key, bytes)),
            _ => None,
        })
        .collect();
    assert_eq!(expected.len() as u64, 2 * PEOPLE);
    drop(store);
    // What both copies say, each for itself.
    for lost in [SLED, LOG] {
        let path = dir.path().join(lost);
        if lost == SLED {
            fs::remove_dir_all(path).unwrap()
        } else {
            fs::remove_file(path).unwrap()
        }
        let mut store = open(dir.path());
        let found: Records =
            store.list().unwrap().into_iter().map(|(key, bytes)| (key, bytes.unwrap())).collect();
        let of_people: Records = found.into_iter().filter(|(key, _)| key.tenant().is_none()).collect();
        assert!(of_people == expected, "without {lost}");
    }
}
