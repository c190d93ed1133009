use crate::IntentId;
use std::fmt;
use std::str::FromStr;

/// How a machine belongs to a tenant (entra.md 5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinType {
    /// Entra join: `JoinType` 0 on the wire.
    Join,
    /// Entra register (workplace join): `JoinType` 4 on the wire.
    Register,
}

impl JoinType {
    /// The number of the join request (entra.md 5.4).
    pub fn wire(self) -> u8 {
        match self {
            JoinType::Join => 0,
            JoinType::Register => 4,
        }
    }

    /// The word of the configuration option `join_type`.
    pub fn word(self) -> &'static str {
        match self {
            JoinType::Join => "join",
            JoinType::Register => "register",
        }
    }
}

impl FromStr for JoinType {
    type Err = ();

    fn from_str(text: &str) -> Result<JoinType, ()> {
        [JoinType::Join, JoinType::Register].into_iter().find(|kind| kind.word() == text).ok_or(())
    }
}

/// Where a private key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// Wrapped by software; plain only in this process while it is used.
    Soft,
    /// In a TPM 2.0.
    Tpm,
    /// In a PKCS#11 token.
    Pkcs11,
}

impl Backend {
    /// The word of the configuration and of stored records.
    pub fn word(self) -> &'static str {
        match self {
            Backend::Soft => "soft",
            Backend::Tpm => "tpm",
            Backend::Pkcs11 => "pkcs11",
        }
    }
}

impl FromStr for Backend {
    type Err = ();

    fn from_str(text: &str) -> Result<Backend, ()> {
        [Backend::Soft, Backend::Tpm, Backend::Pkcs11].into_iter().find(|b| b.word() == text).ok_or(())
    }
}

/// What a key is for; part of the data that its wrapping authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPurpose {
    /// The key of the device certificate: signs the CSR, PRT requests and TLS handshakes.
    Device,
    /// The key the service encrypts session keys to: only decrypts.
    Transport,
    /// The key of the Intune certificate.
    Intune,
}

impl KeyPurpose {
    /// The word of stored records.
    pub fn word(self) -> &'static str {
        match self {
            KeyPurpose::Device => "device",
            KeyPurpose::Transport => "transport",
            KeyPurpose::Intune => "intune",
        }
    }
}

impl FromStr for KeyPurpose {
    type Err = ();

    fn from_str(text: &str) -> Result<KeyPurpose, ()> {
        [KeyPurpose::Device, KeyPurpose::Transport, KeyPurpose::Intune]
            .into_iter()
            .find(|p| p.word() == text)
            .ok_or(())
    }
}

/// An RSA public key.
#[derive(Clone, PartialEq, Eq)]
pub struct RsaPublicKey {
    /// Big-endian, without a leading zero byte; 256 bytes for RSA-2048.
    pub modulus: Vec<u8>,
    /// Big-endian, without a leading zero byte; `01 00 01` as a rule.
    pub exponent: Vec<u8>,
}

impl fmt::Debug for RsaPublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "rsa{}:", self.modulus.len() * 8)?;
        self.modulus.iter().take(4).try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// A key pair whose private half stays with its backend.
///
/// `wrapped` is ciphertext that only the backend can use, so a handle may be stored and passed around.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyHandle {
    /// Which adapter made the key and must use it.
    pub backend: Backend,
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// The intent the key was made for; bound to the key by its wrapping or its `CKA_ID`.
    pub intent: IntentId,
    /// The public half.
    pub public: RsaPublicKey,
    /// Backend-specific bytes; at most 4 KiB.
    pub wrapped: Vec<u8>,
}

impl fmt::Debug for KeyHandle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}({:?})", self.backend.word(), self.purpose.word(), self.public)
    }
}

/// An X.509 certificate in DER.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateDer(pub Vec<u8>);

impl fmt::Debug for CertificateDer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "certificate({} bytes)", self.0.len())
    }
}

/// What ties keys to this machine: a digest over the components that could be read (reliability.md E.5).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MachineBinding {
    /// Name of the component (`machine-id`, `product-uuid`, …) and the hex SHA-256 of its value.
    pub components: Vec<(String, String)>,
}

/// What this machine says of itself to the service; measured here, never configured to be something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceFacts {
    /// `DeviceDisplayName`: the host name or the configured `device_name`.
    pub display_name: String,
    /// `OSVersion`: `{PRETTY_NAME} {VERSION_ID}` of os-release, or `Unknown`.
    pub os_version: String,
    /// `ID` of os-release, or `Unknown`.
    pub os_id: String,
    /// `VERSION_ID` of os-release, or `Unknown`.
    pub os_version_id: String,
    /// The processor architecture, for example `x86_64`.
    pub arch: String,
    /// The maker of the machine by its firmware (DMI `sys_vendor`), or `Unknown`.
    pub manufacturer: String,
}
