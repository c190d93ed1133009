//! The port to the network: one HTTPS request, one reply, and how far it got when it failed.
//!
//! [`Policy`] decides, purely, which host may see which credential.

mod date;
mod error;
mod policy;

pub use date::server_date;
pub use error::{ProxyFault, TransportError};
pub use policy::{Forbidden, Policy};

use bytes::Bytes;
use model::CertificateDer;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// What a request shows of itself to the server, which decides where it may go.
#[derive(Debug, Clone)]
pub enum RequestAuth {
    /// Nothing secret: metadata, Discover without a token.
    Nothing,
    /// A token, a password or a device code, in header or body, or in the reply; redirects are never followed.
    Credential,
    /// A TLS client certificate, on a connection of its own.
    Certificate(Arc<dyn ClientIdentity>),
    /// A TLS client certificate and a token.
    CertificateAndCredential(Arc<dyn ClientIdentity>),
}

/// One request and what the transport must know to send it.
#[derive(Debug)]
pub struct Call {
    /// The request with an absolute `https` URI.
    pub request: http::Request<Bytes>,
    /// What it shows.
    pub auth: RequestAuth,
}

/// A reply, and when the server says it was (its `Date` header), in milliseconds since 1970.
pub type Reply = http::Response<Bytes>;

/// The reply to come of a [`Transport::send`].
pub type ReplyFuture = Pin<Box<dyn Future<Output = Result<Reply, TransportError>> + Send>>;

/// Sends requests over TLS 1.2 or later with certificate checks always on.
pub trait Transport: Send + Sync {
    /// Sends one request and reads its whole reply (at most 256 KiB).
    fn send(&self, call: Call) -> ReplyFuture;
}

/// A certificate whose key stays in the HSM.
pub trait ClientIdentity: fmt::Debug + Send + Sync {
    /// The chain to present, the own certificate first.
    fn chain(&self) -> &[CertificateDer];

    /// Signs a TLS handshake message; blocking. `scheme` is the TLS SignatureScheme (RFC 8446 section 4.2.3):
    /// `0x0401` rsa_pkcs1_sha256 or `0x0804` rsa_pss_rsae_sha256.
    ///
    /// # Errors
    /// The HSM's words.
    fn sign(&self, scheme: u16, message: &[u8]) -> Result<Vec<u8>, String>;
}
