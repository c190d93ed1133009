//! File systems of several devices, or of none (compliance.md 4.4).

use super::tree::Tree;

/// Two encrypted devices and a plain one: `dm-0` on `sda1`, `dm-1` on `sda2`, and `sda3`.
fn machine() -> Tree {
    let tree = Tree::new();
    tree.file_systems().disk("sda", "8:0");
    for part in 1..4 {
        tree.partition("sda", &format!("sda{part}"), &format!("8:{part}"));
    }
    tree.luks("dm-0", "253:0", "sda1").luks("dm-1", "253:1", "sda2");
    tree
}

/// A btrfs of these devices.
fn btrfs(tree: &Tree, uuid: &str, members: &[(&str, &str)]) {
    tree.folder("/sys/fs/btrfs/features");
    for (name, place) in members {
        tree.link(&format!("/sys/fs/btrfs/{uuid}/devices/{name}"), &format!("../../../../devices/{place}"));
    }
}

const DM_0: (&str, &str) = ("dm-0", "virtual/block/dm-0");
const DM_1: (&str, &str) = ("dm-1", "virtual/block/dm-1");
const SDA3: (&str, &str) = ("sda3", "pci0/ata1/sda/sda3");
const FIRST: &str = "dm-0 LUKS2 < sda1 partition < sda disk";
const SECOND: &str = "dm-1 LUKS2 < sda2 partition < sda disk";
const PLAIN: &str = "sda3 partition < sda disk";

#[test]
fn every_member_of_a_btrfs_is_a_way_down() {
    for (members, expected) in [
        (vec![DM_0], FIRST.to_owned()),
        (vec![DM_0, DM_1], format!("{FIRST} | {SECOND}")),
        (vec![DM_0, SDA3], format!("{FIRST} | {PLAIN}")),
    ] {
        let tree = machine();
        btrfs(&tree, "1111", &members);
        tree.mount("0:40", "/", "btrfs", "/dev/mapper/name-of-dm-0", "rw,subvol=/@");
        tree.mount("0:40", "/home", "btrfs", "/dev/mapper/name-of-dm-0", "rw,subvol=/@home");
        assert_eq!(tree.volumes(), [format!("/ /home: {expected}")]);
    }
}

#[test]
fn a_btrfs_is_found_by_whatever_its_member_is_called() {
    for source in ["/dev/mapper/name-of-dm-1", "/dev/dm-1", "/dev/disk/by-label/data"] {
        let tree = machine();
        btrfs(&tree, "1111", &[DM_0]);
        btrfs(&tree, "2222", &[DM_1]);
        tree.file("/dev/dm-1", "").link("/dev/disk/by-label/data", "../../dm-1");
        tree.mount("0:40", "/", "btrfs", source, "rw");
        assert_eq!(tree.volumes(), [format!("/: {SECOND}")], "{source}");
    }
    for source in ["/dev/root", "dm-1", "/dev/mapper/dm-1", "/dev/mapper/other"] {
        let tree = machine();
        btrfs(&tree, "2222", &[DM_1]);
        tree.mount("0:40", "/", "btrfs", source, "rw");
        let lost = format!("/: ? the devices of the file system from {source} cannot be found");
        assert_eq!(tree.volumes(), [lost]);
    }
}

#[test]
fn a_member_of_a_btrfs_that_is_gone_is_lost() {
    let tree = machine();
    btrfs(&tree, "1111", &[DM_0, ("sdz", "pci0/ata9/sdz")]);
    tree.mount("0:40", "/", "btrfs", "/dev/dm-0", "rw");
    assert_eq!(tree.volumes(), [format!("/: {FIRST} | ? no block device sdz is known to the kernel")]);
}

#[test]
fn a_btrfs_of_sticks_is_no_volume() {
    let tree = machine();
    tree.device("pci0/usb1/1-1", "sdc", "8:32").device("pci0/usb1/1-2", "sdd", "8:48");
    btrfs(&tree, "1111", &[("sdc", "pci0/usb1/1-1/sdc"), ("sdd", "pci0/usb1/1-2/sdd")]);
    tree.mount("0:40", "/media", "btrfs", "/dev/sdc", "rw");
    assert_eq!(tree.volumes(), [""; 0]);
}

