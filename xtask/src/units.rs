//! The systemd units: whether systemd understands them, and how exposed the service is.

use crate::run::{root, run as run_command, target};
use std::fs;
use std::process::Command;

/// Lets systemd-analyze judge copies whose program is there, with the drop-in beside them.
pub(crate) fn run() -> Result<(), String> {
    let folder = target().join("units");
    let failed = |error: std::io::Error| format!("units: {error}");
    fs::create_dir_all(folder.join(UNITS[0]).with_extension("service.d")).map_err(failed)?;
    // The program is not installed where the unit wants it; any that can be run will do.
    let stand_in = std::env::current_exe().map_err(failed)?;
    let mut paths = Vec::new();
    for unit in UNITS {
        let text = fs::read_to_string(root().join(SOURCE).join(unit)).map_err(failed)?;
        let path = folder.join(unit);
        let text = PROGRAMS.iter().fold(text, |text, it| text.replace(it, &stand_in.to_string_lossy()));
        fs::write(&path, text).map_err(failed)?;
        paths.push(path);
    }
    verify(Command::new(ANALYZE).args(["verify", "--man=no"]).args(&paths[..3]))?;
    let mut security = Command::new(ANALYZE);
    security.args(["security", "--offline=yes", "--no-pager", &format!("--threshold={EXPOSURE}")]);
    security.arg(&paths[0]).stdout(std::process::Stdio::null());
    run_command(&mut security).map_err(|why| format!("more exposed than {EXPOSURE} tenths: {why}"))?;
    println!("units: systemd understands them, and the exposure is at most {EXPOSURE} tenths");
    Ok(())
}

/// What is said about other units of this machine is not ours to mend.
fn verify(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{ANALYZE}: {error}; try cargo xtask setup"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("firmament")).collect();
    if output.status.success() && ours.is_empty() { Ok(()) } else { Err(format!("{ANALYZE} verify: {said}")) }
}

const ANALYZE: &str = "systemd-analyze";
const SOURCE: &str = "crates/runner/systemd";
const UNITS: [&str; 4] =
    ["firmamentd.service", "firmamentd.socket", "firmament-join.service", "firmamentd.service.d/pkcs11.conf"];
const PROGRAMS: [&str; 2] = ["/usr/sbin/firmamentd", "/usr/bin/aad-tool"];
/// In tenths: what remains is the network, the TPM, Unix sockets, groups and the root directory.
const EXPOSURE: u32 = 15;
