//! The options of the configuration that are enumerations, in the words of `himmelblau.conf`.

use crate::{ClientVersion, ObjectId, UnknownWord, word_enum};
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

/// `who_may_register`: whose sign-in may register the machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum WhoMayRegister {
    /// Everybody who may sign in; the first comer is the owner.
    #[default]
    Anyone,
    /// Root alone.
    Root,
    /// Root, and whoever is in this group of the system.
    Group(String),
    /// Root, and whoever is in this group of the directory, which is known once they have signed in.
    DirectoryGroup(ObjectId),
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

impl WhoMayRegister {
    /// Judges a caller; `is_member` says whether they are in a group.
    pub fn judge(&self, is_root: bool, is_member: impl FnOnce(&str) -> bool) -> MayRegister {
        let may = match self {
            WhoMayRegister::Anyone => true,
            WhoMayRegister::Root => is_root,
            WhoMayRegister::Group(name) => is_root || is_member(name),
            WhoMayRegister::DirectoryGroup(_) if is_root => true,
            WhoMayRegister::DirectoryGroup(group) => return MayRegister::Members(*group),
        };
        if may { MayRegister::Yes } else { MayRegister::No }
    }
}

impl FromStr for WhoMayRegister {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<WhoMayRegister, UnknownWord> {
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !":,".contains(c);
        match text.split_once(':') {
            None if text.eq_ignore_ascii_case("anyone") => Ok(WhoMayRegister::Anyone),
            None if text.eq_ignore_ascii_case("root") => Ok(WhoMayRegister::Root),
            Some((kind, name)) if kind.trim_end().eq_ignore_ascii_case("group") => {
                let name = name.trim();
                if let Ok(id) = name.parse() {
                    return Ok(WhoMayRegister::DirectoryGroup(id));
                }
                let good = !name.is_empty() && name.chars().all(plain);
                good.then(|| WhoMayRegister::Group(name.to_owned())).ok_or(UnknownWord(REGISTRARS))
            }
            _ => Err(UnknownWord(REGISTRARS)),
        }
    }
}

impl fmt::Display for WhoMayRegister {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhoMayRegister::Anyone => out.write_str("anyone"),
            WhoMayRegister::Root => out.write_str("root"),
            WhoMayRegister::Group(name) => write!(out, "group:{name}"),
            WhoMayRegister::DirectoryGroup(id) => write!(out, "group:{id}"),
        }
    }
}

const REGISTRARS: &[&str] = &["anyone", "root", "group:NAME", "group:OBJECT-ID"];

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_register_is_read_as_it_is_shown() {
        for text in ["anyone", "root", "group:wheel", "group:cccccccc-0000-0000-0000-000000000001"] {
            assert_eq!(text.parse::<WhoMayRegister>().unwrap().to_string(), text);
        }
        assert_eq!("Group: admins".parse(), Ok(WhoMayRegister::Group("admins".to_owned())));
        for text in ["", "everyone", "group", "group:", "group:a b", "group:a,b", "user:alex", "wheel"] {
            assert!(text.parse::<WhoMayRegister>().is_err(), "{text}");
        }
    }

    #[test]
    fn root_may_always_register_and_others_as_the_option_says() {
        use MayRegister::{Members, No, Yes};
        let id = "cccccccc-0000-0000-0000-000000000001".parse().unwrap();
        let of_directory = WhoMayRegister::DirectoryGroup(id);
        let group = WhoMayRegister::Group("wheel".to_owned());
        for (option, root, member, may) in [
            (&WhoMayRegister::Anyone, false, false, Yes),
            (&WhoMayRegister::Root, true, false, Yes),
            (&WhoMayRegister::Root, false, true, No),
            (&group, true, false, Yes),
            (&group, false, true, Yes),
            (&group, false, false, No),
            (&of_directory, true, false, Yes),
            (&of_directory, false, true, Members(id)),
        ] {
            let asked = |name: &str| name == "wheel" && member;
            assert_eq!(option.judge(root, asked), may, "{option} {root} {member}");
        }
    }
}
