//! The words that an option may have, and what each stands for.

use crate::settings::{HsmType, IntuneClientVersion, IpVersion, PrtKdf, Registration, SignIn, TpmPcrs};
use model::{Cloud, JoinType};

/// A word and its value.
pub(crate) type Words<T> = [(&'static str, T)];

/// The word of a value, as `effective` shows it.
pub(crate) fn word_of<T: Copy + PartialEq>(words: &Words<T>, value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).map_or("", |(word, _)| word)
}

/// The version as `effective` shows it; the built-in one is known to the program that uses it.
pub(crate) fn client_version_word(value: &IntuneClientVersion) -> &str {
    match value {
        IntuneClientVersion::Default => "(built in)",
        IntuneClientVersion::Auto => "auto",
        IntuneClientVersion::Fixed(version) => version,
    }
}

pub(crate) const JOIN_TYPES: &Words<JoinType> = &[("join", JoinType::Join), ("register", JoinType::Register)];
pub(crate) const REGISTRATIONS: &Words<Registration> = &[
    ("background", Registration::Background),
    ("required", Registration::Required),
    ("off", Registration::Off),
];
pub(crate) const SIGN_INS: &Words<SignIn> =
    &[("device_code", SignIn::DeviceCode), ("password", SignIn::Password), ("auto", SignIn::Auto)];
pub(crate) const CLOUDS: &Words<Cloud> =
    &[("public", Cloud::Public), ("usgov", Cloud::UsGov), ("china", Cloud::China), ("custom", Cloud::Custom)];
pub(crate) const HSM_TYPES: &Words<HsmType> = &[
    ("soft", HsmType::Soft),
    ("tpm", HsmType::Tpm),
    ("tpm_if_possible", HsmType::TpmIfPossible),
    ("tpm_bound_soft_if_possible", HsmType::TpmBoundSoftIfPossible),
    ("pkcs11", HsmType::Pkcs11),
];
pub(crate) const IP_VERSIONS: &Words<IpVersion> =
    &[("both", IpVersion::Both), ("ipv4-only", IpVersion::V4), ("ipv6-only", IpVersion::V6)];
pub(crate) const PRT_KDFS: &Words<PrtKdf> = &[("2", PrtKdf::V2), ("1", PrtKdf::V1)];
pub(crate) const TPM_PCRS: &Words<TpmPcrs> = &[("", TpmPcrs::Nothing), ("7", TpmPcrs::Seven)];
