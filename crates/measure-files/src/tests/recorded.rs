//! A machine as Linux 6.1 shows it: set up with cryptsetup 2.6.1, LVM 2.03.16, mdadm 4.2 and btrfs-progs 6.2 in a
//! user-mode kernel, and written down there as uid 65534 (compliance.md 12.3).

use super::tree::Tree;

const MOUNTINFO: &str = "\
16 1 0:15 / / ro,relatime - hostfs root ro
17 16 0:5 / /dev rw,relatime - devtmpfs devtmpfs rw,mode=755
18 16 0:16 / /proc rw,relatime - proc proc rw
19 16 0:17 / /sys rw,relatime - sysfs sysfs rw
20 16 0:18 / /run rw,relatime - tmpfs tmpfs rw
22 20 254:0 / /run/mnt/luks2 rw,relatime - ext4 /dev/mapper/one rw
23 20 254:2 / /run/mnt/lvm-on-luks rw,relatime - ext4 /dev/mapper/vg-root rw
24 20 254:4 / /run/mnt/luks1-on-lvm rw,relatime - ext4 /dev/mapper/homecrypt rw
25 20 254:5 / /run/mnt/luks-on-md rw,relatime - ext4 /dev/mapper/mdcrypt rw
26 20 98:112 / /run/mnt/nocrypt rw,relatime - ext4 /dev/ubdh rw
27 20 7:0 / /run/mnt/loop rw,relatime - ext4 /dev/loop0 rw
30 20 0:20 / /run/mnt/merged rw,relatime - overlay overlay rw,lowerdir=/run/mnt/lower,upperdir=/run/mnt/luks2/up,workdir=/run/mnt/luks2/wk
32 20 0:23 / /run/mnt/btrfs rw,relatime - btrfs /dev/mapper/bt rw,ssd,space_cache=v2,subvolid=5,subvol=/
";

/// Number, name of the kernel, uuid, name of the device mapper, and what it stands on.
const MAPPED: [(&str, &str, &str, &str, &str); 7] = [
    ("254:0", "dm-0", "CRYPT-LUKS2-b31145b43b514aefba0f4084deb93198-one", "one", "ubdb"),
    ("254:1", "dm-1", "CRYPT-LUKS2-1a989550d92f480980259e5eb50fb254-pv", "pv", "ubdc"),
    (
        "254:2",
        "dm-2",
        "LVM-H3yCQneIP8q1rx2ccpe8xaheS7LcLViGQE3FEtywHvbh2elznpPoSVfROZmDB4ee",
        "vg-root",
        "dm-1",
    ),
    (
        "254:3",
        "dm-3",
        "LVM-IYqx6quaf2ATTnNbXiWBi50nxnlULLd8VPl1BHwS9chiZhanFjJxRffbw6EUYZ3G",
        "vh-home",
        "ubdd",
    ),
    ("254:4", "dm-4", "CRYPT-LUKS1-594039263aa64684828780a6dd9d9e67-homecrypt", "homecrypt", "dm-3"),
    ("254:5", "dm-5", "CRYPT-LUKS2-1a5c2324eebd4e678bb7d7516b3a9127-mdcrypt", "mdcrypt", "md0"),
    ("254:6", "dm-6", "CRYPT-LUKS2-53845ec415934f6c88fd6f4428e92689-bt", "bt", "ubdj"),
];

#[test]
fn eight_layouts_of_a_real_kernel_are_seen_through() {
    let tree = Tree::new();
    tree.file_systems().file("/proc/self/mountinfo", MOUNTINFO);
    for (at, letter) in ('b'..='k').enumerate() {
        let (name, place) = (format!("ubd{letter}"), format!("platform/uml-blkdev.{}/block", at + 1));
        tree.device(&place, &name, &format!("98:{}", 16 * (at + 1))).value(&name, "removable", "0");
    }
    tree.device("virtual/block", "md0", "9:0").value("md0", "md/level", "raid1").on("md0", &["ubdf", "ubdg"]);
    for (number, device, uuid, name, below) in MAPPED {
        tree.mapped(device, number, uuid, &[below]).value(device, "dm/name", name);
    }
    tree.device("virtual/block", "loop0", "7:0").value("loop0", "loop/backing_file", "/run/mnt/luks2/img");
    for (member, place) in [("dm-6", "virtual/block/dm-6"), ("ubdk", "platform/uml-blkdev.10/block/ubdk")] {
        let uuid = "2b6eb1a1-68a7-4dda-8f03-4d9de046cc2b";
        tree.link(&format!("/sys/fs/btrfs/{uuid}/devices/{member}"), &format!("../../../../devices/{place}"));
    }
    let expected = [
        "/run/mnt/luks2: dm-0 LUKS2 < ubdb disk",
        "/run/mnt/lvm-on-luks: dm-2 mapped < dm-1 LUKS2 < ubdc disk",
        "/run/mnt/luks1-on-lvm: dm-4 LUKS1 < dm-3 mapped < ubdd disk",
        "/run/mnt/luks-on-md: dm-5 LUKS2",
        "/run/mnt/nocrypt: ubdh disk",
        "/run/mnt/loop: loop0 /run/mnt/luks2/img < dm-0 LUKS2 < ubdb disk",
        "/run/mnt/merged: dm-0 LUKS2 < ubdb disk",
        "/run/mnt/btrfs: dm-6 LUKS2 < ubdj disk | ubdk disk",
    ];
    assert_eq!(tree.volumes(), expected);
}
