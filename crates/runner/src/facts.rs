//! What the service is told of this machine.

use model::{DeviceFacts, is_printable, printable};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What was read on this machine; what could not be read is `Unknown`. `name` is the configured `device_name`, in which
/// `%h` stands for the host name.
pub(crate) fn measure(root: &Path, name: &str) -> DeviceFacts {
    let release = ["etc/os-release", "usr/lib/os-release"]
        .iter()
        .find_map(|path| fs::read(root.join(path)).ok())
        .map(|text| os_release(&String::from_utf8_lossy(&text)))
        .unwrap_or_default();
    let get = |name: &str| release.get(name).cloned();
    let vendor = fs::read_to_string(root.join("sys/class/dmi/id/sys_vendor")).unwrap_or_default();
    DeviceFacts {
        display_name: display_name(name, &rustix::system::uname().nodename().to_string_lossy()),
        os_version: os_version(get("PRETTY_NAME").or_else(|| get("NAME")), get("VERSION_ID")),
        os_id: get("ID").unwrap_or_else(unknown),
        os_version_id: get("VERSION_ID").unwrap_or_else(unknown),
        arch: std::env::consts::ARCH.to_owned(),
        manufacturer: clean(&vendor).unwrap_or_else(unknown),
    }
}

/// The name that an administrator of the tenant reads.
fn display_name(configured: &str, node: &str) -> String {
    // The kernel takes any bytes for a host name.
    let shown: String =
        node.chars().filter(|c| is_printable(*c) && *c != char::REPLACEMENT_CHARACTER).collect();
    let host = shown.split('.').map(str::trim).find(|label| !label.is_empty()).unwrap_or(UNKNOWN);
    clean(&configured.replace("%h", host)).unwrap_or_else(unknown)
}

/// Name and version of the distribution, the version once.
fn os_version(pretty: Option<String>, version: Option<String>) -> String {
    match (pretty, version) {
        (Some(pretty), Some(version)) if !says(&pretty, &version) => format!("{pretty} {version}"),
        (Some(pretty), _) => pretty,
        (None, version) => version.unwrap_or_else(unknown),
    }
}

/// Whether a word of the text is the version, or that of a release before or behind it (`v3.20` of 3.20.2, `24.04.1` of
/// 24.04).
fn says(text: &str, version: &str) -> bool {
    let goes_on = |longer: &str, shorter: &str| {
        let rest = longer.strip_prefix(shorter);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let words = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    let mut numbers =
        words.map(|word| word.strip_prefix('v').unwrap_or(word)).filter(|word| !word.is_empty());
    numbers.any(|word| goes_on(word, version) || goes_on(version, word))
}

/// The assignments of os-release(5); of several of one name the last counts.
fn os_release(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (key, value) = line.trim().split_once('=')?;
        let value = clean(&unquoted(value.trim()))?;
        (!key.starts_with('#')).then(|| (key.to_owned(), value))
    };
    text.lines().filter_map(pair).collect()
}

/// A value as a shell reads it.
fn unquoted(value: &str) -> String {
    if let Some(plain) = value.strip_prefix('\'') {
        return plain.split('\'').next().unwrap_or_default().to_owned();
    }
    let quoted = value.strip_prefix('"');
    let (mut out, mut letters) = (String::new(), quoted.unwrap_or(value).chars());
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted.is_some() => break,
            '\\' => out.extend(letters.next()),
            other => out.push(other),
        }
    }
    out
}

