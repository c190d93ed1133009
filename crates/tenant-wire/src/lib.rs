//! What the stand-in reads and writes, without knowing a tenant: forms, signed requests, certificates, pages,
//! hosts, and what goes with a refusal.
//!
//! Nothing here decides who may have what; that is the crate `tenant`.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod answer;
pub mod bare;
pub mod blob;
pub mod certificate;
pub mod clients;
pub mod cloud;
pub mod csr;
pub mod delivery;
pub mod documents;
pub mod drs_error;
pub mod expiring;
pub mod forms;
pub mod hex;
pub mod jwt;
pub mod keys;
pub mod page;
pub mod pkce;
pub mod realm;
mod refusals;
pub mod request;
pub mod routes;
pub mod session;
