//! The options of the configuration that are enumerations, in the words of `himmelblau.conf`.

use crate::{ClientVersion, ObjectId, word_enum};
use std::fmt;
use std::str::FromStr;

word_enum! {
    /// `join_type`: how a machine belongs to a tenant (entra.md 5.4).
    #[derive(Default)]
    pub enum JoinType {
        /// Entra join: `JoinType` 0 on the wire.
        #[default]
        Join = "join",
        /// Entra register (workplace join): `JoinType` 4 on the wire.
        Register = "register",
    }
}

impl JoinType {
    /// The number of the join request (entra.md 5.4).
    pub fn wire(self) -> u8 {
        match self {
            JoinType::Join => 0,
            JoinType::Register => 4,
        }
    }
}

word_enum! {
    /// `registration`: whether a sign-in registers the machine.
    #[derive(Default)]
    pub enum Registration {
        /// A sign-in is answered when the account is checked; registration goes on behind it.
        #[default]
        Background = "background",
        /// A sign-in is answered when the machine is registered.
        Required = "required",
        /// A sign-in never registers.
        Off = "off",
    }
}

word_enum! {
    /// `sign_in`: the ways to sign in.
    #[derive(Default)]
    pub enum Method {
        /// A device code alone; no password is ever asked for.
        DeviceCode = "device_code",
        /// The password wherever the organisation checks it itself; else a device code.
        Password = "password",
        /// The password once the machine is registered, as [`Method::Password`]; before that a device code.
        #[default]
        Auto = "auto",
    }
}

word_enum! {
    /// `cloud`: which national cloud a tenant lives in (entra.md 10.5).
    #[derive(Default)]
    pub enum Cloud {
        /// The public cloud.
        #[default]
        Public = "public",
        /// US Government (GCC High, DoD).
        UsGov = "usgov",
        /// China, operated by 21Vianet.
        China = "china",
        /// Hosts named one by one in the configuration.
        Custom = "custom",
    }
}

word_enum! {
    /// `hsm_type`: where new keys are kept.
    #[derive(Default)]
    pub enum HsmType {
        /// Software keys, which the auth value protects.
        Soft = "soft",
        /// A TPM or nothing.
        Tpm = "tpm",
        /// A TPM where there is one.
        #[default]
        TpmIfPossible = "tpm_if_possible",
        /// Software keys bound to a TPM where there is one.
        TpmBoundSoftIfPossible = "tpm_bound_soft_if_possible",
        /// A PKCS#11 token.
        Pkcs11 = "pkcs11",
    }
}

word_enum! {
    /// `tpm_pcrs`: the PCRs that new keys in a TPM are bound to; a key that is there keeps to what it was made with.
    #[derive(Default)]
    pub enum BootPolicy {
        /// No PCR: a key can be used whatever the machine was started with.
        #[default]
        Nothing = "",
        /// PCR 7 of the SHA-256 bank: Secure Boot and its keys.
        Pcr7 = "7",
    }
}

word_enum! {
    /// `ip_version`: which addresses are used.
    #[derive(Default)]
    pub enum IpVersion {
        /// IPv4 and IPv6, as the name resolves.
        #[default]
        Both = "both",
        /// IPv4 alone.
        V4 = "ipv4-only",
        /// IPv6 alone.
        V6 = "ipv6-only",
    }
}

word_enum! {
    /// `prt_kdf`: how the key that signs a request is derived from the session key of a primary refresh token
    /// (entra.md 7.6); replies are always read with [`Kdf::V1`].
    #[derive(Default)]
    pub enum Kdf {
        /// KDFv2: from the random context and the payload.
        #[default]
        V2 = "2",
        /// KDFv1: from the random context alone.
        V1 = "1",
    }
}

/// Whether a caller may register the machine with a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MayRegister {
    /// They may.
    Yes,
    /// They may sign in, on a machine that is registered.
    No,
    /// They may if the directory has them in this group.
    Members(ObjectId),
}

/// `intune_client_version`: the version that the Intune services are told (intune.md 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntuneClientVersion {
    /// The one that this build knows: [`ClientVersion::COMPILED`].
    #[default]
    Default,
    /// The highest one that Microsoft's package list has.
    Auto,
    /// The one that the configuration names.
    Fixed(ClientVersion),
}

impl IntuneClientVersion {
    /// The version to tell; none where it has to be looked up.
    pub fn known(self) -> Option<ClientVersion> {
        match self {
            IntuneClientVersion::Default => Some(ClientVersion::COMPILED),
            IntuneClientVersion::Auto => None,
            IntuneClientVersion::Fixed(version) => Some(version),
        }
    }
}

impl FromStr for IntuneClientVersion {
    type Err = crate::ClientVersionError;

    fn from_str(text: &str) -> Result<IntuneClientVersion, crate::ClientVersionError> {
        match text {
            word if word.eq_ignore_ascii_case("auto") => Ok(IntuneClientVersion::Auto),
            version => version.parse().map(IntuneClientVersion::Fixed),
        }
    }
}

impl fmt::Display for IntuneClientVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntuneClientVersion::Default => out.write_str("(built in)"),
            IntuneClientVersion::Auto => out.write_str("auto"),
            IntuneClientVersion::Fixed(version) => version.fmt(out),
        }
    }
}
