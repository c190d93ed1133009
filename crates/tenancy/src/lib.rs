//! Decides what this computer does with all its identities: which of a tenant's is in force, which machine a
//! sign-in goes to, who gets the keys made ahead of time, and what is written before anything irreversible.
//!
//! Pure: no clock, no network, no disk. Events go in, commands come out.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod accounts;
mod give_up;
mod handle;
mod identities;
mod lanes;
mod leave;
mod offline;
mod operator;
mod prepared_keys;
mod restore;
mod routing;
mod succession;
mod tenancy;
#[cfg(test)]
mod tests;

pub use tenancy::Tenancy;
pub use tenancy_model::*;
