use model::DeviceFacts;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What was read on this machine; what could not be read is `Unknown`, and nothing is configured.
pub(crate) fn measure(root: &Path) -> DeviceFacts {
    let release = ["etc/os-release", "usr/lib/os-release"]
        .iter()
        .find_map(|path| fs::read_to_string(root.join(path)).ok())
        .map(|text| os_release(&text))
        .unwrap_or_default();
    let get = |name: &str| release.get(name).cloned();
    let os_version_id = get("VERSION_ID").unwrap_or_else(unknown);
    let pretty = get("PRETTY_NAME").or_else(|| get("NAME")).unwrap_or_else(unknown);
    let os_version = if os_version_id == UNKNOWN { pretty } else { format!("{pretty} {os_version_id}") };
    DeviceFacts {
        display_name: host_name(),
        os_version,
        os_id: get("ID").unwrap_or_else(unknown),
        os_version_id,
        arch: std::env::consts::ARCH.to_owned(),
        manufacturer: manufacturer(root),
    }
}

/// The host name up to its first dot.
fn host_name() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let short = name.split('.').next().unwrap_or_default().to_owned();
    if short.is_empty() { unknown() } else { short }
}

/// What the firmware says of who made the machine.
fn manufacturer(root: &Path) -> String {
    let found = fs::read_to_string(root.join("sys/class/dmi/id/sys_vendor")).unwrap_or_default();
    let name = found.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned();
    if name.is_empty() { unknown() } else { name }
}

/// `KEY=value` lines, quotes removed (os-release(5)).
fn os_release(text: &str) -> BTreeMap<String, String> {
    let pair = |line: &str| {
        let (key, value) = line.trim().split_once('=')?;
        let value = value.trim_matches(['"', '\'']).chars().filter(|c| !c.is_control()).collect::<String>();
        (!key.starts_with('#') && !value.is_empty()).then(|| (key.to_owned(), value))
    };
    text.lines().filter_map(pair).collect()
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

const UNKNOWN: &str = "Unknown";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_os_release_says_is_told_and_the_rest_is_unknown() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(measure(root.path()).os_version, "Unknown");
        std::fs::create_dir(root.path().join("etc")).unwrap();
        let text = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n# X=1\nVERSION_ID='12'\n";
        std::fs::write(root.path().join("etc/os-release"), text).unwrap();
        let facts = measure(root.path());
        assert_eq!(facts.os_version, "Debian GNU/Linux 12 (bookworm) 12");
        assert_eq!((facts.os_id.as_str(), facts.os_version_id.as_str()), ("debian", "12"));
        assert_eq!(facts.manufacturer, "Unknown");
        std::fs::create_dir_all(root.path().join("sys/class/dmi/id")).unwrap();
        std::fs::write(root.path().join("sys/class/dmi/id/sys_vendor"), "LENOVO\n").unwrap();
        assert_eq!(measure(root.path()).manufacturer, "LENOVO");
    }
}
