//! Decides how a device joins, stays in and leaves a tenant.
//!
//! Pure: no clock, no network, no disk. Events go in, commands come out.

mod device;
pub mod explore;
mod machine;
mod outbox;
mod samples;
mod snapshot;
mod state_name;
mod status;
#[cfg(test)]
mod tests;
mod words;

pub use device::Device;
pub use words::*;
