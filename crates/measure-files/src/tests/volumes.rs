//! Which mounts count (compliance.md 4.2, 4.3).

use super::tree::{Tree, missing};
use facts::{Fact, Reason};

/// A machine whose root is `sda1`, with an encrypted `dm-0` on `sda2` and a stick `sdb1`.
fn machine() -> Tree {
    let tree = Tree::new();
    tree.file_systems().disk("sda", "8:0").disk("sdb", "8:16");
    for (disk, name, number) in [("sda", "sda1", "8:1"), ("sda", "sda2", "8:2"), ("sdb", "sdb1", "8:17")] {
        tree.partition(disk, name, number);
    }
    tree.luks("dm-0", "253:0", "sda2");
    tree
}

/// The mount points that count.
fn points(tree: &Tree) -> Vec<String> {
    tree.storage().volumes.iter().map(|volume| volume.mounts.join(" ")).collect()
}

const PLAIN: &str = "sda1 partition < sda disk";
const CRYPT: &str = "dm-0 LUKS2 < sda2 partition < sda disk";

#[test]
fn file_systems_without_a_device_are_no_volumes() {
    let tree = machine();
    for (number, kind) in [
        ("0:21", "proc"),
        ("0:22", "tmpfs"),
        ("0:23", "cgroup2"),
        ("0:24", "autofs"),
        ("0:25", "nfs4"),
        ("0:26", "9p"),
        ("0:27", "virtiofs"),
        ("0:28", "fuse.sshfs"),
        ("0:29", "fuse"),
        ("0:30", "unheard-of"),
    ] {
        tree.mount(number, "/mnt", kind, "source", "rw");
    }
    assert_eq!(points(&tree), [""; 0]);
    tree.mount("8:1", "/", "ext4", "/dev/sda1", "rw").mount("8:2", "/ntfs", "fuseblk", "/dev/sda2", "rw");
    tree.mount("8:17", "/new", "new-fs", "/dev/sdb1", "rw");
    assert_eq!(points(&tree), ["/", "/ntfs", "/new"]);
}

#[test]
fn without_the_list_of_the_kernel_what_is_common_is_known() {
    let tree = Tree::new();
    tree.disk("sda", "8:0");
    for kind in ["proc", "tmpfs", "nfs", "fuse.portal", "cgroup2", "unheard-of"] {
        tree.mount("0:30", "/mnt", kind, "source", "rw");
    }
    tree.mount("8:0", "/", "unheard-of", "/dev/sda", "rw").mount("0:40", "/b", "btrfs", "/dev/sdb", "rw");
    assert_eq!(points(&tree), ["/", "/b"]);
}

#[test]
fn only_the_options_of_the_file_system_make_it_read_only() {
    let tree = machine();
    // Every line of these trees has `ro` for the mount, as systemd makes it.
    tree.mount("8:1", "/usr", "ext4", "/dev/sda1", "rw,errors=remount-ro");
    tree.mount("253:0", "/data", "ext4", "/dev/mapper/x", "ro,seclabel").mount(
        "8:17",
        "/s",
        "ext4",
        "/dev/sdb1",
        "seclabel,ro",
    );
    assert_eq!(points(&tree), ["/usr"]);
}

#[test]
fn devices_to_which_nothing_is_written_are_no_volumes() {
    let tree = machine();
    tree.mapped("dm-1", "253:1", "CRYPT-VERITY-0011-usr", &["sda1"]).value("dm-1", "ro", "1");
    tree.value("sda2", "ro", "0").value("sdb1", "ro", "1");
    tree.mount("253:1", "/usr", "ext4", "/dev/mapper/usr", "rw").mount(
        "8:17",
        "/b",
        "ext4",
        "/dev/sdb1",
        "rw",
    );
    tree.mount("8:2", "/", "ext4", "/dev/sda2", "rw");
    assert_eq!(points(&tree), ["/"]);
}

#[test]
fn media_that_can_be_taken_out_are_no_volumes() {
    let tree = machine();
    tree.mount("8:1", "/", "ext4", "/dev/sda1", "rw").mount("8:17", "/media", "vfat", "/dev/sdb1", "rw");
    assert_eq!(points(&tree), ["/", "/media"]);
    tree.value("sdb", "removable", "1");
    assert_eq!(points(&tree), ["/"]);

    let cards = machine();
    for (name, disk, part, kind) in
        [("mmcblk0", "179:0", "179:1", "MMC"), ("mmcblk1", "179:8", "179:9", "SD")]
    {
        cards.disk(name, disk).value(name, "device/type", kind).partition(name, &format!("{name}p1"), part);
        cards.mount(part, &format!("/{kind}"), "ext4", "/dev/x", "rw");
    }
    assert_eq!(points(&cards), ["/MMC"]);

    let sticks = machine();
    sticks.device("pci0/usb1/1-1/host6", "sdc", "8:32").value("sdc", "removable", "0");
    sticks.device("pci0/usbless", "sdd", "8:48");
    sticks.luks("dm-1", "253:1", "sdc").luks("dm-2", "253:2", "sdd");
    sticks.mount("8:32", "/usb", "ext4", "/dev/sdc", "rw").mount("8:48", "/no-usb", "ext4", "/dev/sdd", "rw");
    // An encrypted stick is a stick.
    sticks.mount("253:1", "/usb-crypt", "ext4", "/dev/mapper/a", "rw");
    sticks.mount("253:2", "/crypt", "ext4", "/dev/mapper/b", "rw");
    assert_eq!(points(&sticks), ["/no-usb", "/crypt"]);
    // A volume group over a stick and a disk is not.
    let mixed = machine();
    mixed.device("pci0/usb1/1-1", "sdc", "8:32").mapped("dm-1", "253:1", "LVM-x", &["sdc", "sda1"]);
    mixed.mount("253:1", "/", "ext4", "/dev/mapper/x", "rw");
    assert_eq!(points(&mixed), ["/"]);
}

