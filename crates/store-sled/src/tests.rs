use crate::slots::Slots;
use crate::*;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

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

fn name(n: u8) -> RecordKey {
    RecordKey::Account(format!("user{n}@contoso.com").parse().unwrap())
}

fn put(store: &mut SledStore, n: u8, value: u8) {
    store.commit(&[Change::Put(name(n), vec![value; 500])]).unwrap();
}

/// A directory with two commits.
fn written() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    put(&mut store, 1, 1);
    put(&mut store, 1, 2);
    dir
}

fn value(dir: &tempfile::TempDir) -> Vec<u8> {
    open(dir.path()).get(&name(1)).unwrap().unwrap()
}

fn edit_slots(dir: &tempfile::TempDir, edit: impl Fn(&File)) {
    edit(&File::options().read(true).write(true).open(dir.path().join(SLOTS)).unwrap());
}

#[test]
fn the_suite_that_every_store_passes() {
    let dir = tempfile::tempdir().unwrap();
    conformance::store(&mut || Box::new(open(dir.path())));
}

#[test]
fn a_damaged_slot_costs_nothing_while_sled_is_whole() {
    for slot in [0, 1] {
        for at in (0..600).step_by(7) {
            let dir = written();
            edit_slots(&dir, |file| {
                let mut byte = [0];
                let place = slot * (2 * 1024 * 1024) + at;
                file.read_exact_at(&mut byte, place).unwrap();
                file.write_all_at(&[byte[0] ^ 0x10], place).unwrap();
            });
            assert_eq!(value(&dir), vec![2; 500], "slot {slot}, byte {at}");
        }
    }
}

#[test]
fn a_broken_sled_is_moved_aside_and_rebuilt() {
    for damage in ["conf", "db"] {
        let dir = written();
        fs::write(dir.path().join("sled").join(damage), vec![0xab; 5000]).unwrap();
        assert_eq!(value(&dir), vec![2; 500], "{damage}");
        assert_eq!(value(&dir), vec![2; 500], "{damage}, once more");
    }
    let dir = written();
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    fs::write(dir.path().join("sled"), "not a directory").unwrap();
    assert_eq!(value(&dir), vec![2; 500]);
    assert!(dir.path().join("sled.broken.0").exists());
}

#[test]
fn a_sled_that_somebody_holds_is_no_broken_one() {
    let dir = written();
    let holder = File::open(dir.path().join("sled").join("db")).unwrap();
    holder.try_lock().unwrap();
    assert!(matches!(SledStore::open(dir.path(), &key()), Err(StoreError::InUse { .. })));
    assert!(!dir.path().join("sled.broken.0").exists());
    drop(holder);
    edit_slots(&dir, |file| file.write_all_at(&[0xff; 64], 0).unwrap());
    assert_eq!(value(&dir), vec![2; 500], "it still holds the newest");
}

#[test]
fn a_sled_that_lags_behind_is_caught_up_and_one_that_is_ahead_counts() {
    let dir = written();
    let aside = tempfile::tempdir().unwrap();
    let old = aside.path().join("old");
    assert!(Command::new("cp").arg("-r").arg(dir.path().join("sled")).arg(&old).status().unwrap().success());
    let slots = fs::read(dir.path().join(SLOTS)).unwrap();
    put(&mut open(dir.path()), 1, 3);
    let newest = tempfile::tempdir().unwrap();
    assert!(
        Command::new("cp").arg("-r").arg(dir.path()).arg(newest.path().join("x")).status().unwrap().success()
    );
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    fs::rename(&old, dir.path().join("sled")).unwrap();
    assert_eq!(value(&dir), vec![3; 500], "the slots are newer");
    fs::write(dir.path().join(SLOTS), slots).unwrap();
    assert_eq!(value(&dir), vec![3; 500], "sled is newer");
}

#[test]
fn each_copy_is_brought_up_by_the_other() {
    let dir = written();
    fs::write(dir.path().join("sled").join("db"), vec![0xab; 5000]).unwrap();
    drop(open(dir.path()));
    edit_slots(&dir, |file| file.write_all_at(&vec![0xff; 4 * 1024 * 1024], 0).unwrap());
    assert_eq!(value(&dir), vec![2; 500], "sled was rebuilt from the slots");
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    assert_eq!(value(&dir), vec![2; 500], "and the slots from sled");
}

#[test]
fn without_sled_a_torn_slot_costs_the_last_commit_at_most() {
    let mut found = Vec::new();
    for slot in [0, 1] {
        let dir = written();
        fs::remove_dir_all(dir.path().join("sled")).unwrap();
        edit_slots(&dir, |file| file.write_all_at(&[0xff; 64], slot * (2 * 1024 * 1024) + 40).unwrap());
        found.push(value(&dir)[0]);
    }
    assert_eq!(found, [1, 2], "the second commit is in the first slot");
}

