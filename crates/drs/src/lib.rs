//! The dialect of the Device Registration Service: join, leave, and its three shapes of errors.
//!
//! Pure: `request` makes the HTTP request, `read` judges the reply. Where a key must sign first,
//! `to_sign` gives the bytes.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod blob;
mod call;
mod error;
pub mod join;
pub mod leave;
mod refusal;

pub use blob::transport_key_blob;
pub use error::DrsError;
pub use refusal::{Exchange, Refusal};