#[test]
fn memory_is_no_disk() {
    let tree = machine();
    tree.device("virtual/block", "zram0", "252:0")
        .device("virtual/block", "ram1", "1:1")
        .disk("ramdisk", "8:80");
    tree.mount("252:0", "/z", "ext4", "/dev/zram0", "rw").mount("1:1", "/r", "ext4", "/dev/ram1", "rw");
    tree.mount("8:80", "/d", "ext4", "/dev/ramdisk", "rw");
    assert_eq!(points(&tree), ["/d"]);
}

#[test]
fn what_is_needed_to_start_is_exempt_only_if_it_is_mounted_nowhere_else() {
    for (mounts, expected) in [
        (vec![("/boot", "ext4")], vec![]),
        (vec![("/boot/efi", "vfat")], vec![]),
        (vec![("/boot", "ext4"), ("/boot/grub", "ext4")], vec![]),
        (vec![("/efi", "vfat")], vec![]),
        (vec![("/efi", "ext4")], vec!["/efi"]),
        (vec![("/boots", "ext4")], vec!["/boots"]),
        (vec![("/mnt/boot", "ext4")], vec!["/mnt/boot"]),
        (vec![("/efi/x", "vfat")], vec!["/efi/x"]),
        (vec![("/boot", "ext4"), ("/srv", "ext4")], vec!["/boot /srv"]),
    ] {
        let tree = machine();
        tree.mount("0:21", "/proc", "proc", "proc", "rw");
        for (point, kind) in &mounts {
            tree.mount("8:1", point, kind, "/dev/sda1", "rw");
        }
        assert_eq!(points(&tree), expected, "{mounts:?}");
    }
}

#[test]
fn a_device_that_is_mounted_several_times_is_one_volume() {
    let tree = machine();
    tree.mount("8:1", "/", "ext4", "/dev/sda1", "rw").mount("253:0", "/home", "ext4", "/dev/mapper/x", "rw");
    tree.mount("8:1", "/var/with\\040space\\134", "ext4", "/dev/sda1", "rw").mount(
        "8:1",
        "/",
        "ext4",
        "/dev/sda1",
        "rw",
    );
    let mounts: Vec<Vec<String>> = tree.storage().volumes.into_iter().map(|volume| volume.mounts).collect();
    assert_eq!(mounts, [vec!["/", "/var/with space\\"], vec!["/home"]]);
}

#[test]
fn a_writable_overlay_is_where_its_upper_directory_is() {
    let of = |options: &str| {
        let tree = machine();
        tree.mount("8:1", "/", "ext4", "/dev/sda1", "ro").mount(
            "253:0",
            "/data",
            "ext4",
            "/dev/mapper/x",
            "ro",
        );
        tree.mount("0:22", "/run", "tmpfs", "tmpfs", "rw")
            .mount("0:40", "/etc", "overlay", "overlay", options);
        tree.volumes()
    };
    assert_eq!(of("rw,lowerdir=/l,upperdir=/data/up,workdir=/data/w"), [format!("/etc: {CRYPT}")]);
    assert_eq!(of("rw,upperdir=/database/up"), [format!("/etc: {PLAIN}")]);
    assert_eq!(of("ro,lowerdir=/l,upperdir=/data/up"), [""; 0]);
    for upper in ["/run/up", "up", "/etc/up"] {
        let lost = format!("/etc: ? the volume that holds {upper} cannot be seen");
        assert_eq!(of(&format!("rw,upperdir={upper}")), [lost]);
    }
    assert_eq!(of("rw,lowerdir=/l"), ["/etc: ? the volume that holds /etc cannot be seen"]);
    // In a container the root is an overlay itself, and what is below it cannot be seen.
    let container = machine();
    container.mount("0:40", "/", "overlay", "overlay", "rw,upperdir=/var/lib/containers/up");
    assert_eq!(container.volumes(), ["/: ? the volume that holds /var/lib/containers/up cannot be seen"]);
}

#[test]
fn a_machine_of_ostree_is_judged_by_what_it_writes_to() {
    let tree = machine();
    tree.mount("0:40", "/", "overlay", "composefs", "ro,lowerdir=/run/ostree,redirect_dir=on");
    for point in ["/sysroot", "/var", "/etc"] {
        tree.mount("253:0", point, "xfs", "/dev/mapper/root", "rw");
    }
    assert_eq!(tree.volumes(), [format!("/sysroot /var /etc: {CRYPT}")]);
}

