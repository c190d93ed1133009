use super::tree::Tree;

/// A machine with two disks of three partitions each: `sda1` to `sda3` (8:1 to 8:3), `sdb1` to `sdb3` (8:17 to 8:19).
fn machine() -> Tree {
    let tree = Tree::new();
    tree.file_systems();
    for (disk, first) in [("sda", 0), ("sdb", 16)] {
        tree.disk(disk, &format!("8:{first}"));
        for part in 1..4 {
            tree.partition(disk, &format!("{disk}{part}"), &format!("8:{}", first + part));
        }
    }
    tree
}

/// The ways down from an ext4 on this device, mounted at `/`.
fn ways(tree: &Tree, number: &str) -> String {
    tree.mount(number, "/", "ext4", "/dev/x", "rw");
    let volumes = tree.volumes();
    assert_eq!(volumes.len(), 1);
    volumes[0].trim_start_matches("/: ").to_owned()
}

#[test]
fn a_partition_is_part_of_a_disk() {
    assert_eq!(ways(&machine(), "8:1"), "sda1 partition < sda disk");
    assert_eq!(ways(&machine(), "8:16"), "sdb disk");
}

#[test]
fn every_format_of_dm_crypt_is_encryption_whatever_its_name() {
    for (word, shown) in [
        ("LUKS1", "LUKS1"),
        ("LUKS2", "LUKS2"),
        ("PLAIN", "plain dm-crypt"),
        ("TCRYPT", "VeraCrypt"),
        ("LOOPAES", "loop-AES"),
        ("BITLK", "BitLocker"),
        ("FVAULT2", "FileVault2"),
    ] {
        let tree = machine();
        tree.mapped("dm-0", "253:0", &format!("CRYPT-{word}-00112233-root"), &["sda2"]);
        assert_eq!(ways(&tree, "253:0"), format!("dm-0 {shown} < sda2 partition < sda disk"));
    }
}

#[test]
fn what_cryptsetup_sets_up_besides_is_none() {
    for (uuid, shown) in [
        ("CRYPT-VERITY-0011-usr", "verity"),
        ("CRYPT-INTEGRITY-data", "integrity"),
        ("CRYPT-TEMP-x", "TEMP"),
        ("CRYPT-SUBDEV-LUKS2-0011-x", "SUBDEV"),
        ("CRYPT-NEWWORD-x", "NEWWORD"),
        ("CRYPT-LUKS3-x", "LUKS3"),
        ("CRYPT-", ""),
        ("LVM-CRYPT-LUKS2-x", "mapped"),
        ("crypt-luks2-x", "mapped"),
        ("", "mapped"),
    ] {
        let tree = machine();
        tree.mapped("dm-0", "253:0", uuid, &["sda2"]);
        assert_eq!(ways(&tree, "253:0"), format!("dm-0 {shown} < sda2 partition < sda disk"), "{uuid}");
    }
    let tree = machine();
    tree.mapped("dm-0", "253:0", "CRYPT-LUKS2-OPAL-0011-x", &["sda2"]);
    assert_eq!(ways(&tree, "253:0"), "dm-0 OPAL < sda2 partition < sda disk");
}

#[test]
fn lvm_and_luks_stand_on_each_other_in_any_order() {
    let tree = machine();
    tree.luks("dm-0", "253:0", "sda3").mapped("dm-1", "253:1", "LVM-abc", &["dm-0"]);
    assert_eq!(ways(&tree, "253:1"), "dm-1 mapped < dm-0 LUKS2 < sda3 partition < sda disk");
    let tree = machine();
    tree.mapped("dm-0", "253:0", "LVM-abc", &["sda3"]).luks("dm-1", "253:1", "dm-0");
    assert_eq!(ways(&tree, "253:1"), "dm-1 LUKS2 < dm-0 mapped < sda3 partition < sda disk");
    let tree = machine();
    tree.luks("dm-0", "253:0", "sda3").mapped("dm-1", "253:1", "LVM-abc", &["dm-0", "sdb1"]);
    let both =
        "dm-1 mapped < dm-0 LUKS2 < sda3 partition < sda disk | dm-1 mapped < sdb1 partition < sdb disk";
    assert_eq!(ways(&tree, "253:1"), both);
    let tree = machine();
    tree.mapped("dm-0", "253:0", "CRYPT-INTEGRITY-x", &["sda2"]).luks("dm-1", "253:1", "dm-0");
    assert_eq!(ways(&tree, "253:1"), "dm-1 LUKS2 < dm-0 integrity < sda2 partition < sda disk");
}

