//! Entra ID as a pure value: a stand-in tenant that judges what real clients send.
//!
//! No clock, no network, no randomness of the system: the time is an argument and every name comes from a
//! seeded generator. What is enforced, and how sure that is, stands at each rule with its place in the
//! protocol page; nothing of a client is used here.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod admin;
mod ask;
mod asking;
mod endpoints;
mod replies;
mod routing;
mod rules;
mod tenant;
mod wish;

pub use tenant::Tenant;
pub use tenant_model::devices::Objects;
pub use tenant_model::knobs::{
    AuthorizeRefusal, ClientCertificate, DeviceCodeBlock, Knobs, Recognition, Refuse, TokenForm, Twist,
};
pub use tenant_model::seed::{Seed, SeedTenant, SeedUser};
pub use tenant_model::setup::{Entry, Outcome, Peer, Setup, SetupError};
pub use tenant_model::throttle::Throttle;
pub use tenant_model::views::{
    ApproveError, DeviceAction, DeviceView, PendingCode, PendingFactor, UserAction, UserView,
};
pub use tenant_wire::cloud::{Cloud, Urls};
pub use tenant_wire::drs_error::DrsErrorShape;
pub use tenant_wire::keys::KeySource;
pub use tenant_wire::routes::name;
