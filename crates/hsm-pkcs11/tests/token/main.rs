//! The adapter on SoftHSM2, each test with a token directory of its own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod crash;
mod loss;
mod place;
mod suite;
mod which;