#[test]
fn a_mapped_device_on_nothing_is_lost() {
    let tree = machine();
    tree.mapped("dm-0", "253:0", "LVM-abc", &[]);
    assert_eq!(ways(&tree, "253:0"), "dm-0 mapped < ? dm-0 does not say what it stands on");
}

#[test]
fn raid_and_bcache_stand_on_every_member() {
    let tree = machine();
    tree.device("virtual/block", "md0", "9:0")
        .folder("/sys/devices/virtual/block/md0/md")
        .on("md0", &["sda1", "sdb1"]);
    tree.device("virtual/block/md0", "md0p1", "259:0").value("md0p1", "partition", "1");
    let both =
        "md0 stacked < sda1 partition < sda disk | md0p1 partition < md0 stacked < sdb1 partition < sdb disk";
    assert_eq!(ways(&tree, "259:0"), format!("md0p1 partition < {both}"));
    let tree = machine();
    tree.device("virtual/block", "md0", "9:0")
        .folder("/sys/devices/virtual/block/md0/md")
        .on("md0", &["sda1", "sdb1"]);
    tree.luks("dm-0", "253:0", "md0");
    assert_eq!(ways(&tree, "253:0"), "dm-0 LUKS2");
    // A disk below bcache has the directory too, and is a disk all the same.
    let tree = machine();
    tree.device("virtual/block", "bcache0", "252:0").on("bcache0", &["sda1", "sdb1"]);
    tree.folder("/sys/devices/pci0/ata1/sda/sda1/bcache").folder("/sys/devices/pci0/ata1/sdb/sdb1/bcache");
    let both = "bcache0 stacked < sda1 partition < sda disk | bcache0 stacked < sdb1 partition < sdb disk";
    assert_eq!(ways(&tree, "252:0"), both);
    let tree = machine();
    tree.device("virtual/block", "md9", "9:9").folder("/sys/devices/virtual/block/md9/md");
    assert_eq!(ways(&tree, "9:9"), "md9 stacked < ? md9 does not say what it stands on");
}

#[test]
fn a_file_as_a_device_stands_on_the_volume_that_holds_it() {
    let looped = |file: &str| {
        let tree = machine();
        tree.luks("dm-0", "253:0", "sda3").device("virtual/block", "loop0", "7:0");
        tree.value("loop0", "loop/backing_file", file);
        tree.mount("253:0", "/home", "ext4", "/dev/mapper/home", "rw").mount(
            "8:1",
            "/",
            "ext4",
            "/dev/sda1",
            "rw",
        );
        tree.mount("0:30", "/run", "tmpfs", "tmpfs", "rw");
        tree.mount("7:0", "/image", "ext4", "/dev/loop0", "rw");
        tree.volumes().last().unwrap().clone()
    };
    let on_crypt = "/image: loop0 /home/a.img < dm-0 LUKS2 < sda3 partition < sda disk";
    assert_eq!(looped("/home/a.img"), on_crypt);
    assert_eq!(looped("/homes/a.img"), "/image: loop0 /homes/a.img < sda1 partition < sda disk");
    for file in ["/home/a.img (deleted)", "/run/a.img", "a.img"] {
        let lost = format!("/image: loop0 {file} < ? the volume that holds {file} cannot be seen");
        assert_eq!(looped(file), lost);
    }
    // A homed home: LUKS in a file. What is below does not matter any more.
    let tree = machine();
    tree.device("virtual/block", "loop0", "7:0").value("loop0", "loop/backing_file", "/home/anna.home");
    tree.luks("dm-0", "253:0", "loop0").mount("8:1", "/", "ext4", "/dev/sda1", "rw");
    tree.mount("253:0", "/home/anna", "btrfs", "/dev/mapper/name-of-dm-0", "rw");
    tree.link("/sys/fs/btrfs/1234/devices/dm-0", "../../../../devices/virtual/block/dm-0");
    let home = "/home/anna: dm-0 LUKS2 < loop0 /home/anna.home < sda1 partition < sda disk";
    assert_eq!(tree.volumes(), ["/: sda1 partition < sda disk", home]);
}

