//! Builds certificate requests for a key that somebody else holds, and reads device certificates.
//!
//! Pure: it never signs. Requests are PKCS#10 (RFC 2986), certificates X.509 v3 (RFC 5280).

mod certificate;
pub mod csr;
mod error;

pub use certificate::{DeviceCertificate, thumbprint};
pub use error::X509Error;
