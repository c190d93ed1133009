//! Whether the packages can be installed on other systems than the one that built them.

use crate::{at, is_root, said_by};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs the packages in a new Debian 13 and compares what they need with what Ubuntu 24.04 has; a line for each.
///
/// # Errors
/// What is missing, or what apt or a script said.
pub fn elsewhere(folder: &Path, packages: &[PathBuf]) -> Result<Vec<String>, String> {
    in_ubuntu(packages)?;
    let tried = match is_root() {
        true => in_debian_13(folder, packages)?,
        false => Elsewhere::Skipped("only root makes another system"),
    };
    let ubuntu = "Ubuntu 24.04 has what the packages need, by the list of its names".to_owned();
    Ok(vec![
        ubuntu,
        match tried {
            Elsewhere::Fits => "Debian 13 installs and purges the packages".to_owned(),
            Elsewhere::Skipped(why) => format!("SKIPPED, Debian 13 was not tried: {why}"),
        },
    ])
}

/// How it went on another system.
#[derive(Debug, PartialEq, Eq)]
enum Elsewhere {
    /// They can be installed.
    Fits,
    /// It was not tried, and this is why.
    Skipped(&'static str),
}

/// Installs the packages with all that they need in a new Debian 13, which is gone afterwards.
fn in_debian_13(folder: &Path, packages: &[PathBuf]) -> Result<Elsewhere, String> {
    if Command::new("mmdebstrap").arg("--version").output().is_err() {
        return Ok(Elsewhere::Skipped("there is no mmdebstrap: apt-get install mmdebstrap"));
    }
    fs::create_dir_all(folder).map_err(|error| at(folder, &error))?;
    let mut look = Command::new("/usr/lib/apt/apt-helper");
    look.args(["download-file", &format!("{MIRROR}/dists/{DEBIAN_13}/InRelease")])
        .arg(folder.join("InRelease"));
    if !look.output().is_ok_and(|output| output.status.success()) {
        return Ok(Elsewhere::Skipped("the mirror of Debian cannot be reached"));
    }
    let mut make = Command::new("mmdebstrap");
    make.args(["--mode=root", "--variant=apt", "--format=null", "--quiet"]);
    for package in packages {
        make.arg(format!("--customize-hook=copy-in {} /root", package.display()));
    }
    make.arg(format!("--customize-hook=chroot \"$1\" sh -euc '{INSIDE}'"));
    said_by(make.args([DEBIAN_13, "-", MIRROR])).map(|_| Elsewhere::Fits)
}

/// Whether Ubuntu 24.04 has what the packages depend on, by the names of its packages.
fn in_ubuntu(packages: &[PathBuf]) -> Result<(), String> {
    for package in packages {
        let depends = said_by(Command::new("dpkg-deb").arg("-f").arg(package).arg("Depends"))?;
        let missing = missing(&depends, UBUNTU);
        if !missing.is_empty() {
            return Err(format!("{}: Ubuntu 24.04 has none of {}", package.display(), missing.join("; ")));
        }
    }
    Ok(())
}

/// What is depended on and not in the list, nor one of ours.
fn missing<'a>(depends: &'a str, list: &str) -> Vec<&'a str> {
    let known: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).chain(OURS).collect();
    let name = |one: &str| one.split_whitespace().next().unwrap_or_default().to_owned();
    let is_there = |clause: &&str| clause.split('|').any(|one| known.contains(&name(one).as_str()));
    depends.split(',').map(str::trim).filter(|clause| !is_there(clause)).collect()
}

const MIRROR: &str = "http://deb.debian.org/debian";
const DEBIAN_13: &str = "trixie";
const UBUNTU: &str = include_str!("../data/ubuntu-24.04.txt");
const OURS: [&str; 2] = ["firmament", "firmament-keys"];
/// Installed, the programs start, PAM and names know us; purged, nothing of it stays in PAM.
const INSIDE: &str = "export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends /root/firmament.deb /root/firmament-keys.deb
    firmamentd --version; aad-tool --version
    ldd /usr/libexec/firmament/firmament-keys | grep -q libtss2-esys
    if ldd /usr/libexec/firmament/firmament-keys | grep \"not found\"; then exit 1; fi
    grep -q pam_firmament /etc/pam.d/common-auth; grep -q firmament /etc/nsswitch.conf
    apt-get purge -y -qq firmament-keys firmament
    if grep -r firmament /etc/pam.d /etc/nsswitch.conf; then exit 1; fi";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_clause_has_to_be_there() {
        for (depends, expected) in [
            ("libc6 (>= 2.36), libtss2-mu0 (>= 3.2) | libtss2-mu-4.0.1-0t64", [""; 0].as_slice()),
            ("firmament (= 0.1.0-1), libc6", &[]),
            ("libc6, libtss2-mu0 (>= 3.2)", &["libtss2-mu0 (>= 3.2)"]),
            ("libc6-dev | libc, debconf (>= 0.5) | debconf-2.0", &["libc6-dev | libc"]),
        ] {
            assert_eq!(missing(depends, UBUNTU), expected, "{depends}");
        }
    }
}
