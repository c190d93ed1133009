//! The systemd units: whether systemd understands them, and how exposed the service is.

use crate::said_by;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Lets systemd-analyze judge copies whose program is there, with the drop-in beside them; gives how exposed the
/// service may be, in tenths.
///
/// # Errors
/// What systemd-analyze found.
pub fn check_units(root: &Path, folder: &Path) -> Result<u32, String> {
    let failed = |error: std::io::Error| format!("units: {error}");
    fs::create_dir_all(folder.join(UNITS[0]).with_extension("service.d")).map_err(failed)?;
    // The program is not installed where the unit wants it; any that can be run will do.
    let stand_in = std::env::current_exe().map_err(failed)?;
    let mut paths = Vec::new();
    for unit in UNITS {
        let text = fs::read_to_string(root.join(SOURCE).join(unit)).map_err(failed)?;
        let path = folder.join(unit);
        let text = PROGRAMS.iter().fold(text, |text, it| text.replace(it, &stand_in.to_string_lossy()));
        fs::write(&path, text).map_err(failed)?;
        paths.push(path);
    }
    verify(Command::new(ANALYZE).args(["verify", "--man=no"]).args(&paths[..5]))?;
    for (path, most) in [(&paths[0], EXPOSURE), (&paths[2], EXPOSURE), (&paths[3], EXPOSURE + OVERRIDE)] {
        let mut security = Command::new(ANALYZE);
        security.args(["security", "--offline=yes", "--no-pager", &format!("--threshold={most}")]).arg(path);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        said_by(&mut security).map_err(|why| format!("{name}: more exposed than {most} tenths: {why}"))?;
    }
    Ok(EXPOSURE)
}

/// What is said about other units of this machine is not ours to mend.
fn verify(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{ANALYZE}: {error}; try cargo xtask setup"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours = said.lines().any(is_fault);
    if output.status.success() && !ours { Ok(()) } else { Err(format!("{ANALYZE} verify: {said}")) }
}

/// Whether a line is about our units, and no key that only a newer systemd knows and this one passes over.
fn is_fault(line: &str) -> bool {
    let newer = line.contains("Unknown key") && NEWER.iter().any(|key| line.contains(&format!("'{key}'")));
    line.contains("firmament") && !newer
}

const ANALYZE: &str = "systemd-analyze";
const SOURCE: &str = "crates/runner/systemd";
const UNITS: [&str; 6] = [
    "firmamentd.service",
    "firmamentd.socket",
    "firmament-join.service",
    "firmament-names.service",
    "firmament-names.path",
    "firmamentd.service.d/pkcs11.conf",
];
/// Known from systemd 254 on.
const NEWER: [&str; 2] = ["RestartSteps", "RestartMaxDelaySec"];
const PROGRAMS: [&str; 2] = ["/usr/sbin/firmamentd", "/usr/bin/aad-tool"];
/// In tenths: what remains is the network, the TPM, Unix sockets, groups and the root directory.
const EXPOSURE: u32 = 15;
/// In tenths, for root who writes into a directory of the daemon's user.
const OVERRIDE: u32 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_of_a_newer_systemd_may_be_unknown() {
        let unknown =
            |unit, key| format!("/x/{unit}:18: Unknown key '{key}' in section 'Service', ignoring.");
        for (line, fault) in [
            (unknown("firmamentd.service", "RestartSteps"), false),
            (unknown("firmamentd.service", "RestartMaxDelaySec"), false),
            (unknown("firmamentd.service", "RestartStep"), true),
            (unknown("other.service", "Whatever"), false),
            ("firmamentd.service: Command /usr/sbin/firmamentd is not executable".to_owned(), true),
        ] {
            assert_eq!(is_fault(&line), fault, "{line}");
        }
    }
}
