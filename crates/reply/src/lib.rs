//! What every dialect reads of a reply: its headers, its JSON by type, the error object of the token service, and what
//! answers in a service's place.
//!
//! Pure. Here alone a word or a number of the token service becomes a type.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod error;
mod heading;
mod members;
mod server_error;

pub use error::ReplyError;
pub use heading::{Heading, heading};
pub use members::{Document, Members, object};
pub use server_error::{Moment, ServerError};

/// Who should have answered, in words for people: `the sign-in service`.
pub type Service = &'static str;
