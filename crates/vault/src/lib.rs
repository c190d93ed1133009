//! The secrets of sign-ins and sessions, in memory only, each under a name and for its time.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod handed_on;
#[cfg(test)]
mod tests;
mod vault;

pub use handed_on::{Found, HandedOn};
pub use vault::{Held, Primary, Tokens, Vault};
