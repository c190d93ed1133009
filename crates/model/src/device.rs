use crate::{IntentId, word_enum};
use std::fmt;

word_enum! {
    /// Where a private key lives.
    pub enum Backend {
        /// Wrapped by software; plain only in this process while it is used.
        Soft = "soft",
        /// In a TPM 2.0.
        Tpm = "tpm",
        /// In a PKCS#11 token.
        Pkcs11 = "pkcs11",
    }
}

impl Backend {
    /// Where its keys are, as `aad-tool rekey --to` explains the word.
    pub const fn place(self) -> &'static str {
        match self {
            Backend::Soft => "Files, wrapped under the auth value",
            Backend::Tpm => "The TPM",
            Backend::Pkcs11 => "The token of pkcs11_module",
        }
    }

    /// What keeps its keys from whoever has the disk, as `status` says it.
    pub const fn protection(self) -> &'static str {
        match self {
            Backend::Soft => "in software, wrapped with AES-256-GCM under the auth value",
            Backend::Tpm => "made in the TPM, which never gives it out",
            Backend::Pkcs11 => "made in the PKCS#11 token, which does not give it out",
        }
    }
}

word_enum! {
    /// What a key is for; part of the data that its wrapping authenticates.
    pub enum KeyPurpose {
        /// The key of the device certificate: signs the CSR, PRT requests and TLS handshakes.
        Device = "device",
        /// The key the service encrypts session keys to: only decrypts.
        Transport = "transport",
        /// The key of the Intune certificate.
        Intune = "intune",
        /// The key that what is kept of passwords is made with; signs nothing else.
        Offline = "offline",
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
        write!(out, "{}-{}({:?})", self.backend, self.purpose, self.public)
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
    /// `DeviceDisplayName`: the host name or the configured `device_name`; never empty, and printable.
    pub display_name: String,
    /// `OSVersion`: `PRETTY_NAME` of os-release, and `VERSION_ID` where that does not say it; or `Unknown`.
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
