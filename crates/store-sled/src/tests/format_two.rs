//! Directories of format 2, whose logs are not packed: read as they are, and written anew by the first commit.

use super::medium::{Disk, Power};
use super::*;
use slots::{Changes, Log};

/// Puts and deletes in both files, as format 2 has them.
fn of_format_two() -> tempfile::TempDir {
    let dir = written();
    let mut store = open(dir.path());
    put(&mut store, name(2), 7);
    store
        .commit(&[Change::Delete(name(2)), Change::Put(tenant(2), vec![7]), Change::Put(name(3), vec![3])])
        .unwrap();
    drop(store);
    let log = fs::read(dir.path().join(LOG)).unwrap();
    let cipher = Cipher::new(&key()).unwrap();
    let disk = Disk::new(&log, log.len() as u64, &Power::default());
    let entries = Log::open(Box::new(disk), cipher.clone()).unwrap().unwrap().entries;
    let (mut old, mut previous) = (begin_of_area(), 0);
    for entry in &entries {
        let plain = old_changes(&entry.changes);
        let numbers = [1, entry.sequence, entry.floor].map(u64::to_be_bytes).concat();
        let length = (plain.len() as u32 + 28).to_be_bytes();
        let needs = u32::from(entry.needs.is_some()).to_be_bytes();
        let group = entry.needs.unwrap_or_default();
        let checked =
            [b"FMLE".as_slice(), &length, &numbers, &needs, &group, &u32::to_be_bytes(previous)].concat();
        let sealed = cipher.seal(&checked, &plain).unwrap();
        previous = crc32c::crc32c(&[checked.as_slice(), &sealed].concat());
        old.extend([checked.as_slice(), &previous.to_be_bytes(), &[0; 4], &sealed].concat());
        old.resize(old.len().next_multiple_of(8), 0);
    }
    assert!(entries.len() >= 4);
    old.resize(log.len(), 0);
    fs::write(dir.path().join(LOG), old).unwrap();
    name_format(dir.path(), 2);
    dir
}

fn begin_of_area() -> Vec<u8> {
    let numbers = [1, 0, 128 * 1024].map(u64::to_be_bytes).concat();
    let checked = [b"FMLOG002".as_slice(), &numbers].concat();
    let mut begin = [checked.as_slice(), &crc32c::crc32c(&checked).to_be_bytes()].concat();
    begin.resize(64, 0);
    begin
}

fn old_changes(changes: &Changes) -> Vec<u8> {
    let text = |bytes: &[u8]| [(bytes.len() as u32).to_be_bytes().as_slice(), bytes].concat();
    let of = |(key, bytes): (&RecordKey, &Option<Vec<u8>>)| {
        let value = text(bytes.as_deref().unwrap_or_default());
        [text(key.to_string().as_bytes()), vec![u8::from(bytes.is_some())], value].concat()
    };
    changes.iter().flat_map(of).collect()
}

fn name_format(dir: &Path, format: u32) {
    let mut header =
        layout::old_slot::Header { format, generation: 0, length: 0, checksum: 0, may_have_device: true };
    header.checksum = crc32c::crc32c(&header.checked());
    edit(dir.join(SLOTS), |file| file.write_all_at(&header.write(), 0).unwrap());
}

/// The format that a version before this one sees.
fn named(dir: &Path) -> u32 {
    let begin = fs::read(dir.join(SLOTS)).unwrap()[..layout::old_slot::HEADER].try_into().unwrap();
    layout::old_slot::Header::read(&begin).unwrap().format
}

/// Beginnings of areas that are in the log.
fn areas(dir: &Path) -> Vec<Vec<u8>> {
    let log = fs::read(dir.join(LOG)).unwrap();
    [0, 128 * 1024].map(|at| log[at..at + 8].to_vec()).into()
}

fn whole(store: &mut SledStore) -> bool {
    let found = [tenant(1), name(1), tenant(2), name(2), name(3)]
        .map(|key| store.get(&key).unwrap().map(|bytes| bytes[0]));
    store.missing().is_none() && found == [Some(2), Some(2), Some(7), None, Some(3)]
}

#[test]
fn what_format_two_wrote_is_read_and_named_before_anything_is_written() {
    let dir = of_format_two();
    let before = fs::read(dir.path().join(LOG)).unwrap();
    for _ in 0..2 {
        assert!(whole(&mut open(dir.path())));
        assert_eq!(named(dir.path()), layout::slot::FORMAT);
        assert!(fs::read(dir.path().join(LOG)).unwrap() == before, "nobody has changed anything");
    }
    let mut store = open(dir.path());
    store.commit(&[Change::Delete(name(3))]).unwrap();
    assert_eq!(areas(dir.path()), [b"FMLOG002".to_vec(), b"FMLOG003".to_vec()]);
    store.commit(&[Change::Put(name(3), vec![3])]).unwrap();
    drop(store);
    for lost in ["nothing", SLED, SLOTS, LOG] {
        match lost {
            "nothing" => {}
            SLED => fs::remove_dir_all(dir.path().join(SLED)).unwrap(),
            file => fs::remove_file(dir.path().join(file)).unwrap(),
        }
        assert!(whole(&mut open(dir.path())), "{lost}");
    }
}

#[test]
fn a_directory_of_format_two_that_is_not_ours_to_read_stays_as_it_is() {
    let dir = of_format_two();
    let wrong = SledStore::open(dir.path(), &Secret::new([8; 32]));
    assert!(matches!(wrong, Err(StoreError::WrongAuthValue { .. })));
    assert_eq!((named(dir.path()), areas(dir.path())[0].as_slice()), (2, b"FMLOG002".as_slice()));
}

#[test]
fn a_first_block_that_is_cut_names_nothing_and_costs_nothing() {
    let dir = of_format_two();
    edit(dir.path().join(SLOTS), |file| file.write_all_at(&[0; 20], 8).unwrap());
    assert!(whole(&mut open(dir.path())));
    assert_eq!(named(dir.path()), layout::slot::FORMAT);
}
