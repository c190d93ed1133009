use crate::MachineFiles;
use facts::{Branch, Facts, Layer, Link, Mapping, Reason, Storage, Wanted};
use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use tempfile::TempDir;

/// A directory that stands for a machine.
pub(super) struct Tree {
    folder: TempDir,
    mounts: RefCell<String>,
}

impl Tree {
    pub(super) fn new() -> Tree {
        Tree { folder: tempfile::tempdir().unwrap(), mounts: RefCell::default() }
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path.trim_start_matches('/'))
    }

    /// A file with this text, and all directories above it.
    pub(super) fn file(&self, path: &str, text: impl AsRef<[u8]>) -> &Tree {
        let place = self.path(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
        self
    }

    pub(super) fn folder(&self, path: &str) -> &Tree {
        fs::create_dir_all(self.path(path)).unwrap();
        self
    }

    /// A symbolic link, as it is on the machine.
    pub(super) fn link(&self, path: &str, target: &str) -> &Tree {
        let place = self.path(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(target, place).unwrap();
        self
    }

    /// A block device in a directory below `/sys/devices`, with the links that lead to it.
    pub(super) fn device(&self, place: &str, name: &str, number: &str) -> &Tree {
        self.folder(&format!("/sys/devices/{place}/{name}"));
        self.link(&format!("/sys/dev/block/{number}"), &format!("../../devices/{place}/{name}"));
        self.link(&format!("/sys/class/block/{name}"), &format!("../../devices/{place}/{name}"))
    }

    /// A value of a device.
    pub(super) fn value(&self, device: &str, name: &str, value: &str) -> &Tree {
        let place = fs::read_link(self.path(&format!("/sys/class/block/{device}"))).unwrap();
        let place = place.to_str().unwrap().trim_start_matches("../").to_owned();
        self.file(&format!("/sys/{place}/{name}"), format!("{value}\n"))
    }

    /// A disk that stays in the machine.
    pub(super) fn disk(&self, name: &str, number: &str) -> &Tree {
        self.device("pci0/ata1", name, number).value(name, "removable", "0")
    }

    /// A partition of a disk in `pci0/ata1`.
    pub(super) fn partition(&self, disk: &str, name: &str, number: &str) -> &Tree {
        self.device(&format!("pci0/ata1/{disk}"), name, number).value(name, "partition", "1")
    }

    /// A device that stands on others, as the kernel links them.
    pub(super) fn on(&self, name: &str, slaves: &[&str]) -> &Tree {
        self.folder(&format!("/sys/devices/virtual/block/{name}/slaves"));
        for slave in slaves {
            let place = fs::read_link(self.path(&format!("/sys/class/block/{slave}"))).unwrap();
            let place = place.to_str().unwrap().trim_start_matches("../../devices/").to_owned();
            let link = format!("/sys/devices/virtual/block/{name}/slaves/{slave}");
            self.link(&link, &format!("../../../../{place}"));
        }
        self
    }

    /// A device of the device mapper.
    pub(super) fn mapped(&self, name: &str, number: &str, uuid: &str, slaves: &[&str]) -> &Tree {
        self.device("virtual/block", name, number);
        self.value(name, "dm/uuid", uuid).value(name, "dm/name", &format!("name-of-{name}")).on(name, slaves)
    }

    /// A LUKS2 volume on one device.
    pub(super) fn luks(&self, name: &str, number: &str, below: &str) -> &Tree {
        self.mapped(name, number, "CRYPT-LUKS2-0123456789abcdef0123456789abcdef-x", &[below])
    }

    /// One line more of the kernel's table of mounts; what stands in `options` belongs to the file system.
    pub(super) fn mount(&self, number: &str, point: &str, kind: &str, source: &str, options: &str) -> &Tree {
        let line = format!("36 35 {number} / {point} ro,relatime shared:1 - {kind} {source} {options}\n");
        self.mounts.borrow_mut().push_str(&line);
        self.file("/proc/77/mountinfo", self.mounts.borrow().as_bytes());
        if !self.path("/proc/self").is_symlink() {
            self.link("/proc/self", "77");
        }
        self
    }

    /// What the kernel of a common machine says of types of file systems.
    pub(super) fn file_systems(&self) -> &Tree {
        let none = [
            "sysfs", "tmpfs", "proc", "cgroup2", "autofs", "overlay", "nfs4", "fuse", "9p", "virtiofs", "zfs",
        ];
        let device = ["ext4", "vfat", "xfs", "btrfs", "squashfs", "erofs", "fuseblk", "iso9660", "bcachefs"];
        let none = none.map(|name| format!("nodev\t{name}\n")).concat();
        let device = device.map(|name| format!("\t{name}\n")).concat();
        self.file("/proc/filesystems", none + &device)
    }

    pub(super) fn facts(&self) -> Facts {
        let wanted = Wanted { release: true, storage: true, passwords: true };
        MachineFiles::new(self.folder.path()).read(&wanted)
    }

    pub(super) fn storage(&self) -> Storage {
        self.facts().storage.known().unwrap().clone()
    }

    /// Each volume: mount points and ways down.
    pub(super) fn volumes(&self) -> Vec<String> {
        let storage = self.storage();
        let shown = storage.volumes.iter().map(|volume| {
            let ways: Vec<String> = volume.branches.iter().map(way).collect();
            format!("{}: {}", volume.mounts.join(" "), ways.join(" | "))
        });
        shown.collect()
    }
}

/// A way down, from the file system on.
pub(super) fn way(branch: &Branch) -> String {
    let mut steps: Vec<String> = branch.links.iter().map(step).collect();
    steps.extend(branch.lost.as_ref().map(|reason| format!("? {reason}")));
    steps.join(" < ")
}

fn step(link: &Link) -> String {
    let what = match &link.layer {
        Layer::Crypt(format) => format.as_str(),
        Layer::Opal => "OPAL",
        Layer::Mapping(Mapping::Verity) => "verity",
        Layer::Mapping(Mapping::Integrity) => "integrity",
        Layer::Mapping(Mapping::Other(word)) => word,
        Layer::Mapper => "mapped",
        Layer::Stacked => "stacked",
        Layer::Loop { file } => file,
        Layer::Partition => "partition",
        Layer::Remote => "remote",
        Layer::Disk => "disk",
    };
    format!("{} {what}", link.device)
}

pub(super) fn missing(path: &str) -> Reason {
    Reason::Missing(path.to_owned())
}
