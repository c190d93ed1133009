//! What every adapter of a port must do, as plain functions that each adapter's own tests call.

#![expect(clippy::unwrap_used, reason = "a suite says where it failed by panicking")]

mod hsm_suite;
mod rebind_suite;
mod store_suite;

pub use hsm_suite::hsm;
pub use rebind_suite::{machine, rebinding};
pub use store_suite::store;