#[test]
fn disks_that_are_elsewhere_are_not_judged() {
    for name in ["nbd0", "rbd1", "drbd2", "zd16"] {
        let tree = machine();
        tree.device("virtual/block", name, "43:0");
        assert_eq!(ways(&tree, "43:0"), format!("{name} remote"));
    }
    let tree = machine();
    tree.device("virtual/block", "nbd0", "43:0").device("virtual/block/nbd0", "nbd0p1", "43:1");
    tree.value("nbd0p1", "partition", "1");
    assert_eq!(ways(&tree, "43:1"), "nbd0p1 partition < nbd0 remote");
    for name in ["vda", "nvme0n1", "mmcblk0", "xvda", "rbdisk"] {
        let tree = machine();
        tree.disk(name, "254:0");
        assert_eq!(ways(&tree, "254:0"), format!("{name} disk"));
    }
}

#[test]
fn a_circle_or_a_way_that_is_too_long_is_lost() {
    let tree = machine();
    tree.mapped("dm-0", "253:0", "LVM-a", &[])
        .mapped("dm-1", "253:1", "LVM-b", &["dm-0"])
        .on("dm-0", &["dm-1"]);
    assert_eq!(ways(&tree, "253:0"), "dm-0 mapped < dm-1 mapped < ? dm-0 stands on too many devices");
    let chain = |length: usize| {
        let tree = machine();
        tree.mapped("dm-0", "253:0", "LVM-0", &["sdb"]);
        for at in 1..length {
            tree.mapped(&format!("dm-{at}"), &format!("253:{at}"), "LVM-x", &[&format!("dm-{}", at - 1)]);
        }
        ways(&tree, &format!("253:{}", length - 1))
    };
    assert!(chain(15).ends_with("dm-0 mapped < sdb disk"));
    assert!(chain(16).ends_with("dm-0 mapped < ? sdb stands on too many devices"));
    // Each stands on the next twice: the ways double at every step, and are not all gone.
    let tree = machine();
    tree.mapped("dm-0", "253:0", "LVM-0", &["sda1", "sdb1"]);
    for at in 1..14 {
        let below = format!("dm-{}", at - 1);
        tree.mapped(&format!("dm-{at}"), &format!("253:{at}"), "LVM-x", &[&below]);
        let link = format!("/sys/devices/virtual/block/dm-{at}/slaves/again");
        tree.link(&link, &format!("../../{below}"));
    }
    assert!(ways(&tree, "253:13").contains("stands on too many devices"));
}

#[test]
fn a_device_that_the_kernel_does_not_know_is_lost() {
    assert_eq!(ways(&machine(), "8:99"), "? no block device 8:99 is known to the kernel");
    let tree = machine();
    tree.mapped("dm-0", "253:0", "LVM-a", &[]);
    tree.link("/sys/devices/virtual/block/dm-0/slaves/sdz", "../../../../pci0/ata9/sdz");
    assert_eq!(ways(&tree, "253:0"), "dm-0 mapped < ? no block device sdz is known to the kernel");
}

#[test]
fn a_uuid_that_cannot_be_read_says_nothing() {
    let tree = machine();
    tree.device("virtual/block", "dm-0", "253:0")
        .folder("/sys/devices/virtual/block/dm-0/dm/uuid")
        .on("dm-0", &["sda1"]);
    assert_eq!(ways(&tree, "253:0"), "? /sys/devices/virtual/block/dm-0/dm/uuid cannot be read");
}
