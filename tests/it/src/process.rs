//! What the kernel counts of a process, and what a directory takes on the disk.

use rustix::process::Pid;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The process's directory in /proc.
pub fn proc_of(pid: Pid) -> PathBuf {
    PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()))
}

/// Its share of memory (PSS) in KiB, by its directory in /proc; 0 where it has ended.
pub fn pss_kib(process: &Path) -> f64 {
    let rollup = fs::read_to_string(process.join("smaps_rollup")).unwrap_or_default();
    let pss = field(&rollup, "Pss:").and_then(|it| it.split_whitespace().next()?.parse().ok());
    pss.unwrap_or_default()
}

/// Clock ticks of processor time that it has taken, in user and in kernel mode.
pub fn ticks(process: &Path) -> f64 {
    let stat = fs::read_to_string(process.join("stat")).unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    after_name.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok()).sum()
}

/// Milliseconds of processor time that its threads have taken which there still are.
pub fn cpu_ms(process: &Path) -> f64 {
    let tasks = fs::read_dir(process.join("task")).unwrap().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let schedule = fs::read_to_string(task.path().join("schedstat")).ok()?;
        schedule.split(' ').next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e6
}

/// The rest of the line that begins so.
pub fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim)
}

/// Bytes that a directory takes on the disk.
pub fn disk_bytes(dir: &Path) -> u64 {
    let of = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        // sled renames what it has written meanwhile.
        let Ok(found) = entry.metadata() else { return 0 };
        if found.is_dir() { disk_bytes(&entry.path()) } else { found.blocks() * 512 }
    };
    fs::read_dir(dir).unwrap().map(of).sum()
}
