//! The dialect of the sign-in service: device code, refresh, id_token, errors.
//!
//! Pure: `request` makes the HTTP request, `read` judges the reply. Access tokens are opaque here.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod client;
pub mod device_code;
mod error;
pub mod form;
pub mod graph_groups;
pub mod graph_me;
pub mod id_token;
pub mod password;
pub mod poll;
pub mod refresh;
mod tokens;

pub use error::{OauthError, SERVICE, success};
pub use tokens::TokenSet;
