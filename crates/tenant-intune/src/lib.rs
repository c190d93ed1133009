//! Intune for Linux as a pure value: a stand-in service that judges what real clients send.
//!
//! No clock, no network, no randomness of the system: the time is an argument and every id comes from a
//! seeded generator.
//! Who calls is told by whoever wires this to the sign-in service: the verified claims of the access token.
//! What is enforced, and how sure that is, stands at each rule with its place in the protocol page; every
//! guess is a knob or one function that says "guess".

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod admin;
mod endpoints;
mod intune;
#[cfg(test)]
mod knobs_page;
mod records;
mod request_context;
mod routes;
mod routing;
mod rules;
mod wire;

pub use intune::Intune;
pub use records::custom_rules::{CustomRule, CustomRules, Remediation};
pub use records::knobs::{
    Casing, Chance, DeviceQuery, GraceState, IntuneKnobs, MdmCasing, PartialStatus, PendingState, SecondUser,
    UnknownCountsAs, Verify,
};
pub use records::policy::{Policy, Setting};
pub use records::record::Objects;
pub use records::views::{
    Caller, DeviceAction, DeviceChange, DeviceView, Entry, Outcome, Setup, SetupError, UnknownDevice,
};
pub use routes::{REQUESTS, name};
