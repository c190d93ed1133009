//! The exchanges of intune.md 9 as vectors, every refusal of the page, and replies damaged at random.
//!
//! `test-device.der` certifies `test-key.pk8` for the Intune id of the page, from 2026-11-22 to 2027-11-22.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says where it failed by panicking")]

mod common;
mod enrolment;
mod refusals;
mod replies;
mod requests;
