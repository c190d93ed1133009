//! The stand-in cloud on real sockets: TLS, an admin API, faults on the wire, a transcript and a page.
//!
//! It listens on loopback only, and the key of its certificate authority never leaves the process, unless somebody
//! wants it kept for later runs.
//! What is right and wrong is decided in the crates `tenant` and `tenant-intune`; here requests only arrive, wait and break.

mod act;
mod admin;
mod authority;
mod cloud;
mod exchange;
mod faults;
mod holds;
pub mod hosts;
mod hub;
mod knobs;
#[cfg(test)]
mod knobs_page;
mod link;
mod names;
mod page;
mod refused;
mod reply;
mod serve;
mod tls;
mod transcript;
mod wire;

pub use authority::AuthorityError;
pub use faults::{Action, Fault};
pub use serve::{Options, Running, StartError, start};
