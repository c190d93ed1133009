//! Files that are damaged, missing, replaced or read-only.

use super::*;
use std::process::Command;

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
}

/// Writes over the first bytes of sled's log, or takes sled away.
fn ruin_sled(dir: &Path, delete: bool) {
    match delete {
        true => fs::remove_dir_all(dir.join(SLED)).unwrap(),
        false => edit(dir.join(SLED).join("db"), |file| file.write_all_at(&[0xab; 5000], 0).unwrap()),
    }
}

/// Overwrites a file with zeros, or takes it away.
fn ruin(path: &Path, delete: bool) {
    match delete {
        true => fs::remove_file(path).unwrap(),
        false => fs::write(path, vec![0; fs::metadata(path).unwrap().len() as usize]).unwrap(),
    }
}

#[test]
fn a_damaged_byte_costs_nothing_while_sled_is_whole() {
    for file in [SLOTS, LOG] {
        let length = if file == SLOTS { 5 * 4096 } else { 4 * 700 };
        for at in (0..length).step_by(97) {
            let dir = written();
            edit(dir.path().join(file), |file| {
                let mut byte = [0];
                file.read_exact_at(&mut byte, at).unwrap();
                file.write_all_at(&[byte[0] ^ 0x10], at).unwrap();
            });
            assert_eq!(values(&dir), [2, 2], "{file}, byte {at}");
        }
    }
}

#[test]
fn without_sled_a_damaged_slot_costs_the_last_commit_at_most() {
    let mut found = Vec::new();
    for block in 1..5 {
        let dir = written();
        fs::remove_dir_all(dir.path().join(SLED)).unwrap();
        edit(dir.path().join(SLOTS), |file| file.write_all_at(&[0xff; 64], block * 4096 + 100).unwrap());
        found.push(values(&dir)[0]);
    }
    assert!(found.contains(&1) && found.iter().all(|value| [1, 2].contains(value)), "{found:?}");
}

#[test]
fn a_file_that_is_gone_or_emptied_is_rebuilt_from_sled() {
    for (files, delete) in [vec![SLOTS], vec![LOG], vec![SLOTS, LOG]]
        .into_iter()
        .flat_map(|it| [(it.clone(), true), (it, false)])
    {
        let dir = written();
        files.iter().for_each(|file| ruin(&dir.path().join(file), delete));
        assert_eq!(values(&dir), [2, 2], "{files:?} {delete}");
        ruin_sled(dir.path(), true);
        assert_eq!(values(&dir), [2, 2], "{files:?} {delete}: and it stays so");
        let aside: Vec<String> =
            names_in(dir.path()).into_iter().filter(|name| name.contains("broken")).collect();
        assert!(aside.iter().any(|name| name.starts_with("sled.broken")), "a copy of sled: {aside:?}");
        assert_eq!(delete, !aside.iter().any(|name| name.starts_with("records")), "{aside:?}");
    }
}

#[test]
fn lost_records_are_said_and_nothing_is_written_until_somebody_gives_them_up() {
    let lost: &[&[&str]] = &[&[SLOTS], &[LOG], &[SLOTS, LOG]];
    for (files, delete, sled) in lost
        .iter()
        .flat_map(|files| [true, false].map(|delete| (*files, delete)))
        .flat_map(|(files, delete)| [true, false].map(|sled| (files, delete, sled)))
    {
        let dir = written();
        files.iter().for_each(|file| ruin(&dir.path().join(file), delete));
        ruin_sled(dir.path(), sled);
        let case = format!("{files:?} {delete} {sled}");
        for _ in 0..3 {
            let mut store = open(dir.path());
            let missing = store.missing().unwrap_or_else(|| panic!("{case}: taken for a first start"));
            assert!(files.iter().all(|file| missing.to_string().contains(file)), "{case}: {missing}");
            assert!(!store.is_empty());
            let refused = store.commit(&[Change::Put(tenant(2), vec![1])]);
            assert!(matches!(refused, Err(StoreError::Missing { .. })), "{case}: {refused:?}");
            assert_eq!(
                fs::metadata(dir.path().join(files[0])).is_err(),
                delete,
                "{case}: nothing is made anew"
            );
        }
        let mut store = open(dir.path());
        store.commit(&[Change::GiveUpMissing, Change::Put(tenant(2), vec![1])]).unwrap();
        assert!(store.missing().is_none(), "{case}");
        drop(store);
        let mut store = open(dir.path());
        assert!(store.missing().is_none(), "{case}");
        assert_eq!(store.get(&tenant(2)).unwrap(), Some(vec![1]), "{case}");
        let kept = if files == [LOG] { store.get(&tenant(1)) } else { store.get(&name(1)) };
        assert_eq!(kept.unwrap().is_some(), files.len() == 1, "{case}: what is not lost stays");
        let aside = names_in(dir.path()).into_iter().any(|name| name.contains("broken"));
        assert!(aside || delete, "{case}: bytes are kept");
    }
}

