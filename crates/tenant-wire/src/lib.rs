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
pub mod demand;
pub mod documents;
pub mod drs_error;
pub mod expiring;
pub mod factor_call;
pub mod forms;
pub mod hex;
pub mod jwt;
pub mod key_request;
pub mod keys;
pub mod mask;
pub mod page;
pub mod pkce;
pub mod realm;
pub mod redact;
mod refusals;
pub mod request;
#[cfg(test)]
mod requests_page;
pub mod routes;
pub mod session;
pub mod sid;
pub mod unserved;
