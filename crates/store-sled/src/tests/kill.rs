use super::*;
use std::process::{Command, Stdio};

/// A record that packing makes no shorter: a few dozen of them fill the log, and are packed in sled.
fn long(n: u32) -> Vec<u8> {
    let chance = (0..1000).map(|at| (n * 1000 + at).wrapping_mul(0x9e37_79b9).rotate_left(n % 32));
    std::iter::once(n).chain(chance).flat_map(u32::to_be_bytes).collect()
}

/// The commit that a directory knows last: it is there as a whole, and everything before it.
fn last_commit(store: &mut SledStore) -> u32 {
    let mut value = |key| u32::from_be_bytes(store.get(&key).unwrap().unwrap()[..4].try_into().unwrap());
    let found = value(tenant(1));
    assert_eq!(found, value(name(1)), "a commit is whole");
    for n in found.saturating_sub(39).max(1)..=found {
        assert_eq!(value(name(100 + (n % 40) as u8)), n, "{found}");
    }
    found
}

/// What sled says alone of a directory whose files were lost; none where it does not open, which a kill may cost.
fn last_commit_of_sled(dir: &Path) -> Option<u32> {
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("state");
    assert!(Command::new("cp").arg("-r").arg(dir).arg(&to).status().unwrap().success());
    [SLOTS, LOG].iter().for_each(|file| fs::remove_file(to.join(file)).unwrap());
    let mut store = open(&to);
    store.missing().is_none().then(|| last_commit(&mut store))
}

/// Run by the next test as a process of its own: commits until it is killed, telling each commit.
#[test]
fn child_that_commits_until_it_is_killed() {
    let Some(dir) = std::env::var_os("STORE_SLED_CHILD") else { return };
    let mut store = open(Path::new(&dir));
    let begun =
        store.get(&tenant(1)).unwrap().map_or(0, |value| u32::from_be_bytes(value.try_into().unwrap()));
    for n in begun + 1.. {
        store
            .commit(&[
                Change::Put(tenant(1), n.to_be_bytes().to_vec()),
                Change::Put(name(1), n.to_be_bytes().to_vec()),
                Change::Put(name(100 + (n % 40) as u8), long(n)),
            ])
            .unwrap();
        println!("\nacked {n}");
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_that_was_acknowledged() {
    use std::io::{BufRead, BufReader};
    let dir = tempfile::tempdir().unwrap();
    let (mut acked, mut of_sled) = (0, 0);
    for round in 0..30_u32 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "tests::kill::child_that_commits_until_it_is_killed", "--nocapture"])
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
        let enough = acked + 4 + round % 7;
        while acked < enough {
            acked = told.next().expect("the child commits");
        }
        child.kill().unwrap();
        acked = told.last().unwrap_or(acked);
        child.wait().unwrap();
        let alone = last_commit_of_sled(dir.path());
        let found = last_commit(&mut open(dir.path()));
        assert!(found >= acked, "round {round}: {found} is on disk, {acked} was acknowledged");
        assert!(alone.is_none_or(|alone| alone <= found), "round {round}: {alone:?} of {found}");
        of_sled += u32::from(alone.is_some());
    }
    assert!(of_sled > 20 && acked > 100, "{of_sled} {acked}");
}
