//! Decides how a device joins, stays in and leaves a tenant.
//!
//! Pure: no clock, no network, no disk. Events go in, commands come out.

mod words;

pub use words::*;
