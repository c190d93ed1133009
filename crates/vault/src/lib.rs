//! The secrets of sign-ins and sessions, in memory only, each under a name and for its time.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

#[cfg(test)]
mod tests;
mod vault;

pub use vault::{Found, Held, Primary, Tokens, Vault};