/// What is left to read, if anything.
fn clean(text: &str) -> Option<String> {
    let text = printable(text, LONGEST);
    (!text.is_empty()).then_some(text)
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

const UNKNOWN: &str = "Unknown";
/// Characters of a display name that the directory takes.
const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_distribution_is_said_once() {
        for (pretty, version, said) in [
            ("Debian GNU/Linux 12 (bookworm)", "12", "Debian GNU/Linux 12 (bookworm)"),
            ("Debian GNU/Linux trixie/sid", "", "Debian GNU/Linux trixie/sid"),
            ("Ubuntu 24.04", "24.04", "Ubuntu 24.04"),
            ("Ubuntu 24.04.1 LTS", "24.04", "Ubuntu 24.04.1 LTS"),
            ("Linux Mint 21.3", "21.3", "Linux Mint 21.3"),
            ("Pop!_OS 22.04 LTS", "22.04", "Pop!_OS 22.04 LTS"),
            ("Fedora Linux 40 (Workstation Edition)", "40", "Fedora Linux 40 (Workstation Edition)"),
            ("Red Hat Enterprise Linux 9.4 (Plow)", "9.4", "Red Hat Enterprise Linux 9.4 (Plow)"),
            ("CentOS Stream 9", "9", "CentOS Stream 9"),
            ("SUSE Linux Enterprise Server 15 SP5", "15.5", "SUSE Linux Enterprise Server 15 SP5"),
            ("openSUSE Leap 15.6", "15.6", "openSUSE Leap 15.6"),
            ("openSUSE Tumbleweed", "20240901", "openSUSE Tumbleweed 20240901"),
            ("Alpine Linux v3.20", "3.20.2", "Alpine Linux v3.20"),
            ("Arch Linux", "", "Arch Linux"),
            ("Kali GNU/Linux Rolling", "2024.3", "Kali GNU/Linux Rolling 2024.3"),
            ("Gentoo Linux", "2.15", "Gentoo Linux 2.15"),
            ("NixOS 24.05 (Uakari)", "24.05", "NixOS 24.05 (Uakari)"),
            // A number of something else.
            ("Company Desktop 120", "12", "Company Desktop 120 12"),
            ("", "12", "12"),
            ("", "", "Unknown"),
        ] {
            let text = format!("PRETTY_NAME=\"{pretty}\"\nVERSION_ID={version}\n");
            let release = os_release(&text);
            let get = |name: &str| release.get(name).cloned();
            assert_eq!(os_version(get("PRETTY_NAME"), get("VERSION_ID")), said, "{pretty} {version}");
        }
    }

    #[test]
    fn os_release_is_read_as_a_shell_reads_it() {
        for (line, value) in [
            ("ID=debian", Some("debian")),
            ("ID=\"debian\"", Some("debian")),
            ("ID='debian'", Some("debian")),
            ("  ID=debian\r", Some("debian")),
            ("ID=\"say \\\"hi\\\" for \\$5\"", Some("say \"hi\" for $5")),
            ("ID='it is \"so\"'", Some("it is \"so\"")),
            ("ID=\"open", Some("open")),
            ("ID=a\nID=b", Some("b")),
            ("ID=\"\u{1b}[31mred\"", Some("[31mred")),
            ("ID=\"\"", None),
            ("ID=", None),
            ("# ID=debian", None),
            ("#ID=debian", None),
            ("ID", None),
        ] {
            assert_eq!(os_release(line).get("ID").map(String::as_str), value, "{line:?}");
        }
    }

    #[test]
    fn a_display_name_can_be_read_and_is_never_empty() {
        let long = "h".repeat(64);
        for (configured, node, name) in [
            ("%h", "lap-0042", "lap-0042"),
            ("%h", "lap-0042.corp.contoso.com", "lap-0042"),
            ("%h", ".lap", "lap"),
            ("%h", "...", "Unknown"),
            ("%h", "", "Unknown"),
            ("%h", " . ", "Unknown"),
            ("%h", "(none)", "(none)"),
            ("%h", "lap\n\u{1b}[2J\u{202e}top", "lap[2Jtop"),
            ("%h", "lap\u{fffd}top", "laptop"),
            ("%h", "\u{7}\u{200b}", "Unknown"),
            ("%h", "büro-1", "büro-1"),
            ("", "lap", "Unknown"),
            (" \t", "lap", "Unknown"),
            ("desk\u{0}top", "lap", "desk top"),
            ("Linux %h (%h)", "lap.x", "Linux lap (lap)"),
        ] {
            assert_eq!(display_name(configured, node), name, "{configured:?} {node:?}");
        }
        let overlong = display_name(&"%h".repeat(100), &long);
        assert_eq!(overlong.chars().count(), LONGEST);
    }

    #[test]
    fn what_cannot_be_read_is_unknown() {
        let root = tempfile::tempdir().unwrap();
        let facts = measure(root.path(), "a name");
        assert_eq!((facts.display_name.as_str(), facts.os_version.as_str()), ("a name", UNKNOWN));
        std::fs::create_dir_all(root.path().join("usr/lib")).unwrap();
        let text = b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID='12'\nX=\xff\n";
        std::fs::write(root.path().join("usr/lib/os-release"), text).unwrap();
        let facts = measure(root.path(), "%h");
        assert_eq!(facts.os_version, "Debian GNU/Linux 12 (bookworm)");
        assert_eq!((facts.os_id.as_str(), facts.os_version_id.as_str()), ("debian", "12"));
        assert_eq!(facts.manufacturer, UNKNOWN);
        std::fs::create_dir_all(root.path().join("sys/class/dmi/id")).unwrap();
        std::fs::write(root.path().join("sys/class/dmi/id/sys_vendor"), "LENOVO\u{7}\n").unwrap();
        assert_eq!(measure(root.path(), "%h").manufacturer, "LENOVO");
    }
}
