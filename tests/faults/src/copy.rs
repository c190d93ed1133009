//! A copy of the workspace with a target directory of its own: the same paths in one would be taken for each other.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The place of the copy below the directory for what is built; it is as the workspace is now, and what did not
/// change since the last time is not built again.
pub fn of_the_workspace(root: &Path, target: &Path) -> io::Result<PathBuf> {
    let copy = target.join("mutants");
    fs::create_dir_all(&copy)?;
    for name in COPIED {
        follow(&root.join(name), &copy.join(name))?;
    }
    lend(root, &target.join("debug"), &copy.join("target/debug"))?;
    Ok(copy)
}

/// Makes `to` what `from` is, and leaves alone what is the same.
fn follow(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        let same = fs::read(to).is_ok_and(|old| fs::read(from).is_ok_and(|new| old == new));
        return if same { Ok(()) } else { fs::copy(from, to).map(drop) };
    }
    fs::create_dir_all(to)?;
    let wanted = names(from)?;
    for name in names(to)?.difference(&wanted) {
        let gone = to.join(name);
        if gone.is_dir() { fs::remove_dir_all(gone)? } else { fs::remove_file(gone)? }
    }
    wanted.iter().try_for_each(|name| follow(&from.join(name), &to.join(name)))
}

/// Lends the libraries that are built already, where there is no target directory yet.
fn lend(root: &Path, from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() || !from.exists() {
        return Ok(());
    }
    let mut ours = BTreeSet::from(["xtask".to_owned()]);
    for folder in ["crates", "tests"] {
        ours.extend(names(&root.join(folder))?.iter().map(|name| name.to_string_lossy().replace('-', "_")));
    }
    for part in ["deps", "build", ".fingerprint"] {
        fs::create_dir_all(to.join(part))?;
        for name in names(&from.join(part))? {
            let text = name.to_string_lossy().replace('-', "_");
            let package = text.rsplit_once('_').map_or(text.as_str(), |(package, _)| package);
            if !ours.contains(package) && !package.strip_prefix("lib").is_some_and(|it| ours.contains(it)) {
                link(&from.join(part).join(&name), &to.join(part).join(&name), part != ".fingerprint")?;
            }
        }
    }
    Ok(())
}

/// Cargo judges by the times of files, so that those stay; it writes into fingerprints, so that they are copied.
fn link(from: &Path, to: &Path, hard: bool) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        return names(from)?.iter().try_for_each(|name| link(&from.join(name), &to.join(name), hard));
    }
    if hard && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to)?;
    File::options().write(true).open(to)?.set_modified(fs::metadata(from)?.modified()?)
}

fn names(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}

const COPIED: [&str; 7] = [".clippy.toml", "Cargo.toml", "Cargo.lock", "crates", "docs", "tests", "xtask"];
