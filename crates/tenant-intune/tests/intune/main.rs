//! The stand-in as a client's requests meet it: the good path, and one thing wrong at a time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A test fails by panicking.

mod check_in;
mod clients;
mod custom_rules;
mod endpoints;
mod enrolment;
mod gate;
mod guesses;
mod harness;
mod iw_service;
mod knobs;
mod laws;
mod lifecycle;
mod outputs;
mod over_time;
mod portal;
mod refusals;
mod tenants;
mod verify;
