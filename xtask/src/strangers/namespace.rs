//! A network of the scenarios' own, with nothing in it but loopback, and files of their own over two of `/etc`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What puts the program that follows into namespaces of its own; whatever it starts ends with it.
pub(super) fn command() -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--"]);
    command
}

/// Why no namespace can be made here, if so; the clients never run without one.
pub(super) fn probe() -> Result<(), String> {
    let output = command().arg("true").output().map_err(|error| format!("unshare: {error}; {REMEDY}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("this machine allows no network namespace: {}; {REMEDY}", said.trim())),
    }
}

/// Brings loopback up and leads the host names of the real service to it; gives the hosts file that holds.
pub(super) fn enter(simulator: &Path, folder: &Path) -> Result<PathBuf, String> {
    let interfaces = interfaces(&said(Command::new("ip").args(["-o", "link"]))?);
    if interfaces != ["lo"] {
        return Err(format!("there is a network here ({}); {REMEDY}", interfaces.join(", ")));
    }
    said(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    let hosts = folder.join("hosts");
    cover("/etc/hosts", &hosts, &said(Command::new(simulator).arg("hosts"))?)?;
    // Otherwise a resolver daemon would be asked through its Unix socket, which no namespace hides.
    cover("/etc/nsswitch.conf", &folder.join("nsswitch.conf"), "hosts: files\n")?;
    Ok(hosts)
}

/// Puts a file of ours over one of the machine, for this mount namespace alone.
fn cover(file: &str, ours: &Path, content: &str) -> Result<(), String> {
    fs::write(ours, content).map_err(|error| format!("{}: {error}", ours.display()))?;
    if Path::new(file).exists() {
        said(Command::new("mount").arg("--bind").arg(ours).arg(file))?;
    }
    Ok(())
}

/// What a program printed.
fn said(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(format!("{command:?}: {}", text(&output.stderr).trim())),
    }
}

/// The names in what `ip -o link` prints, without the `@` and the peer that some have.
fn interfaces(text: &str) -> Vec<String> {
    let name = |line: &str| Some(line.split(": ").nth(1)?.split('@').next()?.to_owned());
    text.lines().filter_map(name).collect()
}

/// The owner of what this process is in the kernel's eyes.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

const REMEDY: &str = "the clients run in one of their own and nowhere else";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_read_by_name() {
        let lo = "1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN mode DEFAULT\\    link/loopback 00:00\n";
        let pair = "3: eth0@if4: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP\\    link/ether 02:42:ac\n";
        for (text, wanted) in [
            (String::new(), Vec::new()),
            (lo.to_owned(), vec!["lo"]),
            (format!("{lo}{pair}"), vec!["lo", "eth0"]),
        ] {
            assert_eq!(interfaces(&text), wanted);
        }
    }
}
