//! From a block device down to the disks it stands on (compliance.md 4.4).

use crate::mounts::Mount;
use crate::root::Root;
use facts::{Branch, CryptFormat, Layer, Link, Mapping, Reason};
use std::cell::Cell;
use std::path::{Path, PathBuf};

/// Finds the mount whose volume holds a file.
pub(crate) trait Holder {
    /// None where it is on no volume of devices that can be seen.
    fn holder(&self, file: &str) -> Option<&Mount>;
}

/// The block devices of the kernel, each known by its directory in `/sys/devices`.
pub(crate) struct Blocks<'b> {
    root: &'b Root,
    holders: &'b dyn Holder,
    /// Devices that may still be looked at: more than any machine has.
    budget: Cell<usize>,
}

/// How far a walk has come.
#[derive(Clone, Default)]
struct Way {
    links: Vec<Link>,
    passed: Vec<PathBuf>,
}

impl Way {
    fn ended(self, lost: Option<Reason>) -> Vec<Branch> {
        vec![Branch { links: self.links, lost }]
    }
}

/// What a device stands on.
enum Next {
    /// Nothing: it is the end, or what is below does not matter.
    End,
    /// The same, and what stands below is only of interest to the person.
    EndAbove(Vec<String>),
    /// Every one of these.
    All(Vec<String>),
    /// The whole disk.
    WholeDisk,
    /// The volume that holds the file.
    File(String),
}

