//! Decides whether the person who signs in is the one who was asked for, and keeps their tokens fresh afterwards.
//!
//! Pure: no clock, no network, no disk. Events go in, commands come out.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod judge;
mod machine;
mod outbox;
mod session;
#[cfg(test)]
mod tests;
mod user;

pub use judge::{password_timeout, proves_password, refuses_password};
pub use session::Session;
pub use signin_model::*;
pub use user::*;

use ::machine::OpId;
use model::{AccountPin, Memory, Method, SignInFacts as Facts, Standing, TenantPin};
