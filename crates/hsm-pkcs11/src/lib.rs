//! Keys in a PKCS#11 token: made there, used there, and never out of it.
//!
//! Any module will do that has RSA, OAEP with SHA-1 and AES-GCM. A handle holds no key, only what proves
//! that it belongs to the pair, the purpose, the token and the machine it was made for.

mod ciphertext;
mod error;
mod keys;
mod link;
mod module;
mod pkcs11;
mod token;
mod wrap;

pub use link::Settings;
pub use pkcs11::Pkcs11Hsm;