#[test]
fn a_tenant_whose_slots_are_damaged_is_missed_and_the_others_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for n in 1..4 {
        put(&mut store, tenant(n), n);
    }
    drop(store);
    ruin_sled(dir.path(), true);
    let slots = fs::read(dir.path().join(SLOTS)).unwrap();
    let of_two: Vec<u64> = slots
        .chunks(4096)
        .enumerate()
        .filter(|(_, block)| block[32..48] == [2; 16])
        .map(|(at, _)| at as u64)
        .collect();
    for at in of_two {
        edit(dir.path().join(SLOTS), |file| file.write_all_at(&[0xff; 200], at * 4096).unwrap());
    }
    for _ in 0..2 {
        let mut store = open(dir.path());
        assert!(store.missing().is_some_and(|error| error.to_string().contains("1 tenant")));
        put(&mut store, tenant(1), 9);
        assert_eq!(store.get(&tenant(3)).unwrap().unwrap()[0], 3);
    }
    // What the store before still holds of sled is free in a moment.
    while let Err(error) = open(dir.path()).commit(&[Change::GiveUpMissing]) {
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
        std::thread::yield_now();
    }
    assert!(open(dir.path()).missing().is_none());
}

#[test]
fn the_whole_directory_gone_is_a_first_start() {
    let dir = written();
    for name in names_in(dir.path()) {
        let path = dir.path().join(name);
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    assert!(open(dir.path()).missing().is_none());
    assert_eq!(values(&dir), [0, 0]);
}

#[test]
fn a_directory_that_is_deleted_or_replaced_under_a_running_daemon_is_noticed_by_the_next_write() {
    for how in ["file deleted", "file replaced", "log deleted", "directory deleted", "directory replaced"] {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("state");
        let mut store = open(&dir);
        put(&mut store, tenant(1), 1);
        match how {
            "file deleted" => fs::remove_file(dir.join(SLOTS)).unwrap(),
            "file replaced" => {
                fs::copy(dir.join(SLOTS), dir.join("copy")).unwrap();
                fs::rename(dir.join("copy"), dir.join(SLOTS)).unwrap();
            }
            "log deleted" => fs::remove_file(dir.join(LOG)).unwrap(),
            "directory deleted" => fs::remove_dir_all(&dir).unwrap(),
            _ => {
                copy(&dir, &outer.path().join("copy"));
                fs::remove_dir_all(&dir).unwrap();
                fs::rename(outer.path().join("copy"), &dir).unwrap();
            }
        }
        let refused = store.commit(&[Change::Put(tenant(1), vec![2])]);
        assert!(matches!(refused, Err(StoreError::Write { .. })), "{how}: {refused:?}");
        assert_eq!(store.get(&tenant(1)).unwrap(), Some(vec![1; 500]), "{how}: what was known is known");
        let again = store.commit(&[Change::Put(tenant(1), vec![2])]);
        assert!(again.is_err(), "{how}: what is on disk is not known any more");
    }
}

#[test]
fn a_broken_sled_is_moved_aside_and_rebuilt_and_nothing_is_ever_deleted() {
    for damage in ["conf", "db"] {
        let dir = written();
        fs::write(dir.path().join(SLED).join(damage), vec![0xab; 5000]).unwrap();
        assert_eq!(values(&dir), [2, 2], "{damage}");
        assert_eq!(values(&dir), [2, 2], "{damage}, once more");
    }
    let dir = written();
    fs::remove_dir_all(dir.path().join(SLED)).unwrap();
    fs::write(dir.path().join(SLED), "not a directory").unwrap();
    assert_eq!(values(&dir), [2, 2]);
    assert_eq!(fs::read(dir.path().join("sled.broken.0")).unwrap(), b"not a directory");
    let mut kept = Vec::new();
    for round in 0..14 {
        fs::write(dir.path().join(SLED).join("conf"), vec![round; 5000]).unwrap();
        assert_eq!(values(&dir), [2, 2], "{round}");
        kept.push(names_in(dir.path()).iter().filter(|name| name.contains("broken")).count());
    }
    assert!(kept.is_sorted() && kept[0] == 2 && kept[13] == 10, "{kept:?}");
}

#[test]
fn a_sled_that_somebody_holds_is_no_broken_one() {
    let dir = written();
    let holder = File::open(dir.path().join(SLED).join("db")).unwrap();
    // A process that another test has just started may have the file of before for a moment.
    let begun = std::time::Instant::now();
    while holder.try_lock().is_err() {
        assert!(begun.elapsed().as_secs() < 20, "the store is still open");
        std::thread::yield_now();
    }
    assert!(matches!(SledStore::open(dir.path(), &key()), Err(StoreError::InUse { .. })));
    assert!(!dir.path().join("sled.broken.0").exists());
}

#[test]
fn each_copy_is_brought_up_by_the_other() {
    let dir = written();
    let aside = tempfile::tempdir().unwrap();
    copy(&dir.path().join(SLED), &aside.path().join("old"));
    let old = [SLOTS, LOG].map(|file| fs::read(dir.path().join(file)).unwrap());
    let mut store = open(dir.path());
    put(&mut store, tenant(1), 3);
    put(&mut store, name(1), 3);
    drop(store);
    copy(&dir.path().join(SLED), &aside.path().join("new"));
    let exchange = |sled: &str| {
        fs::remove_dir_all(dir.path().join(SLED)).unwrap();
        copy(&aside.path().join(sled), &dir.path().join(SLED));
    };
    exchange("old");
    assert_eq!(values(&dir), [3, 3], "the files are newer");
    for (file, bytes) in [SLOTS, LOG].iter().zip(&old) {
        fs::write(dir.path().join(file), bytes).unwrap();
    }
    exchange("new");
    assert_eq!(values(&dir), [3, 3], "sled is newer");
    ruin_sled(dir.path(), true);
    assert_eq!(values(&dir), [3, 3], "and the files were brought up");
}

#[test]
fn another_auth_value_is_said_and_changes_nothing() {
    let dir = written();
    let before = [SLOTS, LOG].map(|file| fs::read(dir.path().join(file)).unwrap());
    let wrong = SledStore::open(dir.path(), &Secret::new([8; 32]));
    assert!(matches!(wrong, Err(StoreError::WrongAuthValue { .. })));
    assert_eq!([SLOTS, LOG].map(|file| fs::read(dir.path().join(file)).unwrap()), before);
    assert_eq!(values(&dir), [2, 2]);
}

#[test]
fn a_newer_format_is_refused_and_left_as_it_is() {
    let dir = written();
    edit(dir.path().join(SLOTS), |file| {
        let mut header = layout::old_slot::Header {
            format: 99,
            generation: 0,
            length: 0,
            checksum: 0,
            may_have_device: true,
        };
        header.checksum = crc32c::crc32c(&header.checked());
        file.write_all_at(&header.write(), 0).unwrap();
    });
    let before = fs::read(dir.path().join(SLOTS)).unwrap();
    let refused = SledStore::open(dir.path(), &key());
    assert!(matches!(refused, Err(StoreError::Newer { found: 99, .. })));
    assert_eq!(fs::read(dir.path().join(SLOTS)).unwrap(), before);
}

#[test]
fn a_link_in_the_place_of_a_file_is_not_followed() {
    let dir = written();
    let elsewhere = tempfile::tempdir().unwrap();
    for file in [SLOTS, LOG] {
        let (path, to) = (dir.path().join(file), elsewhere.path().join(file));
        fs::rename(&path, &to).unwrap();
        std::os::unix::fs::symlink(&to, &path).unwrap();
        assert!(matches!(SledStore::open(dir.path(), &key()), Err(StoreError::Open { .. })), "{file}");
        fs::remove_file(&path).unwrap();
        fs::rename(&to, &path).unwrap();
    }
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "kept").unwrap();
    fs::remove_file(dir.path().join(LOG)).unwrap();
    std::os::unix::fs::symlink(&victim, dir.path().join("records.new")).unwrap();
    assert_eq!(values(&dir), [2, 2]);
    assert_eq!(fs::read(&victim).unwrap(), b"kept");
}

