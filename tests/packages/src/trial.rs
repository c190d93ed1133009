use crate::{Build, Workshop, at, is_root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes the packages and tries them where that can be done; how it went, for people.
///
/// # Errors
/// What could not be made, or was not as it should be.
pub fn try_here(shop: &Workshop, build: &Build, folder: &Path) -> Result<String, String> {
    if !is_root() || !is_possible() {
        return Ok("packages are tried by root only, where there are namespaces and dpkg-dev".to_owned());
    }
    let made = crate::make(shop, build)?;
    Ok(format!("{} things were as they should be", try_out(folder, &made)?))
}

/// Whether packages can be made and installed in an overlay here, given that we are root.
fn is_possible() -> bool {
    let works = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    works(Command::new("dpkg-architecture").arg("-qDEB_HOST_ARCH"))
        && works(Command::new("unshare").args(NAMESPACES).args(["sh", "-c", OVERLAY]))
}

/// Installs, upgrades, removes and purges the packages over this machine's root as an overlay; nothing of it stays.
/// Gives how many things were looked at.
fn try_out(folder: &Path, packages: &[PathBuf]) -> Result<usize, String> {
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    let script = folder.join("overlay.sh");
    fs::write(&script, SCRIPT).map_err(|error| at(&script, &error))?;
    let mut trial = Command::new("unshare");
    trial.args(NAMESPACES).arg("bash").arg(&script).arg(folder.join("root")).args(packages);
    let output = trial.output().map_err(|error| format!("unshare: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let missing = missing(&said);
    if output.status.success() && missing.is_empty() {
        return Ok(EXPECTED.len());
    }
    Err(format!("not said: {missing:?}\n{said}{}", String::from_utf8_lossy(&output.stderr)))
}

/// What was expected and not said, in the order in which it was expected.
fn missing(said: &str) -> Vec<&'static str> {
    let mut lines = said.lines();
    EXPECTED.iter().copied().filter(|expected| !lines.by_ref().any(|line| line == *expected)).collect()
}

/// Whether what the script does first can be done here.
const OVERLAY: &str = "d=$(mktemp -d) && mount -t tmpfs tmpfs $d && mkdir $d/c $d/w $d/r && \
    mount -t overlay -o lowerdir=/,upperdir=$d/c,workdir=$d/w overlay $d/r && umount $d/r && umount $d && rmdir $d";
const SCRIPT: &str = include_str!("overlay.sh");
const NAMESPACES: [&str; 7] =
    ["--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--propagation=private"];
/// What the script says where all is well, one thing a line.
const EXPECTED: [&str; 25] = [
    "installed: profile on, names 3, socket enabled, service enabled, watch enabled, cache firmament 755, user firmament",
    "file of names: root 644",
    "keys installed: of the same version",
    "completions: bash zsh fish",
    "local people: as before",
    "by package: the example can be used",
    "session: open through the upgrade",
    "upgraded: profile on, names 3, socket enabled, service enabled, watch enabled, cache firmament 755, user firmament",
    "names: there at every moment of the upgrade",
    "configuration: as edited",
    "switched off, upgraded: profile off, names 0, socket disabled, service enabled, watch enabled, cache firmament 755, user firmament",
    "removed: profile off, names 0",
    "local people: as before",
    "told: the identity is kept",
    "state: kept",
    "installed again: profile on, names 3, socket disabled, service enabled, watch enabled, cache firmament 755, user firmament",
    "purged: profile off, names 0",
    "told: how to delete the state",
    "state: kept",
    "purged, and agreed: profile off, names 0",
    "state: gone",
    "never used, purged: profile off, names 0",
    "told: nothing",
    "state: gone",
    "everything else: as before",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_or_said_too_early_is_missing() {
        assert_eq!(missing(&EXPECTED.join("\nmore\n")), [""; 0]);
        assert_eq!(missing(&EXPECTED[1..].join("\n")).first(), Some(&EXPECTED[0]));
        let mut swapped = EXPECTED;
        swapped.swap(1, 2);
        assert!(!missing(&swapped.join("\n")).is_empty());
    }
}
