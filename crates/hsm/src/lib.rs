//! The port to whatever holds the private keys.
//!
//! [`Hsm`] is what an adapter implements: blocking, one caller at a time.
//! [`Keys`] is what the rest of the house uses: jobs behind a queue, each with an answer of its own type.
//! A private key never crosses this port; handles carry ciphertext only.

mod backends;
pub mod binding;
pub mod boot_file;
mod bound;
mod deadlines;
mod error;
mod job;
mod jobs;
mod keys;
mod obstacle;
mod queue;
mod reply;
#[cfg(test)]
mod tests;

pub use backends::Backends;
pub use bound::BoundTo;
pub use deadlines::Deadlines;
pub use error::HsmError;
pub use job::Job;
pub use jobs::{Jobs, Late};
pub use keys::Keys;
pub use obstacle::Obstacle;
pub use reply::{KeysFuture, Refusal, Reply};

use model::{Backend, IntentId, KeyHandle, KeyPurpose, Secret};

/// How a signature is made; the digest is SHA-256 in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignScheme {
    /// RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), used for CSRs, JWTs and TLS 1.2.
    Pkcs1Sha256,
    /// RSASSA-PSS with MGF1-SHA-256 and a salt of 32 bytes (RFC 8017 section 8.1), used for TLS 1.3.
    PssSha256,
}

/// What an adapter says about itself for `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HsmInfo {
    /// The kind of backend.
    pub backend: Backend,
    /// One line for people: `software keys, wrapped with AES-256-GCM; auth value from …`.
    pub description: String,
}

/// A backend that makes and uses RSA-2048 keys.
///
/// Every method may block for as long as the hardware takes and is called from one thread only.
pub trait Hsm: Send {
    /// What this backend is.
    fn info(&self) -> HsmInfo;

    /// Makes an RSA-2048 pair (e = 65537) bound to purpose, intent, schema and machine.
    ///
    /// # Errors
    /// Any [`HsmError`] of the backend; nothing is left behind in it.
    fn create(&mut self, purpose: KeyPurpose, intent: IntentId) -> Result<KeyHandle, HsmError>;

    /// The same in the backend of this name, where there are several.
    ///
    /// # Errors
    /// As [`Hsm::create`], and [`HsmError::OtherBackend`] when this is another one.
    fn create_in(
        &mut self,
        backend: Backend,
        purpose: KeyPurpose,
        intent: IntentId,
    ) -> Result<KeyHandle, HsmError> {
        self.ready(backend)?;
        self.create(purpose, intent)
    }

    /// Whether keys could be made in the backend of this name.
    ///
    /// # Errors
    /// Why not: it cannot be opened, or this is another one.
    fn ready(&mut self, backend: Backend) -> Result<HsmInfo, HsmError> {
        let info = self.info();
        match info.backend == backend {
            true => Ok(info),
            false => Err(HsmError::OtherBackend { made_by: backend.as_str() }),
        }
    }

    /// Signs `message` (not a digest) with the private half of `key`; 256 bytes.
    ///
    /// # Errors
    /// [`HsmError::WrongUse`] for a transport key, [`HsmError::Integrity`] for a handle that was changed
    /// or made elsewhere, and whatever the backend reports.
    fn sign(&mut self, key: &KeyHandle, scheme: SignScheme, message: &[u8]) -> Result<Vec<u8>, HsmError>;

    /// RSAES-OAEP decryption with SHA-1, MGF1-SHA-1 and an empty label (RFC 8017 section 7.1).
    ///
    /// # Errors
    /// [`HsmError::WrongUse`] for a key that is not a transport key, [`HsmError::Decrypt`] for a ciphertext
    /// that is not for it.
    fn unwrap_oaep_sha1(&mut self, key: &KeyHandle, ciphertext: &[u8]) -> Result<Secret<Vec<u8>>, HsmError>;

    /// Encrypts up to 64 KiB so that only this backend on this machine can read it again under the same label.
    ///
    /// # Errors
    /// Whatever the backend reports.
    fn seal(&mut self, label: &str, plain: &Secret<Vec<u8>>) -> Result<Vec<u8>, HsmError>;

    /// The other way of [`Hsm::seal`].
    ///
    /// # Errors
    /// [`HsmError::Integrity`] when label, machine or a single bit differs.
    fn unseal(&mut self, label: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, HsmError>;

    /// Makes the key unusable; a key that is already gone is no error.
    ///
    /// # Errors
    /// Whatever the backend reports; the key may then still exist.
    fn destroy(&mut self, key: &KeyHandle) -> Result<(), HsmError>;

    /// Proves that the key still works: sign and verify, or encrypt and decrypt.
    ///
    /// # Errors
    /// As [`Hsm::sign`] and [`Hsm::unwrap_oaep_sha1`].
    fn self_test(&mut self, key: &KeyHandle) -> Result<(), HsmError>;

    /// The same key as a handle that is bound to this machine as it is now.
    ///
    /// The handle is proven as for any use, except that the machine's own components may have changed; what
    /// the backend records of itself (its TPM, its token) stays a condition. The old handle is left as it was.
    ///
    /// # Errors
    /// As [`Hsm::sign`], but never for a changed component of the machine.
    fn rebind(&mut self, key: &KeyHandle) -> Result<KeyHandle, HsmError>;

    /// There was no job for long: what costs something while it is not used may be given up, and is opened again
    /// by the next job.
    fn rest(&mut self) {}

    /// Whether [`Hsm::rest`] would give anything up now: else nobody has to wake up for it.
    fn has_to_rest(&self) -> bool {
        false
    }

    /// Makes a recovery code for the keys that are bound to the boot state, in groups of letters for a person to
    /// write down; the one before is of no more use.
    ///
    /// # Errors
    /// [`HsmError::BootState`] when the boot state has changed already, and [`HsmError::NotBootBound`] of a
    /// backend that binds no key to it.
    fn recovery_code(&mut self) -> Result<Secret<String>, HsmError> {
        Err(HsmError::NotBootBound)
    }

    /// Binds the keys to the boot state as it is now: it must be the one they are bound to, unless there is the
    /// recovery code.
    ///
    /// # Errors
    /// [`HsmError::RecoveryCode`] for a wrong code, and as [`Hsm::recovery_code`].
    fn reseal(&mut self, _code: Option<&Secret<String>>) -> Result<(), HsmError> {
        Err(HsmError::NotBootBound)
    }
}
