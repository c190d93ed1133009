//! The kernel's and the administrator's tables of mounts (proc(5), fstab(5)).

use crate::root::Root;
use facts::Reason;
use std::collections::BTreeMap;

/// One mount that this process sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Major and minor number of the device; the major one is 0 where the file system has several or none.
    pub(crate) device: (u32, u32),
    /// Where it is mounted.
    pub(crate) point: String,
    /// The type of the file system.
    pub(crate) file_system: String,
    /// What it was mounted from.
    pub(crate) source: String,
    /// The options of the file system, not those of the mount.
    pub(crate) super_options: Vec<String>,
}

impl Mount {
    /// Whether nothing is ever written to the file system. A mount that is read-only says nothing of it.
    pub(crate) fn is_read_only(&self) -> bool {
        self.super_options.iter().any(|option| option == "ro")
    }

    /// Whether the place lies at or below the mount point.
    pub(crate) fn holds(&self, place: &str) -> bool {
        let rest = place.strip_prefix(self.point.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Every mount, in the order of the kernel.
pub(crate) fn mounts(root: &Root) -> Result<Vec<Mount>, Reason> {
    let text = root.text(MOUNTINFO)?;
    let not_understood = |at| Reason::NotUnderstood { file: MOUNTINFO.to_owned(), line: at + 1 };
    text.lines().enumerate().map(|(at, line)| mount(line).ok_or_else(|| not_understood(at))).collect()
}

fn mount(line: &str) -> Option<Mount> {
    let (before, behind) = line.split_once(" - ")?;
    let before: Vec<&str> = before.split(' ').collect();
    let behind: Vec<&str> = behind.split(' ').collect();
    let ([_, _, device, _, point, _, ..], [file_system, source, options, ..]) =
        (before.as_slice(), behind.as_slice())
    else {
        return None;
    };
    let (major, minor) = device.split_once(':')?;
    Some(Mount {
        device: (major.parse().ok()?, minor.parse().ok()?),
        point: unescaped(point),
        file_system: unescaped(file_system),
        source: unescaped(source),
        super_options: options.split(',').map(unescaped).collect(),
    })
}

/// The types of file systems that the kernel knows, and whether they stand on no device.
#[derive(Debug)]
pub(crate) struct FileSystems {
    no_device: Option<BTreeMap<String, bool>>,
}

impl FileSystems {
    /// Where the kernel's list is hidden, what is commonly without a device counts.
    pub(crate) fn read(root: &Root) -> FileSystems {
        let text = root.text("/proc/filesystems").ok();
        let line = |line: &str| {
            let (mark, name) = line.split_once('\t')?;
            Some((name.trim().to_owned(), mark == "nodev"))
        };
        FileSystems { no_device: text.map(|text| text.lines().filter_map(line).collect()) }
    }

    /// Whether a file system of this type stands on devices that may be encrypted.
    pub(crate) fn is_on_device(&self, file_system: &str, major: u32) -> bool {
        let name = file_system.split('.').next().unwrap_or_default();
        if SEVERAL_DEVICES.contains(&name) {
            return true;
        }
        let no_device = match &self.no_device {
            Some(list) => list.get(name).copied(),
            None => NO_DEVICE.contains(&name).then_some(true),
        };
        no_device.map_or(major != 0, |no_device| !no_device)
    }
}

/// The mount points of fstab that have to be mounted whenever the machine is up, on file systems of devices.
pub(crate) fn always_mounted(root: &Root, types: &FileSystems) -> Result<Vec<String>, Reason> {
    let text = root.text_if_there("/etc/fstab")?.unwrap_or_default();
    let point = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [source, point, file_system, rest @ ..] = fields.as_slice() else { return None };
        let (point, mut options) = (unescaped(point), rest.first().unwrap_or(&"").split(','));
        let is_file_system = point.starts_with('/') && !["swap", "none"].contains(file_system);
        let is_device = source.starts_with("/dev/") || TAGS.iter().any(|tag| source.starts_with(tag));
        // By name alone nobody tells whether an unknown type has a device: the source does.
        let counts = types.is_on_device(file_system, u32::from(is_device));
        let may_be_missing =
            options.any(|option| ["noauto", "nofail", "ro", "bind", "rbind"].contains(&option));
        (is_file_system && counts && !may_be_missing && !source.starts_with('#')).then_some(point)
    };
    Ok(text.lines().filter_map(point).map(without_last_slash).collect())
}

fn without_last_slash(point: String) -> String {
    match point.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

/// The swap devices in use; files are none, and zram is memory.
pub(crate) fn swap_devices(root: &Root) -> Vec<String> {
    let text = root.text("/proc/swaps").unwrap_or_default();
    let device = |line: &str| {
        let mut fields = line.split_whitespace();
        let (name, kind) = (fields.next()?, fields.next()?);
        let name = unescaped(name).strip_prefix("/dev/")?.to_owned();
        (kind == "partition" && !name.starts_with("zram")).then_some(name)
    };
    text.lines().filter_map(device).collect()
}

/// `\040` is a space, and likewise any byte.
fn unescaped(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, behind)) = rest.split_first() {
        let digits = behind.get(..3).filter(|_| *first == b'\\');
        let byte = digits.and_then(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 8).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[3..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const MOUNTINFO: &str = "/proc/self/mountinfo";
/// File systems of devices whose mounts have no device number of their own.
const SEVERAL_DEVICES: [&str; 3] = ["btrfs", "bcachefs", "zfs"];
/// How fstab names devices without their path.
const TAGS: [&str; 4] = ["UUID=", "LABEL=", "PARTUUID=", "PARTLABEL="];
/// What `/proc/filesystems` calls `nodev` on a common machine.
const NO_DEVICE: [&str; 43] = [
    "9p",
    "aufs",
    "autofs",
    "bdev",
    "binder",
    "binfmt_misc",
    "bpf",
    "ceph",
    "cgroup",
    "cgroup2",
    "cifs",
    "configfs",
    "cpuset",
    "debugfs",
    "devpts",
    "devtmpfs",
    "ecryptfs",
    "efivarfs",
    "functionfs",
    "fuse",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nfs",
    "nfs4",
    "nfsd",
    "nsfs",
    "nullfs",
    "overlay",
    "pipefs",
    "proc",
    "pstore",
    "ramfs",
    "resctrl",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "smb3",
    "sockfs",
    "sysfs",
    "tmpfs",
    "tracefs",
    "virtiofs",
];
