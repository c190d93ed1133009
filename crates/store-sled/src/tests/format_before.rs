//! Directories of the format before, brought over once.

use super::*;
use crate::content::old_context;
use layout::old_slot::{Header, SLOT};

fn old_records(value: u8) -> Records {
    [(tenant(1), vec![value; 500]), (name(1), vec![value; 300])].into()
}

/// A file with two slots of all records.
fn old_slots(dir: &Path, slots: &[(u64, u8)]) {
    let file = File::create(dir.join(SLOTS)).unwrap();
    file.set_len(2 * SLOT).unwrap();
    fs::set_permissions(dir.join(SLOTS), fs::Permissions::from_mode(0o600)).unwrap();
    let cipher = Cipher::new(&key()).unwrap();
    for (generation, value) in slots {
        let plain = slots::encode(&old_records(*value));
        let payload = cipher.seal(&old_context("slots", *generation), &plain).unwrap();
        let mut header = Header {
            format: 1,
            generation: *generation,
            length: payload.len() as u32,
            checksum: 0,
            may_have_device: true,
        };
        header.checksum = crc32c::crc32c_append(crc32c::crc32c(&header.checked()), &payload);
        file.write_all_at(&[header.write(), payload].concat(), (generation % 2) * SLOT).unwrap();
    }
}

fn old_sled(dir: &Path, generation: u64, value: u8) {
    let db = sled::open(dir.join(SLED)).unwrap();
    let cipher = Cipher::new(&key()).unwrap();
    let sealed = cipher.seal(&old_context("sled", generation), &slots::encode(&old_records(value))).unwrap();
    db.insert("records", [generation.to_be_bytes().as_slice(), &sealed].concat()).unwrap();
    db.flush().unwrap();
}

fn private_dir() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn the_newest_of_both_copies_is_brought_over() {
    for (slots, sled, expected) in [
        (vec![(4, 4), (5, 5)], Some((5, 5)), 5),
        (vec![(4, 4), (5, 5)], None, 5),
        (vec![(4, 4)], Some((5, 5)), 5),
        (vec![(6, 6), (5, 5)], Some((5, 5)), 6),
    ] {
        let dir = private_dir();
        old_slots(dir.path(), &slots);
        if let Some((generation, value)) = sled {
            old_sled(dir.path(), generation, value);
        }
        assert_eq!(values(&dir), [expected; 2], "{slots:?} {sled:?}");
        assert!(dir.path().join(MARKER).exists() && dir.path().join(LOG).exists());
        assert_eq!(values(&dir), [expected; 2], "{slots:?} {sled:?}, once more");
        fs::remove_dir_all(dir.path().join(SLED)).unwrap();
        assert_eq!(values(&dir), [expected; 2], "without sled");
    }
}

#[test]
fn a_crash_at_any_step_is_taken_up() {
    // What each step leaves: a draft, the log, the marker, the draft of the slots.
    for step in 0..4 {
        let dir = private_dir();
        old_slots(dir.path(), &[(4, 4), (5, 5)]);
        old_sled(dir.path(), 5, 5);
        let other = private_dir();
        old_slots(other.path(), &[(4, 4), (5, 5)]);
        assert_eq!(values(&other), [5, 5]);
        let take = |from: &str, to: &str| {
            fs::copy(other.path().join(from), dir.path().join(to)).unwrap();
        };
        match step {
            0 => fs::write(dir.path().join("records.new"), [1; 100]).unwrap(),
            1 => take(LOG, LOG),
            2 => [(LOG, LOG), (MARKER, MARKER)].iter().for_each(|(from, to)| take(from, to)),
            _ => [(LOG, LOG), (MARKER, MARKER), (SLOTS, "records.new")]
                .iter()
                .for_each(|(from, to)| take(from, to)),
        }
        assert_eq!(values(&dir), [5, 5], "step {step}");
        put(&mut open(dir.path()), name(2), 7);
        fs::remove_dir_all(dir.path().join(SLED)).unwrap();
        assert_eq!(values(&dir), [5, 5], "step {step}");
    }
    // The last one: the files are new, and sled is of before.
    let dir = private_dir();
    old_slots(dir.path(), &[(4, 4), (5, 5)]);
    assert_eq!(values(&dir), [5, 5]);
    put(&mut open(dir.path()), tenant(1), 6);
    fs::remove_dir_all(dir.path().join(SLED)).unwrap();
    old_sled(dir.path(), 5, 5);
    assert_eq!(values(&dir), [6, 5]);
    fs::remove_file(dir.path().join(SLOTS)).unwrap();
    assert_eq!(values(&dir), [6, 5], "sled was brought up too");
}

#[test]
fn a_directory_of_before_without_a_readable_slot_is_rebuilt_from_sled_or_missed() {
    let dir = private_dir();
    old_slots(dir.path(), &[]);
    old_sled(dir.path(), 5, 5);
    assert_eq!(values(&dir), [5, 5]);
    let dir = private_dir();
    old_slots(dir.path(), &[(4, 4), (5, 5)]);
    for slot in [0, 1] {
        edit(dir.path().join(SLOTS), |file| file.write_all_at(&[0xff; 100], slot * SLOT + 40).unwrap());
    }
    let before = fs::read(dir.path().join(SLOTS)).unwrap();
    assert!(open(dir.path()).missing().is_some());
    assert_eq!(fs::read(dir.path().join(SLOTS)).unwrap(), before);
}

#[test]
fn a_directory_of_before_that_was_never_written_is_a_first_start() {
    let dir = private_dir();
    old_slots(dir.path(), &[]);
    drop(sled::open(dir.path().join(SLED)).unwrap());
    let mut store = open(dir.path());
    assert!(store.missing().is_none() && store.is_empty());
    put(&mut store, tenant(1), 1);
}

#[test]
fn where_no_file_can_be_made_the_directory_of_before_is_read_and_nothing_is_written() {
    let dir = private_dir();
    old_slots(dir.path(), &[(4, 4), (5, 5)]);
    // A draft that cannot be written, as on a full disk.
    fs::create_dir(dir.path().join("records.new")).unwrap();
    let before = fs::read(dir.path().join(SLOTS)).unwrap();
    assert_eq!(values(&dir), [5, 5]);
    let mut store = open(dir.path());
    assert!(store.remarks().iter().any(|remark| remark.contains("cannot be written")));
    let refused = store.commit(&[Change::Put(tenant(1), vec![1])]);
    assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
    drop(store);
    assert_eq!(fs::read(dir.path().join(SLOTS)).unwrap(), before);
    fs::remove_dir(dir.path().join("records.new")).unwrap();
    assert_eq!(values(&dir), [5, 5]);
    put(&mut open(dir.path()), tenant(1), 6);
    let fresh = private_dir();
    fs::create_dir(fresh.path().join("records.new")).unwrap();
    let refused = open(fresh.path()).commit(&[Change::Put(tenant(1), vec![1])]);
    assert!(matches!(refused, Err(StoreError::ReadOnly(_))), "{refused:?}");
}
