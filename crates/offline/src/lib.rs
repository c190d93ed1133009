//! Decides whether this machine may check a password by itself while there is no network (login.md 5).
//!
//! Pure: no clock, no disk, no key. What is compared comes from crate `passwords`; when and where stands here.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod book;
pub mod refusals;
#[cfg(test)]
mod tests;
mod verifier;

pub use book::{Answer, Book, Change, Found, Key, Person, Request, ended_by};
pub use verifier::{Check, Cost, Moment, Obstacle, PERIOD, Verifier};
