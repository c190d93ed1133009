use super::*;
use std::process::{Command, Stdio};

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
            ])
            .unwrap();
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
        let enough = acked + 1 + round % 5;
        while acked < enough {
            acked = told.next().expect("the child commits");
        }
        child.kill().unwrap();
        acked = told.last().unwrap_or(acked);
        child.wait().unwrap();
        let mut store = open(dir.path());
        let mut value = |key| u32::from_be_bytes(store.get(&key).unwrap().unwrap().try_into().unwrap());
        let found = value(tenant(1));
        assert_eq!(found, value(name(1)), "a commit is whole");
        assert!(found >= acked, "round {round}: {found} is on disk, {acked} was acknowledged");
    }
}