impl<'b> Blocks<'b> {
    pub(crate) fn new(root: &'b Root, holders: &'b dyn Holder) -> Blocks<'b> {
        Blocks { root, holders, budget: Cell::new(MOST_DEVICES) }
    }

    /// The directory of a device by its number.
    pub(crate) fn directory(&self, (major, minor): (u32, u32)) -> Option<PathBuf> {
        self.root.resolve(Path::new(&format!("/sys/dev/block/{major}:{minor}"))).ok()
    }

    /// Every way down from a device, known by its number.
    pub(crate) fn of_number(&self, number: (u32, u32), source: &str) -> Vec<Branch> {
        self.of_number_on(number, source, Way::default())
    }

    /// Every way down from a device, known by the kernel's name.
    pub(crate) fn of_name(&self, name: &str) -> Vec<Branch> {
        match self.by_name(name) {
            Some(device) => self.below(&device),
            None => Way::default().ended(Some(Reason::NoDevice(name.to_owned()))),
        }
    }

    /// Every way down from a device.
    pub(crate) fn below(&self, device: &Path) -> Vec<Branch> {
        self.walk(device, Way::default())
    }

    /// Every way down from the volume that holds a file.
    pub(crate) fn of_file(&self, file: &str) -> Vec<Branch> {
        self.of_file_on(file, Way::default())
    }

    /// Whether something may be written to a disk that stays in the machine. Memory is no disk.
    pub(crate) fn is_fixed_and_writable(&self, device: &Path) -> bool {
        let is_read_only = matches!(self.root.value(device.join("ro")), Ok(Some(value)) if value == "1");
        !is_read_only && self.is_fixed(device)
    }

    /// Whether a device is, or has below it, a disk that stays in the machine.
    pub(crate) fn is_fixed(&self, device: &Path) -> bool {
        self.is_fixed_at(device, 0)
    }

    fn is_fixed_at(&self, device: &Path, depth: usize) -> bool {
        if depth > DEEPEST {
            return true;
        }
        let slaves = self.root.names(device.join("slaves")).unwrap_or_default();
        if !slaves.is_empty() {
            let below = |name: &String| self.root.resolve(&device.join("slaves").join(name)).ok();
            return slaves.iter().any(|name| below(name).is_none_or(|it| self.is_fixed_at(&it, depth + 1)));
        }
        let disk = self.whole_disk(device);
        let value = |name: &str| self.root.value(disk.join(name)).ok().flatten();
        let is_memory = is_numbered(&name_of(disk), &["zram", "ram"]);
        let is_card = value("device/type").as_deref() == Some("SD");
        let is_usb = disk.components().any(|part| is_numbered(&part.as_os_str().to_string_lossy(), &["usb"]));
        !(is_memory || is_card || is_usb || value("removable").as_deref() == Some("1"))
    }

    fn whole_disk<'d>(&self, device: &'d Path) -> &'d Path {
        match device.parent() {
            Some(disk) if self.root.is_there(device.join("partition")) => disk,
            _ => device,
        }
    }

    /// Every member of the btrfs that the source is one of; nothing where it cannot be found.
    pub(crate) fn btrfs_members(&self, source: &str) -> Vec<Result<PathBuf, Reason>> {
        let all = Path::new("/sys/fs/btrfs");
        for uuid in self.root.names(all).unwrap_or_default() {
            let folder = all.join(uuid).join("devices");
            let names = self.root.names(&folder).unwrap_or_default();
            let member = |name: &String| {
                self.root.resolve(&folder.join(name)).map_err(|_| Reason::NoDevice(name.clone()))
            };
            let is_source = |name: &String| self.is_called(name, member(name).ok().as_deref(), source);
            if names.iter().any(is_source) {
                return names.iter().map(member).collect();
            }
        }
        Vec::new()
    }

    /// The members that a source names between colons; nothing where none of them can be found.
    pub(crate) fn listed_members(&self, source: &str) -> Vec<Result<PathBuf, Reason>> {
        let member = |name: &str| self.by_source(name).ok_or_else(|| Reason::NoDevice(name.to_owned()));
        let members: Vec<Result<PathBuf, Reason>> = source.split(':').map(member).collect();
        if members.iter().any(Result::is_ok) { members } else { Vec::new() }
    }

    fn by_name(&self, name: &str) -> Option<PathBuf> {
        let is_name = !name.is_empty() && !name.contains('/');
        is_name.then(|| self.root.resolve(&Path::new("/sys/class/block").join(name)).ok())?
    }

    /// A device by its path in `/dev`, which need not be there.
    fn by_source(&self, source: &str) -> Option<PathBuf> {
        if let Some(device) = source.strip_prefix("/dev/").and_then(|name| self.by_name(name)) {
            return Some(device);
        }
        let names = self.root.names("/sys/class/block").ok()?;
        let found = names.iter().filter_map(|name| Some((name, self.by_name(name)?)));
        found.into_iter().find(|(name, device)| self.is_called(name, Some(device), source)).map(|(_, it)| it)
    }

    /// Whether a path in `/dev` is that of a device: by the kernel's name, or by the one it was mapped under.
    fn is_called(&self, name: &str, device: Option<&Path>, source: &str) -> bool {
        let Some(path) = source.strip_prefix("/dev/") else { return false };
        let mapped = || self.root.value(device?.join("dm/name")).ok().flatten();
        path == name
            || path.strip_prefix("mapper/").is_some_and(|path| mapped().as_deref() == Some(path))
            || self.root.resolve(Path::new(source)).is_ok_and(|place| name_of(&place) == name)
    }

    fn of_number_on(&self, number: (u32, u32), source: &str, way: Way) -> Vec<Branch> {
        match self.directory(number) {
            Some(device) => self.walk(&device, way),
            None if number.0 == 0 => way.ended(Some(Reason::NoMembers(source.to_owned()))),
            None => way.ended(Some(Reason::NoDevice(format!("{}:{}", number.0, number.1)))),
        }
    }

    fn of_file_on(&self, file: &str, way: Way) -> Vec<Branch> {
        let not_seen = || Reason::HolderNotSeen(file.to_owned());
        let is_whole = file.starts_with('/') && !file.ends_with(DELETED);
        let Some(holder) = self.holders.holder(file).filter(|_| is_whole) else {
            return way.ended(Some(not_seen()));
        };
        let members = match holder.file_system.as_str() {
            "btrfs" => self.btrfs_members(&holder.source),
            "bcachefs" => self.listed_members(&holder.source),
            "zfs" => return way.ended(Some(Reason::Zfs(holder.source.clone()))),
            _ => return self.of_number_on(holder.device, &holder.source, way),
        };
        if members.is_empty() {
            return way.ended(Some(Reason::NoMembers(holder.source.clone())));
        }
        let branches = members.into_iter().flat_map(|member| match member {
            Ok(device) => self.walk(&device, way.clone()),
            Err(reason) => way.clone().ended(Some(reason)),
        });
        branches.collect()
    }

    fn walk(&self, device: &Path, mut way: Way) -> Vec<Branch> {
        let name = name_of(device);
        let left = self.budget.get();
        if left == 0 || way.links.len() >= DEEPEST || way.passed.iter().any(|passed| passed == device) {
            return way.ended(Some(Reason::TooManyDevices(name)));
        }
        self.budget.set(left - 1);
        let (layer, next) = match self.look(device, &name) {
            Ok(found) => found,
            Err(reason) => return way.ended(Some(reason)),
        };
        let mapped = self.root.value(device.join("dm/name")).ok().flatten();
        way.links.push(Link { device: name.clone(), name: mapped, layer });
        way.passed.push(device.to_owned());
        match next {
            Next::End => way.ended(None),
            Next::EndAbove(slaves) => self.shown_below(device, &slaves, way),
            Next::All(slaves) if slaves.is_empty() => way.ended(Some(Reason::NothingBelow(name))),
            Next::All(slaves) => self.slaves(device, &slaves, &way),
            Next::WholeDisk => self.walk(device.parent().unwrap_or(device), way),
            Next::File(file) => self.of_file_on(&file, way),
        }
    }

    fn slaves(&self, device: &Path, slaves: &[String], way: &Way) -> Vec<Branch> {
        let below = |name: &String| match self.root.resolve(&device.join("slaves").join(name)) {
            Ok(slave) => self.walk(&slave, way.clone()),
            Err(_) => way.clone().ended(Some(Reason::NoDevice(name.clone()))),
        };
        slaves.iter().flat_map(below).collect()
    }

    /// One way down that ends here; what stands below is shown where there is one way alone.
    fn shown_below(&self, device: &Path, slaves: &[String], way: Way) -> Vec<Branch> {
        let branches = self.slaves(device, slaves, &way);
        match <[Branch; 1]>::try_from(branches) {
            Ok([branch]) => vec![Branch { lost: None, ..branch }],
            Err(_) => way.ended(None),
        }
    }

    /// What a device is, by the first row of the table that knows it.
    fn look(&self, device: &Path, name: &str) -> Result<(Layer, Next), Reason> {
        let is_there = |entry: &str| self.root.is_there(device.join(entry));
        let slaves = self.root.names(device.join("slaves"))?;
        if is_there("dm") {
            let uuid = self.root.value(device.join("dm/uuid"))?.unwrap_or_default();
            return Ok(match uuid.strip_prefix("CRYPT-") {
                Some(rest) => crypt(rest, slaves),
                None => (Layer::Mapper, Next::All(slaves)),
            });
        }
        // A disk below bcache has that directory too, and stands on nothing.
        if is_there("md") || is_numbered(name, &["bcache"]) || !slaves.is_empty() {
            return Ok((Layer::Stacked, Next::All(slaves)));
        }
        if let Some(file) = self.root.value(device.join("loop/backing_file"))? {
            return Ok((Layer::Loop { file: file.clone() }, Next::File(file)));
        }
        if is_there("partition") {
            return Ok((Layer::Partition, Next::WholeDisk));
        }
        if is_numbered(name, &REMOTE) {
            return Ok((Layer::Remote, Next::End));
        }
        Ok((Layer::Disk, Next::End))
    }
}

