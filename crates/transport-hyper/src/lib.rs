//! The network on hyper and rustls: TLS 1.2 or later, HTTP/1.1 and 2, certificate checks always on.
//!
//! Calls without a client certificate share the connections of their host: one where it speaks HTTP/2, some where
//! it does not, and one attempt to connect for all who wait. A call that presents a certificate gets a connection of
//! its own, over HTTP/1.1, and needs a runtime of several threads, because the key signs while the handshake waits.
//! Redirects are never followed.
//!
//! `ca_file` takes the place of the system's roots. A proxy is spoken to by CONNECT over plain HTTP and sees
//! no more than the name of the host; this machine (`localhost` and below, 127/8, `::1`) is always reached
//! straight, and names below `localhost` without asking DNS.

mod body;
mod client;
mod connect;
mod exchange;
mod failure;
mod gate;
mod identity;
mod pool;
mod proxy;
mod roots;
mod tunnel;

pub use client::{HyperTransport, Options, SetupError};
pub use connect::is_loopback;
pub use proxy::ProxySetting;
pub use roots::{Roots, RootsError};
