//! The other end of the local socket: one conversation with the daemon, and with nobody else.
//!
//! Whoever listens is checked before anything is said; each wait has a limit; and a daemon that ends
//! before it has begun what was asked for is followed by the next one.

mod conversation;
mod pages;
mod server;
#[cfg(test)]
mod tests;

pub use conversation::{ClientError, Conversation, Patience};