#[test]
fn what_a_commit_took_from_the_log_does_not_come_back_with_the_slots_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    put(&mut store, name(1), 1);
    store
        .commit(&[Change::Delete(name(1)), Change::Put(tenant(1), vec![1]), Change::Put(name(2), vec![1])])
        .unwrap();
    drop(store);
    ruin_sled(dir.path(), true);
    ruin(&dir.path().join(SLOTS), true);
    let log = fs::read(dir.path().join(LOG)).unwrap();
    let mut store = open(dir.path());
    assert!(store.missing().is_some());
    assert_eq!([name(1), name(2)].map(|key| store.get(&key).unwrap().is_some()), [false, true]);
    drop(store);
    assert_eq!(fs::read(dir.path().join(LOG)).unwrap(), log, "nothing was written");
}

#[test]
fn without_sled_a_damaged_entry_of_the_log_is_a_loss_and_not_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    (1..6).for_each(|n| put(&mut store, name(n), n));
    drop(store);
    ruin_sled(dir.path(), true);
    // The second of five entries, of some 600 bytes each.
    edit(dir.path().join(LOG), |file| file.write_all_at(&[0xff; 16], 64 + 900).unwrap());
    let mut store = open(dir.path());
    assert!(store.missing().is_some_and(|error| error.to_string().contains("records.log")));
    assert!(store.get(&name(1)).unwrap().is_some(), "what can be read is known");
}

#[test]
fn a_first_start_that_was_cut_is_a_first_start() {
    for there in [vec![], vec![LOG], vec![LOG, "records.new"], vec!["records.new"]] {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path()));
        fs::copy(dir.path().join(SLOTS), dir.path().join("records.new")).unwrap();
        for name in names_in(dir.path()).iter().filter(|name| !there.contains(&name.as_str())) {
            let path = dir.path().join(name);
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        let mut store = open(dir.path());
        assert!(store.missing().is_none() && store.is_empty(), "{there:?}");
        put(&mut store, tenant(1), 1);
    }
}

#[test]
fn after_a_write_that_failed_nothing_is_written_until_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    put(&mut store, tenant(1), 1);
    let (slots, away) = (dir.path().join(SLOTS), dir.path().join("away"));
    fs::rename(&slots, &away).unwrap();
    assert!(store.commit(&[Change::Put(tenant(1), vec![2; 500])]).is_err());
    fs::rename(&away, &slots).unwrap();
    assert!(store.commit(&[Change::Put(tenant(1), vec![3; 500])]).is_err(), "what is on disk is not known");
    drop(store);
    put(&mut open(dir.path()), tenant(1), 4);
}
