mod cut;
mod damage;
mod format_before;
mod format_two;
mod growth;
mod kill;
mod medium;

use crate::*;
use layout::{LOG, SLED, SLOTS};
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;

fn key() -> Secret<[u8; 32]> {
    Secret::new([7; 32])
}

/// Opens once nobody holds the lock: a child that another test is starting inherits it until its exec.
fn open(dir: &Path) -> SledStore {
    loop {
        match SledStore::open(dir, &key()) {
            Err(StoreError::InUse { .. }) => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
}

/// A name whose record is in the log.
fn name(n: u8) -> RecordKey {
    RecordKey::Account(format!("user{n}@contoso.com").parse().unwrap())
}

/// A tenant whose record is in the slots.
fn tenant(n: u8) -> RecordKey {
    RecordKey::Device(model::TenantId::new(model::Guid::from_bytes([n; 16])))
}

fn put(store: &mut SledStore, key: RecordKey, value: u8) {
    store.commit(&[Change::Put(key, vec![value; 500])]).unwrap();
}

/// A directory with two commits of a tenant and of a name.
fn written() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for value in [1, 2] {
        put(&mut store, tenant(1), value);
        put(&mut store, name(1), value);
    }
    dir
}

/// What the tenant and the name have.
fn values(dir: &tempfile::TempDir) -> [u8; 2] {
    let mut store = open(dir.path());
    [tenant(1), name(1)].map(|key| store.get(&key).unwrap().map_or(0, |bytes| bytes[0]))
}

fn names_in(dir: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(dir).unwrap().map(name).collect();
    names.sort();
    names
}

fn edit(path: PathBuf, edit: impl Fn(&File)) {
    edit(&File::options().read(true).write(true).open(path).unwrap());
}

#[test]
fn the_suite_that_every_store_passes() {
    let dir = tempfile::tempdir().unwrap();
    conformance::store(&mut || Box::new(open(dir.path())));
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path());
    let refused = SledStore::open(dir.path(), &key());
    // The directory itself is held, before anything in it is looked at.
    assert!(matches!(refused, Err(StoreError::InUse { dir: held }) if Path::new(&held) == dir.path()));
}

#[test]
fn what_is_made_is_for_us_alone() {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    put(&mut open(&state), name(1), 1);
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(state.clone()), 0o700);
    assert_eq!(mode(state.join(SLED)), 0o700);
    for file in [SLOTS, LOG, MARKER] {
        assert_eq!(mode(state.join(file)), 0o600, "{file}");
    }
}

#[test]
fn files_of_the_store_are_frozen() {
    let dir = written();
    fs::write(dir.path().join(SLED).join("conf"), vec![0xab; 5000]).unwrap();
    drop(open(dir.path()));
    let names = names_in(dir.path());
    let fresh = tempfile::tempdir().unwrap();
    drop(open(fresh.path()));
    let new = fs::read(fresh.path().join(SLOTS)).unwrap();
    let log = fs::read(dir.path().join(LOG)).unwrap();
    let text =
        |bytes: &[u8], from: usize, to: usize| std::str::from_utf8(&bytes[from..to]).unwrap().to_owned();
    let said = manual::join([
        manual::words("state directory", names.iter().map(String::as_str)),
        // The first slot of a new file says that there is no record, of a device neither.
        manual::words(
            SLOTS,
            [(0, 8), (4096, 4104), (4168, 4172)]
                .map(|(from, to)| text(&new, from, to))
                .iter()
                .map(String::as_str),
        ),
        manual::words(LOG, [text(&log, 0, 8).as_str(), text(&log, 64, 68).as_str()]),
    ]);
    manual::check_words("files of the store", &said).unwrap();
}

#[test]
fn what_did_not_change_is_not_written() {
    let dir = written();
    let mut store = open(dir.path());
    let before = [SLOTS, LOG].map(|file| fs::read(dir.path().join(file)).unwrap());
    store.commit(&[Change::Put(tenant(1), vec![2; 500]), Change::Delete(name(9))]).unwrap();
    assert_eq!([SLOTS, LOG].map(|file| fs::read(dir.path().join(file)).unwrap()), before);
}

#[test]
fn a_commit_writes_the_bytes_of_the_tenant_that_changed() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for n in 1..100 {
        store.commit(&[Change::Put(tenant(n), vec![n; 3000])]).unwrap();
    }
    let before = fs::read(dir.path().join(SLOTS)).unwrap();
    store.commit(&[Change::Put(tenant(50), vec![0; 3000])]).unwrap();
    let after = fs::read(dir.path().join(SLOTS)).unwrap();
    let changed =
        before.chunks(4096).zip(after.chunks(4096)).filter(|(before, after)| before != after).count();
    // The new slot, and that of two commits ago, which is over.
    assert!(before.len() == after.len() && changed <= 2, "{changed} blocks");
    assert!(before.len() < 2 * 1024 * 1024, "{}", before.len());
}

#[test]
fn a_thousand_people_and_their_renames_stay_small() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for n in 0..1000_u32 {
        let key = RecordKey::Account(format!("user{n}@contoso.com").parse().unwrap());
        store.commit(&[Change::Put(key, vec![1; 200])]).unwrap();
    }
    for n in 0..3000_u32 {
        store.commit(&[Change::Put(name(1), n.to_be_bytes().to_vec())]).unwrap();
    }
    let length = fs::metadata(dir.path().join(LOG)).unwrap().len();
    assert!(length <= 2 * 1024 * 1024, "{length}");
    drop(store);
    assert_eq!(open(dir.path()).list().unwrap().len(), 1000);
}

#[test]
fn what_is_deleted_leaves_no_bytes_and_the_last_record_takes_the_marker_along() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let marker = dir.path().join(MARKER);
    assert!(!marker.exists());
    put(&mut store, tenant(1), 1);
    put(&mut store, tenant(1), 2);
    let written = fs::read(dir.path().join(SLOTS)).unwrap();
    let of_tenant = |bytes: &[u8]| bytes.windows(17).filter(|it| it[..16] == [1; 16]).count();
    assert!(marker.exists() && of_tenant(&written) > 2);
    store.commit(&[Change::Delete(tenant(1))]).unwrap();
    assert!(!marker.exists());
    let left = fs::read(dir.path().join(SLOTS)).unwrap();
    let blocks = left.chunks(4096).skip(1).filter(|block| block.iter().any(|byte| *byte != 0)).count();
    assert_eq!(blocks, 1, "the slot that says so");
    drop(store);
    assert!(open(dir.path()).is_empty());
}

#[test]
fn a_version_before_sees_a_newer_format() {
    let dir = written();
    let begin: [u8; layout::old_slot::HEADER] =
        fs::read(dir.path().join(SLOTS)).unwrap()[..layout::old_slot::HEADER].try_into().unwrap();
    let header = layout::old_slot::Header::read(&begin).unwrap();
    assert!(header.format > layout::old_slot::FORMAT && header.length == 0);
    assert_eq!(header.checksum, crc32c::crc32c(&header.checked()));
}
