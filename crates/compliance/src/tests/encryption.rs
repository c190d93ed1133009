use super::*;
use crate::{Doubt, EncryptionFinding, Explanation, VolumeState};
use facts::{Branch, CryptFormat, Fact, Layer, Link, Mapping, Storage, Volume};

pub(super) fn branch(layers: Vec<Layer>) -> Branch {
    let link = |(at, layer)| Link { device: format!("device{at}"), name: None, layer };
    Branch { links: layers.into_iter().enumerate().map(link).collect(), lost: None }
}

pub(super) fn volume(branches: Vec<Branch>) -> Volume {
    Volume { mounts: vec!["/".to_owned()], file_system: "ext4".to_owned(), branches }
}

pub(super) fn crypt() -> Layer {
    Layer::Crypt(CryptFormat::Luks2)
}

fn disks(volumes: Vec<Volume>) -> Facts {
    Facts { storage: Fact::Known(Storage { volumes, ..Storage::default() }), ..nothing_known() }
}

fn lost(layers: Vec<Layer>) -> Branch {
    Branch { lost: Some(Reason::NothingBelow("dm-1".to_owned())), ..branch(layers) }
}

/// `True`, `False` or nothing of a machine with one volume.
fn actual(branches: Vec<Branch>) -> String {
    one(ENCRYPTION, "True", &disks(vec![volume(branches)])).actual
}

#[test]
fn every_way_down_decides() {
    use CryptFormat::*;
    for format in [Luks1, Luks2, Plain, Tcrypt, LoopAes, Bitlk, Fvault2] {
        assert_eq!(actual(vec![branch(vec![Layer::Crypt(format)])]), "True", "{format:?}");
    }
    let of_file = || Layer::Loop { file: "/image".to_owned() };
    for (what, branches, expected) in [
        ("LVM on LUKS", vec![branch(vec![Layer::Mapper, crypt(), Layer::Partition, Layer::Disk])], "True"),
        ("LUKS on LVM", vec![branch(vec![crypt(), Layer::Mapper, Layer::Disk])], "True"),
        ("LUKS on RAID", vec![branch(vec![crypt(), Layer::Stacked])], "True"),
        ("a file on LUKS", vec![branch(vec![of_file(), crypt()])], "True"),
        ("LUKS in a file", vec![branch(vec![crypt(), of_file(), Layer::Disk])], "True"),
        ("two encrypted members", vec![branch(vec![crypt()]), branch(vec![crypt()])], "True"),
        ("a disk", vec![branch(vec![Layer::Disk])], "False"),
        ("a partition", vec![branch(vec![Layer::Partition, Layer::Disk])], "False"),
        ("dm-verity", vec![branch(vec![Layer::Mapping(Mapping::Verity), Layer::Disk])], "False"),
        ("dm-integrity", vec![branch(vec![Layer::Mapping(Mapping::Integrity), Layer::Disk])], "False"),
        ("integrity below LUKS", vec![branch(vec![crypt(), Layer::Mapping(Mapping::Integrity)])], "True"),
        ("one plain member", vec![branch(vec![crypt()]), branch(vec![Layer::Disk])], "False"),
        ("one plain and one lost", vec![lost(vec![Layer::Mapper]), branch(vec![Layer::Disk])], "False"),
        ("one lost member", vec![branch(vec![crypt()]), lost(vec![Layer::Mapper])], ""),
        ("OPAL", vec![branch(vec![Layer::Opal, Layer::Disk])], ""),
        ("OPAL above LUKS", vec![branch(vec![Layer::Opal, crypt()])], ""),
        ("nbd", vec![branch(vec![Layer::Partition, Layer::Remote])], ""),
        ("no way down", vec![], ""),
        ("an empty way", vec![branch(vec![])], ""),
        ("no end", vec![branch(vec![Layer::Mapper])], ""),
    ] {
        assert_eq!(actual(branches), expected, "{what}");
    }
}

#[test]
fn every_volume_decides_and_plain_is_worth_more_than_unknown() {
    let (good, bad) = (|| volume(vec![branch(vec![crypt()])]), || volume(vec![branch(vec![Layer::Disk])]));
    let doubtful = || volume(vec![]);
    let mut unseen = Storage { volumes: vec![good()], ..Storage::default() };
    unseen.unseen.push(Reason::MountNotSeen("/home".to_owned()));
    let unseen_and_bad = Storage { volumes: vec![good(), bad()], ..unseen.clone() };
    let of = |storage| Facts { storage: Fact::Known(storage), ..nothing_known() };
    for (what, facts, state, actual) in [
        ("all encrypted", disks(vec![good(), good()]), "Compliant", "True"),
        ("one plain", disks(vec![good(), bad()]), "NonCompliant", "False"),
        ("one unknown", disks(vec![good(), doubtful()]), "Unknown", ""),
        ("plain and unknown", disks(vec![doubtful(), bad()]), "NonCompliant", "False"),
        ("no volume", disks(vec![]), "Unknown", ""),
        ("one that is not seen", of(unseen), "Unknown", ""),
        ("one that is not seen, one plain", of(unseen_and_bad), "NonCompliant", "False"),
        ("nothing measured", nothing_known(), "Unknown", ""),
    ] {
        for expected in ["True", "true", "TRUE"] {
            assert_eq!(said(&one(ENCRYPTION, expected, &facts)), (state, actual, "Unknown"), "{what}");
        }
        // Nothing is demanded, and what was measured is said all the same.
        assert_eq!(said(&one(ENCRYPTION, "False", &facts)), ("Compliant", actual, "Unknown"), "{what}");
        for word in ["yes", "1", "", "True "] {
            assert_eq!(said(&one(ENCRYPTION, word, &facts)), ("Error", "", "Unknown"), "{what} {word}");
        }
    }
}

#[test]
fn the_person_sees_each_volume_and_what_decided() {
    let mut storage = Storage {
        volumes: vec![
            volume(vec![branch(vec![crypt(), Layer::Disk])]),
            volume(vec![branch(vec![Layer::Partition, Layer::Disk])]),
            volume(vec![lost(vec![Layer::Mapper])]),
            volume(vec![branch(vec![Layer::Opal])]),
        ],
        ..Storage::default()
    };
    storage.plain_swap.push("sda2".to_owned());
    let facts = Facts { storage: Fact::Known(storage.clone()), ..nothing_known() };
    let Explanation::Encryption(EncryptionFinding { volumes, plain_swap, .. }) =
        one(ENCRYPTION, "True", &facts).explanation
    else {
        panic!("another explanation");
    };
    assert!(volumes.iter().map(|it| &it.volume).eq(&storage.volumes));
    assert_eq!(plain_swap, ["sda2"]);
    let states: Vec<VolumeState> = volumes.into_iter().map(|it| it.state).collect();
    let lost = Doubt::NotKnown(Reason::NothingBelow("dm-1".to_owned()));
    let opal = Doubt::OpalDevice("device0".to_owned());
    let plain = VolumeState::Plain { device: "device1".to_owned() };
    assert_eq!(
        states,
        [VolumeState::Encrypted, plain, VolumeState::Unknown(lost), VolumeState::Unknown(opal)]
    );
}
