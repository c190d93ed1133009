//! Decides how a device joins, stays in and leaves a tenant.
//!
//! Pure: no clock, no network, no disk. Events go in, commands come out.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod commands;
mod core;
mod departure;
mod device;
mod events;
mod intune;
mod member;
mod nonces;
mod registration;

pub use commands::{Batch, Command, EventKind, Milestone};
pub use device::Device;
pub use events::{Event, Facts, IntuneEnrolment};
pub use identity::*;

pub(crate) use ::machine::OpId;
