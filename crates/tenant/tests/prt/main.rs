//! A client written for these tests alone drives the stand-in from the first nonce to the last redemption.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod applications;
mod authorize;
mod client;
mod clouds;
mod flow;
mod graph;
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
mod third;
mod tolerances;
