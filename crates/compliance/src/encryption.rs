//! Whether disks are encrypted (compliance.md 4.4, 4.5).

use crate::explanation::{Doubt, EncryptionFinding, Explanation, VolumeFinding, VolumeState};
use crate::finding::{State, Verdict};
use facts::{Branch, Fact, Layer, Storage, Volume};

/// What is said of the disks, where `wanted` is the value of the setting.
pub(crate) fn encryption(wanted: Option<&str>, storage: &Fact<Storage>) -> Verdict {
    let is_word = |word: &str| wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case(word));
    let must_be = match (is_word("True"), is_word("False")) {
        (true, _) => true,
        (_, true) => false,
        _ => return Verdict::not_understood(),
    };
    let (measured, explanation) = match storage.known() {
        Ok(storage) => answer(storage),
        Err(reason) => (None, Explanation::NotKnown(reason.clone())),
    };
    let actual = match measured {
        Some(true) => "True",
        Some(false) => "False",
        None => "",
    };
    let state = match measured {
        _ if !must_be => State::Compliant,
        Some(true) => State::Compliant,
        Some(false) => State::NonCompliant,
        None => State::Unknown,
    };
    Verdict::new(state, actual, explanation)
}

/// Whether every volume is encrypted; one that is not is worth more than one that cannot be judged.
fn answer(storage: &Storage) -> (Option<bool>, Explanation) {
    let judged =
        |volume: &Volume| VolumeFinding { volume: volume.clone(), state: state_of(&volume.branches) };
    let volumes: Vec<VolumeFinding> = storage.volumes.iter().map(judged).collect();
    let any = |wanted: fn(&VolumeState) -> bool| volumes.iter().any(|it| wanted(&it.state));
    let is_plain = any(|state| matches!(state, VolumeState::Plain { .. }));
    // A machine without a volume has no answer: it runs from a network, or is a container.
    let is_doubtful = any(|state| matches!(state, VolumeState::Unknown(_)))
        || !storage.unseen.is_empty()
        || volumes.is_empty();
    let measured = match (is_plain, is_doubtful) {
        (true, _) => Some(false),
        (_, true) => None,
        _ => Some(true),
    };
    let (unseen, plain_swap) = (storage.unseen.clone(), storage.plain_swap.clone());
    (measured, Explanation::Encryption(EncryptionFinding { volumes, unseen, plain_swap }))
}

/// Encrypted if every branch is, plain if any is, else unknown.
fn state_of(branches: &[Branch]) -> VolumeState {
    let states: Vec<VolumeState> = branches.iter().map(state_of_branch).collect();
    let find = |wanted: fn(&VolumeState) -> bool| states.iter().find(|state| wanted(state)).cloned();
    find(|state| matches!(state, VolumeState::Plain { .. }))
        .or_else(|| find(|state| matches!(state, VolumeState::Unknown(_))))
        .or_else(|| states.first().cloned())
        .unwrap_or(VolumeState::Unknown(Doubt::NoDisk))
}

/// The first device on the way down that says anything decides.
fn state_of_branch(branch: &Branch) -> VolumeState {
    for link in &branch.links {
        match link.layer {
            Layer::Crypt(_) => return VolumeState::Encrypted,
            Layer::Opal => return VolumeState::Unknown(Doubt::OpalDevice(link.device.clone())),
            Layer::Remote => return VolumeState::Unknown(Doubt::RemoteDevice(link.device.clone())),
            Layer::Disk => return VolumeState::Plain { device: link.device.clone() },
            Layer::Mapping(_) | Layer::Mapper | Layer::Stacked | Layer::Loop { .. } | Layer::Partition => {}
        }
    }
    let doubt = branch.lost.clone().map_or(Doubt::NoDisk, Doubt::NotKnown);
    VolumeState::Unknown(doubt)
}
