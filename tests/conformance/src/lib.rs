//! What every adapter of a port must do, as plain functions that each adapter's own tests call.

mod hsm_suite;
mod store_suite;

pub use hsm_suite::hsm;
pub use store_suite::store;
