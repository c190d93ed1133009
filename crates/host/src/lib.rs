//! What the daemon takes from the host that it runs on: the auth value, the PIN of a token, and which machine it is.
//!
//! Reads files and makes at most one, the auth value's.

pub mod auth;
pub mod machine;
