//! A client written for these tests alone drives the stand-in from the first nonce to the last redemption.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod authorize;
mod client;
mod flow;
mod hello;
mod outputs;
mod page;
mod realm;
mod refusals;
mod registration_rows;
mod rules;
mod second_factor;
mod sent;
mod sign_in_rows;
mod tolerances;
