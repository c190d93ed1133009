//! signin.
