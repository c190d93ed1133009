//! The adapter against swtpm; each test has a TPM of its own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod boot;
mod channel;
mod faults;
mod harness;
mod moves;
mod proxy;
mod rates;
mod suite;