/// What cryptsetup set up, by what stands behind `CRYPT-` in the uuid of the device.
fn crypt(rest: &str, slaves: Vec<String>) -> (Layer, Next) {
    if rest.starts_with("LUKS2-OPAL-") {
        return (Layer::Opal, Next::EndAbove(slaves));
    }
    let (word, _) = rest.split_once('-').unwrap_or((rest, ""));
    let format = FORMATS.iter().find(|(known, _)| *known == word);
    match (format, word) {
        (Some((_, format)), _) => (Layer::Crypt(*format), Next::EndAbove(slaves)),
        (None, "VERITY") => (Layer::Mapping(Mapping::Verity), Next::All(slaves)),
        (None, "INTEGRITY") => (Layer::Mapping(Mapping::Integrity), Next::All(slaves)),
        (None, other) => (Layer::Mapping(Mapping::Other(other.to_owned())), Next::All(slaves)),
    }
}

fn name_of(device: &Path) -> String {
    device.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a name is one of these words and a number, perhaps with a partition behind it.
fn is_numbered(name: &str, words: &[&str]) -> bool {
    let digit = |rest: &str| rest.starts_with(|first: char| first.is_ascii_digit());
    words.iter().any(|word| name.strip_prefix(word).is_some_and(digit))
}

/// What dm-crypt is set up for.
const FORMATS: [(&str, CryptFormat); 7] = [
    ("LUKS1", CryptFormat::Luks1),
    ("LUKS2", CryptFormat::Luks2),
    ("PLAIN", CryptFormat::Plain),
    ("TCRYPT", CryptFormat::Tcrypt),
    ("LOOPAES", CryptFormat::LoopAes),
    ("BITLK", CryptFormat::Bitlk),
    ("FVAULT2", CryptFormat::Fvault2),
];
/// Devices of the network and of pools.
const REMOTE: [&str; 4] = ["nbd", "rbd", "drbd", "zd"];
/// How the kernel names a file that is gone.
const DELETED: &str = " (deleted)";
/// Devices on one way.
const DEEPEST: usize = 16;
/// Devices on all ways of a machine.
const MOST_DEVICES: usize = 4096;
