//! What the stand-in tenant keeps and what it can be told, as plain data that knows no request: people and
//! devices, what was granted and who is signing in, knobs and for whom they are in force, the seed, and what is
//! seen from outside.
//!
//! Nothing here answers anybody; that is the crate `tenant`.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod applications;
pub mod authorization_code;
pub mod device_code;
pub mod devices;
pub mod directory;
pub mod grant;
pub mod hello_key;
pub mod knobs;
#[cfg(test)]
mod knobs_page;
pub mod prt;
pub mod reading;
pub mod rules;
pub mod seed;
pub mod setup;
pub mod sign_in;
pub mod throttle;
pub mod views;
