//! What the stand-in tenant keeps and what it can be told, as plain data that knows no request: people and
//! devices, knobs and for whom they are in force, the seed, and what is seen from outside.
//!
//! Nothing here answers anybody; that is the crate `tenant`.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod devices;
pub mod directory;
pub mod knobs;
#[cfg(test)]
mod knobs_page;
pub mod rules;
pub mod seed;
pub mod setup;
pub mod throttle;
pub mod views;
