//! The dialect of the primary refresh token (PRT): get it, renew it, and turn it into tokens.
//!
//! Pure: `request` makes the HTTP request, `read` judges the reply. Where the device key must sign first,
//! `to_sign` gives the bytes; no private key is ever here. Nonces and random bytes are arguments.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod acquire;
mod call;
pub mod code;
mod device;
mod error;
pub mod exchange;
mod grant;
mod jwe;
mod jwt;
mod kdf;
pub mod nonce;
mod page;
pub mod redirect;
pub mod renew;
mod sealed;
mod session;
mod session_key;
pub mod sso;
pub mod third;
mod token_route;

pub use call::Call;
pub use error::PrtError;
pub use grant::{Expected, Prt};
pub use jwe::JweFault;
pub use session::Session;
pub use session_key::{SessionKey, TagVerdict, WrappedSessionKey};
pub use token_route::{TokenRoute, next_route};
