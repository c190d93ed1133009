//! The dialect of Intune for Linux: where its services are, enrolment, inventory, verdict, retirement.
//!
//! Pure: `request` makes the HTTP request, `read` judges the reply. Where a key must sign first, `to_sign`
//! gives the bytes. Which hosts may be spoken to at all is judged by whoever sends.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod call;
pub mod details;
pub mod device;
pub mod endpoints;
pub mod enrol;
mod error;
mod fields;
pub mod ids;
mod listing;
mod refusal;
pub mod retire;
mod uri;
mod version;

pub use call::Caller;
pub use error::IntuneError;
pub use listing::version_listing;
pub use refusal::{Reason, Refusal, Service};
pub use uri::ServiceUri;
pub use version::newest_version;
