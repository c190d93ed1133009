//! No content of a file makes the reading fail in another way than by saying why.

use super::tree::Tree;
use facts::{Fact, Wanted};
use proptest::prelude::*;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words = prop_oneof![
        Just("password"),
        Just(" "),
        Just("\n"),
        Just("["),
        Just("]"),
        Just("="),
        Just("\\"),
        Just("#"),
        Just("success"),
        Just("default"),
        Just("die"),
        Just("required"),
        Just("pam_unix.so"),
        Just("pam_pwquality.so"),
        Just("@include"),
        Just("passwd"),
        Just("substack"),
        Just("include"),
        Just("minlen"),
        Just("-1"),
        Just("99999999999999999999"),
        Just("\""),
        Just("'"),
        Just("ID"),
        Just("\0"),
        Just("ü"),
        Just(" - "),
        Just("8:1"),
        Just("/"),
        Just("ext4"),
        Just("\\040"),
        Just("\\777"),
        Just("\\8"),
        Just("rw"),
        Just("LUKS2"),
        Just("CRYPT-"),
        Just("\u{2028}")
    ];
    let text = proptest::collection::vec(words, 0..40).prop_map(|words| words.concat().into_bytes());
    prop_oneof![text, proptest::collection::vec(any::<u8>(), 0..80)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_stands_in_a_file_is_read_or_said_to_be_unreadable(
        file in prop_oneof![
            Just("/etc/os-release"),
            Just("/proc/self/mountinfo"),
            Just("/proc/filesystems"),
            Just("/etc/fstab"),
            Just("/proc/swaps"),
            Just("/etc/pam.d/passwd"),
            Just("/etc/pam.d/common-password"),
            Just("/etc/security/pwquality.conf"),
            Just("/etc/security/pwquality.conf.d/a.conf"),
            Just("/etc/passwdqc.conf"),
            Just("/sys/devices/virtual/block/dm-0/dm/uuid"),
            Just("/sys/devices/virtual/block/loop0/loop/backing_file")
        ],
        text in bytes(),
    ) {
        let tree = Tree::new();
        tree.folder("/usr/lib/security").file("/etc/pam.d/passwd", "@include common-password\npassword required pam_pwquality.so\npassword required pam_passwdqc.so config=/etc/passwdqc.conf\n");
        tree.file("/etc/pam.d/common-password", "").disk("sda", "8:0").luks("dm-0", "253:0", "sda");
        tree.device("virtual/block", "loop0", "7:0").value("loop0", "loop/backing_file", "/a");
        tree.mount("253:0", "/", "ext4", "/dev/x", "rw").mount("7:0", "/mnt", "ext4", "/dev/loop0", "rw");
        tree.file(file, text);
        let facts = tree.facts();
        if let Fact::Known(storage) = &facts.storage {
            prop_assert!(storage.volumes.iter().all(|volume| !volume.branches.is_empty()));
        }
        if let Fact::Known(stack) = &facts.passwords {
            prop_assert!(!stack.lines.is_empty() && stack.lines.iter().all(|line| line.place.line > 0));
        }
    }
}

#[test]
fn the_machine_of_the_test_itself_can_be_measured() {
    let wanted = Wanted { release: true, storage: true, passwords: true };
    let facts = crate::MachineFiles::new("/").read(&wanted);
    // A build machine may be a container without PAM; its kernel has a table of mounts.
    assert!(facts.storage.known().is_ok(), "{:?}", facts.storage);
}
