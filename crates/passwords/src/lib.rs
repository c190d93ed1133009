//! What is kept of a password so that this machine alone can check it: Argon2id of it, and of that what a key of its own
//! makes, which stays in the key store (login.md 5, adr 0024).
//!
//! The key signs deterministically (RSASSA-PKCS1-v1_5), and only the digest of the signature is kept. So whoever has the
//! record and the public key can neither make it nor compare a guess with it: that takes the key, once for each guess.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

#[cfg(test)]
mod tests;

use argon2::{Algorithm, Argon2, Params, Version};
use failures::key_failure;
use hsm::{Keys, SignScheme};
use model::{Failure, FailureClass, KeyHandle, Secret, Who};
use offline::{Check, Cost, Person};
use sha2::{Digest, Sha256};

/// A password after Argon2id: what the key store is given.
pub struct Stretched(Secret<Vec<u8>>);

/// Argon2id of a password. Takes a quarter of a second and 64 MiB, and blocks.
///
/// # Errors
/// Where the memory cannot be had, or a record asks for too much of it.
pub fn stretch(password: &Secret<String>, salt: &[u8; 16], cost: Cost) -> Result<Stretched, Failure> {
    let params = Params::new(cost.memory, cost.passes, 1, Some(LENGTH));
    let params = params.ok().filter(|_| cost.is_bearable()).ok_or_else(not_stretched)?;
    let mut out = Secret::new(vec![0; LENGTH]);
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let done = argon.hash_password_into(password.expose().as_bytes(), salt, out.expose_mut());
    done.map_err(|_| not_stretched())?;
    Ok(Stretched(out))
}

/// What the key makes of it, for this person alone.
///
/// # Errors
/// What the key store says.
pub async fn mac(
    keys: &dyn Keys,
    key: KeyHandle,
    person: Person,
    stretched: Stretched,
) -> Result<[u8; 32], Failure> {
    let message = message(person, &stretched);
    let signature = keys.sign(key, SignScheme::Pkcs1Sha256, message).await;
    let signature = Secret::new(signature.map_err(|error| key_failure(&error))?);
    Ok(Sha256::digest(signature.expose()).into())
}

/// Whether they are the same, in a time that does not tell where they differ.
pub fn is_same(check: &Check, mac: &[u8; 32]) -> bool {
    check.mac.iter().zip(mac).fold(0, |differs, (kept, made)| differs | (kept ^ made)) == 0
}

fn message((tenant, object): Person, stretched: &Stretched) -> Vec<u8> {
    let (tenant, object) = (tenant.guid(), object.guid());
    [LABEL, tenant.as_bytes(), object.as_bytes(), stretched.0.expose().as_slice()].concat()
}

fn not_stretched() -> Failure {
    Failure::local(
        FailureClass::Transient,
        Who::MachineAdmin,
        "OfflineMemory",
        "this machine has too little memory to check a password by itself".to_owned(),
        "Free 64 MiB of memory, then sign in again.",
    )
}

/// What keeps these signatures apart from any other.
const LABEL: &[u8] = b"firmament offline password 1\0";
const LENGTH: usize = 32;