#[test]
fn a_machine_without_a_disk_has_no_volume() {
    let tree = machine();
    tree.mount("0:40", "/", "nfs4", "server:/root", "rw").mount(
        "7:0",
        "/snap",
        "squashfs",
        "/dev/loop0",
        "ro",
    );
    assert_eq!(tree.storage(), facts::Storage::default());
}

#[test]
fn what_fstab_mounts_and_nobody_sees_makes_it_unknown() {
    let unseen = |line: &str| {
        let tree = machine();
        tree.mount("8:1", "/", "ext4", "/dev/sda1", "rw").mount(
            "8:1",
            "/seen\\040here",
            "ext4",
            "/dev/sda1",
            "rw",
        );
        tree.mount("0:50", "/net", "autofs", "systemd-1", "rw").mount(
            "8:1",
            "/var/home",
            "ext4",
            "/dev/sda1",
            "rw",
        );
        tree.link("/real", "var/home").folder("/var/home").file("/etc/fstab", line);
        tree.storage().unseen
    };
    for (line, point) in [
        ("UUID=1234 /home ext4 defaults 0 2", "/home"),
        ("UUID=1234\t/home\text4\tdefaults", "/home"),
        ("UUID=1234 /home/ ext4 rw,relatime 0 2", "/home"),
        ("/dev/mapper/home /home\\040two xfs defaults 0 0", "/home two"),
        ("LABEL=x /home auto defaults 0 0", "/home"),
        ("PARTUUID=x /home not-loaded defaults 0 0", "/home"),
        ("/dev/sdc1 /home btrfs subvol=@home 0 0", "/home"),
        ("UUID=1234 /home ext4", "/home"),
    ] {
        assert_eq!(unseen(line), [Reason::MountNotSeen(point.to_owned())], "{line}");
    }
    for line in [
        "",
        "# UUID=1234 /home ext4 defaults 0 2",
        "#UUID=1234 /home ext4 defaults 0 2",
        "UUID=1234 / ext4 defaults 0 1",
        "UUID=1234 /seen\\040here ext4 defaults 0 1",
        "UUID=1234 /real ext4 defaults 0 1",
        "UUID=1234 /net ext4 x-systemd.automount 0 1",
        "UUID=1234 /home ext4 defaults,noauto 0 2",
        "UUID=1234 /home ext4 nofail 0 2",
        "UUID=1234 /home ext4 ro 0 2",
        "UUID=1234 /boot ext4 defaults 0 2",
        "UUID=1234 /boot/efi vfat defaults 0 2",
        "UUID=1234 none swap sw 0 0",
        "UUID=1234 swap swap sw 0 0",
        "server:/home /home nfs4 defaults 0 0",
        "server:/home /home not-loaded defaults 0 0",
        "tmpfs /tmp tmpfs defaults 0 0",
        "/srv /home none bind 0 0",
        "/srv /home ext4 bind 0 0",
        "UUID=1234 /home",
    ] {
        assert_eq!(unseen(line), [], "{line}");
    }
    let tree = machine();
    tree.mount("8:1", "/", "ext4", "/dev/sda1", "rw").folder("/etc/fstab");
    assert_eq!(tree.facts().storage, Fact::Unknown(Reason::Unreadable("/etc/fstab".to_owned())));
}

#[test]
fn swap_on_a_plain_disk_is_a_note() {
    let tree = machine();
    tree.mount("253:0", "/", "ext4", "/dev/mapper/x", "rw").device("virtual/block", "zram0", "252:0");
    tree.mapped("dm-1", "253:1", "LVM-swap", &["sda1"]);
    let swap = |names: &[&str]| {
        let line = |name: &&str| format!("{name}  partition 1000 0 -2\n");
        let lines: String = names.iter().map(line).collect();
        tree.file(
            "/proc/swaps",
            format!("Filename Type Size Used Priority\n/swapfile file 1000 0 -2\n{lines}"),
        );
        tree.storage().plain_swap
    };
    assert_eq!(swap(&["/dev/dm-0", "/dev/zram0"]), [""; 0]);
    assert_eq!(swap(&["/dev/sda1", "/dev/dm-1", "/dev/dm-0"]), ["sda1", "dm-1"]);
}

#[test]
fn a_table_that_cannot_be_read_is_not_guessed() {
    let storage = |tree: &Tree| tree.facts().storage;
    let tree = machine();
    assert_eq!(storage(&tree), Fact::Unknown(missing("/proc/self/mountinfo")));
    let not_understood = |line| Reason::NotUnderstood { file: "/proc/self/mountinfo".to_owned(), line };
    for bad in ["x", "36 35 8:1 / /a rw", "36 35 8 / /a rw - ext4 s rw", "36 35 8:1 / /a rw - ext4"] {
        let good = "36 35 8:1 / / rw - ext4 /dev/sda1 rw\n";
        let tree = machine();
        tree.file("/proc/self/mountinfo", format!("{good}{bad}\n"));
        assert_eq!(storage(&tree), Fact::Unknown(not_understood(2)), "{bad}");
    }
}