#[test]
fn nothing_readable_is_an_error_and_never_an_empty_store() {
    let dir = written();
    let wrong = SledStore::open(dir.path(), &Secret::new([8; 32]));
    assert!(matches!(wrong, Err(StoreError::Damaged { .. })));
    edit_slots(&dir, |file| file.write_all_at(&vec![0xff; 4 * 1024 * 1024], 0).unwrap());
    fs::remove_dir_all(dir.path().join("sled")).unwrap();
    assert!(matches!(SledStore::open(dir.path(), &key()), Err(StoreError::Damaged { .. })));
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let dir = written();
    edit_slots(&dir, |file| {
        for slot in 0..2 {
            let mut bytes = vec![0; 4096];
            file.read_exact_at(&mut bytes, slot * 2 * 1024 * 1024).unwrap();
            bytes[11] = 99;
            let length = u32::from_be_bytes(bytes[20..24].try_into().unwrap()) as usize;
            let sum = crc32c::crc32c_append(crc32c::crc32c(&bytes[..24]), &bytes[32..32 + length]);
            bytes[24..28].copy_from_slice(&sum.to_be_bytes());
            file.write_all_at(&bytes, slot * 2 * 1024 * 1024).unwrap();
        }
    });
    let before = fs::read(dir.path().join(SLOTS)).unwrap();
    let refused = SledStore::open(dir.path(), &key());
    assert!(matches!(refused, Err(StoreError::Newer { found: 99, .. })));
    assert_eq!(fs::read(dir.path().join(SLOTS)).unwrap(), before);
}

#[test]
fn a_read_only_file_is_read_and_a_write_says_so() {
    let dir = written();
    let cipher = Cipher::new(&key()).unwrap();
    let refuse = |_: &Path| Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
    let (mut slots, found) = Slots::open_by(&dir.path().join(SLOTS), cipher, refuse).unwrap();
    let (generation, records) = found.unwrap();
    assert_eq!((generation, records[&name(1)].clone()), (2, vec![2; 500]));
    assert_eq!(slots.write(3, &records).unwrap_err().kind(), io::ErrorKind::ReadOnlyFilesystem);
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
    drop(open(&state));
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(state.clone()), mode(state.join(SLOTS)), mode(state.join("sled"))),
        (0o700, 0o600, 0o700)
    );
}

#[test]
fn files_of_the_store_are_frozen() {
    let dir = written();
    fs::write(dir.path().join("sled").join("conf"), vec![0xab; 5000]).unwrap();
    drop(open(dir.path()));
    let mut names: Vec<String> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let bytes = fs::read(dir.path().join(SLOTS)).unwrap();
    let text = |from: usize, to: usize| std::str::from_utf8(&bytes[from..to]).unwrap().to_owned();
    let said = manual::join([
        manual::words("state directory", names.iter().map(String::as_str)),
        // Two accounts have no object of this machine.
        manual::words(SLOTS, [text(0, 8).as_str(), text(28, 32).as_str()]),
    ]);
    manual::check_words("files of the store", &said).unwrap();
}

/// Run by the next test as a process of its own: commits until it is killed, telling each commit.
#[test]
fn child_that_commits_until_it_is_killed() {
    let Some(dir) = std::env::var_os("STORE_SLED_CHILD") else { return };
    let mut store = open(Path::new(&dir));
    let begun = store.get(&name(1)).unwrap().map_or(0, |value| u32::from_be_bytes(value.try_into().unwrap()));
    for n in begun + 1.. {
        store.commit(&[Change::Put(name(1), n.to_be_bytes().to_vec())]).unwrap();
        println!("\nacked {n}");
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let mut acked = 0;
    for round in 0..30_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::child_that_commits_until_it_is_killed", "--nocapture"])
            .env("STORE_SLED_CHILD", dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|l| l.strip_prefix("acked ")?.parse::<u32>().ok());
        let enough = acked + 1 + round % 5;
        while acked < enough {
            acked = told.next().expect("the child commits");
        }
        child.kill().unwrap();
        acked = told.last().unwrap_or(acked);
        child.wait().unwrap();
        let mut store = open(dir.path());
        let found = u32::from_be_bytes(store.get(&name(1)).unwrap().unwrap().try_into().unwrap());
        assert!(found >= acked, "round {round}: {found} is on disk, {acked} was acknowledged");
    }
}
