//! Entra ID as a pure value: a stand-in tenant that judges what real clients send.
//!
//! No clock, no network, no randomness of the system: the time is an argument and every name comes from a
//! seeded generator. What is enforced, and how sure that is, stands at each rule with its place in the
//! protocol page; nothing of a client is used here.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod admin;
mod endpoints;
mod replies;
mod request_context;
mod resolve_context;
mod routing;
mod rules;
mod tenant;
mod wish;

pub use tenant::Tenant;
