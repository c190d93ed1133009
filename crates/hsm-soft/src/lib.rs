//! Keys in software: made and used in this process, wrapped with AES-256-GCM everywhere else.
//!
//! A wrapped key opens only with the auth value it was made under, for the purpose and intent it was made
//! for, and on the machine it was made on.

mod soft;
mod wrap;

pub use soft::SoftHsm;
