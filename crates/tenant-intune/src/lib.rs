//! Intune for Linux as a pure value: a stand-in service that judges what real clients send.
//!
//! No clock, no network, no randomness of the system: the time is an argument and every id comes from a
//! seeded generator.
//! Who calls is told by whoever wires this to the sign-in service: the verified claims of the access token.
//! What is enforced, and how sure that is, stands at each rule with its place in the protocol page; every
//! guess is a knob or one function that says "guess".

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod answer;
mod certificate;
mod checkin;
mod csr;
mod der;
mod endpoints;
mod enroll;
mod gate;
mod honesty;
mod iwservice;
mod keys;
mod knobs;
#[cfg(test)]
mod knobs_page;
mod objects;
mod policy;
mod portal;
mod record;
mod renewed;
mod rules;
mod service;
mod status;
mod verdict;
mod words;

pub use knobs::{Casing, Chance, DeviceQuery, IntuneKnobs, MdmCasing, PendingState, SecondUser, Verify};
pub use objects::Objects;
pub use policy::{Policy, Setting};
pub use rules::{CustomRule, CustomRules, Remediation};
pub use service::{Intune, name};
pub use tenant_model::throttle::Throttle;
pub use tenant_wire::keys::KeySource;
pub use words::{
    Caller, DeviceAction, DeviceChange, DeviceView, Entry, Outcome, Setup, SetupError, UnknownDevice,
};
