//! From a person who signed in to an account of this machine, and from all accounts to the files of names and verdicts
//! (login.md 3.3, 4).
//!
//! Pure: what /etc and the home directories say comes in as [`LocalFacts`].

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod book;
mod files;
mod refusals;
mod resolve;
mod settings;
mod settle;
#[cfg(test)]
mod tests;

pub use book::{AccountChange, Accounts};
pub use files::{snapshot, verdicts};
pub use resolve::{Meant, resolve};
pub use settings::{AccountDomain, AccountSettings, Numbering};
pub use settle::{LocalFacts, home_of};
#[cfg(test)]
use settle::{renamed, renumbered, settle};
