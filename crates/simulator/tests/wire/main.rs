//! The simulator as a client meets it: a process of its own, real TLS, its own command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test fails by panicking.

mod device;
mod documented;
mod faults;
mod harness;
mod intune;
mod objects;
mod page;
mod secrets;
mod sign_in;
mod start;
mod tenants;
mod trust;
