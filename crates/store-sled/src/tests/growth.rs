//! What a directory takes on the disk: what is in it counts, and not how often it was written or by how many.

use super::*;
use std::os::unix::fs::MetadataExt;

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
