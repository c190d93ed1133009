//! Which mounts count as volumes (compliance.md 4.3).

use crate::blocks::{Blocks, Holder};
use crate::mounts::{FileSystems, Mount, always_mounted, mounts, swap_devices};
use crate::root::Root;
use facts::{Branch, Layer, Reason, Storage, Volume};
use std::path::{Path, PathBuf};

/// The volumes of the machine, and what of them cannot be seen.
pub(crate) fn read(root: &Root) -> Result<Storage, Reason> {
    let (mounts, types) = (mounts(root)?, FileSystems::read(root));
    let holders = Holders { mounts: &mounts, types: &types };
    let blocks = Blocks::new(root, &holders);
    let volumes = groups(&mounts, &types).iter().filter_map(|group| volume(&blocks, group)).collect();
    let plain_swap = swap_devices(root).into_iter().filter(|device| is_plain(&blocks.of_name(device)));
    Ok(Storage { volumes, unseen: unseen(root, &mounts, &types)?, plain_swap: plain_swap.collect() })
}

/// Mounts of one file system.
struct Group<'m> {
    kind: Kind,
    mounts: Vec<&'m Mount>,
}

#[derive(PartialEq, Eq)]
enum Kind {
    /// A file system of one device.
    Device((u32, u32)),
    /// A file system of devices that only its driver names.
    Btrfs((u32, u32)),
    Bcachefs((u32, u32)),
    Zfs(String),
    /// An overlay, whose writable part lies on another file system.
    Overlay((u32, u32)),
}

fn groups<'m>(mounts: &'m [Mount], types: &FileSystems) -> Vec<Group<'m>> {
    let mut groups: Vec<Group> = Vec::new();
    for mount in mounts.iter().filter(|mount| !mount.is_read_only()) {
        let Some(kind) = kind(mount, types) else { continue };
        match groups.iter_mut().find(|group| group.kind == kind) {
            Some(group) => group.mounts.push(mount),
            None => groups.push(Group { kind, mounts: vec![mount] }),
        }
    }
    groups
}

/// What a mount stands on; nothing for one that stands on no device.
fn kind(mount: &Mount, types: &FileSystems) -> Option<Kind> {
    let device = mount.device;
    match mount.file_system.as_str() {
        "overlay" => Some(Kind::Overlay(device)),
        "btrfs" => Some(Kind::Btrfs(device)),
        "bcachefs" => Some(Kind::Bcachefs(device)),
        "zfs" => Some(Kind::Zfs(mount.source.split('/').next().unwrap_or_default().to_owned())),
        other => types.is_on_device(other, device.0).then_some(Kind::Device(device)),
    }
}

fn volume(blocks: &Blocks, group: &Group) -> Option<Volume> {
    let first = group.mounts.first()?;
    if group.mounts.iter().all(|mount| is_exempt(mount)) {
        return None;
    }
    let branches = match &group.kind {
        Kind::Device(number) => {
            let counts = blocks.directory(*number).is_none_or(|device| blocks.is_fixed_and_writable(&device));
            counts.then(|| blocks.of_number(*number, &first.source))?
        }
        Kind::Btrfs(_) => of_members(blocks, blocks.btrfs_members(&first.source), &first.source)?,
        Kind::Bcachefs(_) => of_members(blocks, blocks.listed_members(&first.source), &first.source)?,
        Kind::Zfs(pool) => vec![lost(Reason::Zfs(pool.clone()))],
        Kind::Overlay(_) => of_overlay(blocks, first),
    };
    let mut points: Vec<String> = Vec::new();
    for mount in &group.mounts {
        if !points.contains(&mount.point) {
            points.push(mount.point.clone());
        }
    }
    Some(Volume { mounts: points, file_system: first.file_system.clone(), branches })
}

/// The branches of a file system of several devices; nothing where all of them are removable.
fn of_members(blocks: &Blocks, members: Vec<Result<PathBuf, Reason>>, source: &str) -> Option<Vec<Branch>> {
    if members.is_empty() {
        return Some(vec![lost(Reason::NoMembers(source.to_owned()))]);
    }
    let counts = |member: &Result<_, _>| member.as_ref().map_or(true, |it: &PathBuf| blocks.is_fixed(it));
    if !members.iter().any(counts) {
        return None;
    }
    let branches = members.into_iter().flat_map(|member| match member {
        Ok(device) => blocks.below(&device),
        Err(reason) => vec![lost(reason)],
    });
    Some(branches.collect())
}

/// Where the writable part of an overlay lies.
fn of_overlay(blocks: &Blocks, mount: &Mount) -> Vec<Branch> {
    let upper = mount.super_options.iter().find_map(|option| option.strip_prefix("upperdir="));
    match upper {
        Some(upper) => blocks.of_file(upper),
        None => vec![lost(Reason::HolderNotSeen(mount.point.clone()))],
    }
}

/// Start-up files, which no machine encrypts.
fn is_exempt(mount: &Mount) -> bool {
    let point = mount.point.as_str();
    point == "/boot" || point.starts_with("/boot/") || (point == "/efi" && mount.file_system == "vfat")
}

/// What fstab mounts at every start and this process does not see: its mounts may have been taken away from it.
fn unseen(root: &Root, mounts: &[Mount], types: &FileSystems) -> Result<Vec<Reason>, Reason> {
    let is_seen = |point: &str| mounts.iter().any(|mount| mount.point == point);
    let leads_to = |point: &str| root.resolve(Path::new(point)).ok().map(|place| place.display().to_string());
    let is_missing = |point: &String| {
        let is_start_up = point == "/boot" || point == "/efi" || point.starts_with("/boot/");
        !is_start_up && !is_seen(point) && !leads_to(point).is_some_and(|place| is_seen(&place))
    };
    Ok(always_mounted(root, types)?.into_iter().filter(is_missing).map(Reason::MountNotSeen).collect())
}

/// Whether nothing on any way down is encrypted or may be.
fn is_plain(branches: &[Branch]) -> bool {
    let ends_plain = |branch: &Branch| {
        let mut layers = branch.links.iter().map(|link| &link.layer);
        layers.clone().any(|layer| *layer == Layer::Disk)
            && !layers.any(|layer| matches!(layer, Layer::Crypt(_) | Layer::Opal | Layer::Remote))
    };
    branches.iter().any(ends_plain)
}

fn lost(reason: Reason) -> Branch {
    Branch { links: Vec::new(), lost: Some(reason) }
}

/// Finds what holds a file by the table of mounts.
struct Holders<'m> {
    mounts: &'m [Mount],
    types: &'m FileSystems,
}

impl Holder for Holders<'_> {
    /// The mount with the longest point at or above the file; of several the last, which covers the others.
    fn holder(&self, file: &str) -> Option<&Mount> {
        let above = self.mounts.iter().filter(|mount| mount.holds(file));
        let holder = above.max_by_key(|mount| mount.point.len())?;
        let is_device = holder.file_system != "overlay" && kind(holder, self.types).is_some();
        is_device.then_some(holder)
    }
}
