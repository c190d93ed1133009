//! The Debian packages: built, packed, measured, compared, and tried in an overlay.

mod build;
mod elsewhere;
#[cfg(test)]
mod manifest;
mod third_party;
mod trial;
mod units;

pub use build::{Build, Workshop};
pub use elsewhere::elsewhere;
pub use trial::try_here;
pub use units::check_units;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds, lays ready and packs; where each package is.
///
/// # Errors
/// A sentence about the command or file that failed.
pub fn make(shop: &Workshop, build: &Build) -> Result<Vec<PathBuf>, String> {
    build.programs(shop)?;
    lay_ready(shop, build)?;
    fs::create_dir_all(&build.packages).map_err(|error| at(&build.packages, &error))?;
    PACKAGES.iter().map(|(of, name)| build.pack(shop, of, name)).collect()
}

/// What no manifest can name: libraries below the name of the architecture, and the notices of others.
fn lay_ready(shop: &Workshop, build: &Build) -> Result<(), String> {
    let ready = shop.root.join("target/dist");
    let failed = |error: std::io::Error| at(&ready, &error);
    if ready.exists() {
        fs::remove_dir_all(&ready).map_err(failed)?;
    }
    let architecture = said_by(Command::new("dpkg-architecture").arg("-qDEB_HOST_MULTIARCH"))?;
    let libraries = ready.join("lib").join(architecture);
    fs::create_dir_all(libraries.join("security")).map_err(failed)?;
    for (built, installed) in LIBRARIES {
        fs::copy(build.made(built), libraries.join(installed)).map_err(failed)?;
    }
    let notices = ready.join("third-party");
    fs::write(&notices, third_party::notices(shop)?).map_err(failed)?;
    // Without name and time, so that it is the same whenever it is made.
    said_by(Command::new("gzip").args(["-9", "--no-name", "--force"]).arg(notices)).map(drop)
}

/// Says how large programs and packages are, a line for each.
///
/// # Errors
/// The names of those that are larger than they may be.
pub fn measure(build: &Build, packages: &[PathBuf]) -> Result<Vec<String>, String> {
    let programs = PROGRAMS.iter().map(|(name, limit)| (build.made(name), *limit));
    let packages = packages.iter().map(|path| (path.clone(), PACKAGE));
    let (mut lines, mut large) = (Vec::new(), Vec::new());
    for (path, limit) in programs.chain(packages) {
        let size = fs::metadata(&path).map_err(|error| at(&path, &error))?.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        lines.push(format!("{name:<22} {:>5} KB of {:>5}", size / 1000, limit / 1000));
        if size > limit {
            large.push(name);
        }
    }
    match large.is_empty() {
        true => Ok(lines),
        false => Err(format!("larger than they may be: {}\n{}", large.join(", "), lines.join("\n"))),
    }
}

/// Whether packages that were built twice are equal.
///
/// # Errors
/// The names of two that differ.
pub fn compare(first: &[PathBuf], second: &[PathBuf]) -> Result<(), String> {
    for (one, other) in first.iter().zip(second) {
        let read = |path: &Path| fs::read(path).map_err(|error| at(path, &error));
        if read(one)? != read(other)? {
            return Err(format!("{} and {} differ", one.display(), other.display()));
        }
    }
    Ok(())
}

fn at(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn is_root() -> bool {
    said_by(Command::new("id").arg("-u")).is_ok_and(|said| said == "0")
}

/// What a command says on standard output, where it succeeds.
fn said_by(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The crate whose manifest describes a package, and the package.
const PACKAGES: [(&str, &str); 2] = [("runner", "firmament"), ("firmament-keys", "firmament-keys")];
/// What cargo calls a library, and where it is below the directory of its architecture.
const LIBRARIES: [(&str, &str); 2] =
    [("libpam_firmament.so", "security/pam_firmament.so"), ("libnss_firmament.so", "libnss_firmament.so.2")];
/// How large a program may be, in bytes.
const PROGRAMS: [(&str, u64); 5] = [
    ("firmamentd", 8 << 20),
    ("aad-tool", 3_000_000),
    ("firmament-keys", 4_000_000),
    ("libpam_firmament.so", 700_000),
    ("libnss_firmament.so", 400_000),
];
/// How large a package may be, in bytes.
const PACKAGE: u64 = 4_000_000;