#[test]
fn a_bcachefs_names_its_members() {
    for (source, expected) in [
        ("/dev/dm-0", FIRST.to_owned()),
        ("/dev/dm-0:/dev/sda3", format!("{FIRST} | {PLAIN}")),
        ("/dev/mapper/name-of-dm-0:/dev/mapper/name-of-dm-1", format!("{FIRST} | {SECOND}")),
        ("/dev/dm-0:/dev/sdz", format!("{FIRST} | ? no block device /dev/sdz is known to the kernel")),
        (
            "/dev/sdy:/dev/sdz",
            "? the devices of the file system from /dev/sdy:/dev/sdz cannot be found".to_owned(),
        ),
        ("UUID=1", "? the devices of the file system from UUID=1 cannot be found".to_owned()),
    ] {
        let tree = machine();
        tree.mount("0:40", "/", "bcachefs", source, "rw");
        assert_eq!(tree.volumes(), [format!("/: {expected}")]);
    }
}

#[test]
fn the_pool_of_a_zfs_is_not_guessed_and_is_one_volume() {
    let tree = machine();
    tree.mount("0:40", "/", "zfs", "rpool/ROOT/one", "rw").mount("0:41", "/home", "zfs", "rpool/home", "rw");
    tree.mount("0:42", "/data", "zfs", "tank", "rw").mount("0:43", "/old", "zfs", "old/x", "ro");
    let lost = |pool: &str| format!("? the devices of the pool {pool} cannot be seen");
    assert_eq!(tree.volumes(), [format!("/ /home: {}", lost("rpool")), format!("/data: {}", lost("tank"))]);
}

#[test]
fn encryption_of_single_files_does_not_count() {
    let tree = machine();
    tree.mount("8:3", "/", "ext4", "/dev/sda3", "rw,inlinecrypt")
        .mount("0:41", "/home/a", "ecryptfs", "/home/.a", "rw");
    tree.mount("0:42", "/home/b", "fuse.gocryptfs", "/home/.b", "rw");
    assert_eq!(tree.volumes(), [format!("/: {PLAIN}")]);
}

#[test]
fn names_labels_and_crypttab_prove_nothing() {
    let tree = machine();
    tree.mapped("dm-9", "253:9", "LVM-crypt", &["sda3"]).value("dm-9", "dm/name", "luks-crypt");
    tree.file("/etc/crypttab", "luks-crypt UUID=1 none luks\n");
    tree.mount("253:9", "/", "ext4", "/dev/mapper/luks-crypt", "rw");
    assert_eq!(tree.volumes(), [format!("/: dm-9 mapped < {PLAIN}")]);
}

#[test]
fn a_file_on_a_btrfs_or_a_zfs_stands_on_all_of_it() {
    for (kind, source, expected) in [
        ("btrfs", "/dev/dm-0", format!("loop0 /a < {FIRST} | loop0 /a < {PLAIN}")),
        (
            "btrfs",
            "/dev/sdz",
            "loop0 /a < ? the devices of the file system from /dev/sdz cannot be found".to_owned(),
        ),
        ("bcachefs", "/dev/dm-0", format!("loop0 /a < {FIRST}")),
        ("zfs", "rpool/a", "loop0 /a < ? the devices of the pool rpool/a cannot be seen".to_owned()),
    ] {
        let tree = machine();
        btrfs(&tree, "1111", &[DM_0, SDA3]);
        tree.device("virtual/block", "loop0", "7:0").value("loop0", "loop/backing_file", "/a");
        tree.mount("0:40", "/", kind, source, "ro").mount("7:0", "/mnt", "ext4", "/dev/loop0", "rw");
        assert_eq!(tree.volumes(), [format!("/mnt: {expected}")]);
    }
}
