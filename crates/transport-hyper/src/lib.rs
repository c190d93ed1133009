//! The network on hyper and rustls: TLS 1.2 or later, HTTP/1.1 and 2, certificate checks always on.
//!
//! One pooled client without a client certificate serves everything; a call that presents one gets a
//! connection of its own. Redirects are never followed.

mod body;
mod client;
mod connect;
mod identity;
mod roots;

pub use client::{HyperTransport, Options, SetupError};
pub use connect::{IpVersion, is_loopback};
