//! From a person who signed in to an account of this machine, and from all accounts to the files of names and verdicts
//! (login.md 3.3, 4).
//!
//! Pure: what /etc and the home directories say comes in as [`LocalFacts`].

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod book;
mod files;
mod known;
mod refusals;
mod reserve;
mod reserved;
mod resolve;
mod settings;
mod settle;
#[cfg(test)]
mod tests;
mod written;

pub use book::{AccountChange, Accounts, Reservations};
pub use files::{snapshot, verdicts};
#[cfg(test)]
use known::Known;
pub use reserve::ReservationWanted;
pub use reserved::ReservedAccount;
pub use resolve::{Meant, resolve};
pub use settings::{AccountDomain, AccountSettings, Numbering};
pub use settle::{HomeFound, LocalFacts, home_of};
#[cfg(test)]
use settle::{renamed, renumbered, settle};
pub use written::{FileStamp, FilesOnDisk, Written};
