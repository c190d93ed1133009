//! Builds certificate requests for a key that somebody else holds, and reads device certificates.
//!
//! Pure: it never signs. Requests are PKCS#10 (RFC 2986), certificates X.509 v3 (RFC 5280).

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod certificate;
pub mod csr;
mod der;
mod error;

pub use certificate::{DeviceCertificate, thumbprint};
pub use error::X509Error;
