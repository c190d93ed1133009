//! Decides whether the person who signs in is the one who was asked for.
//!
//! Pure: no clock, no network, no disk. Events go in, commands come out.

mod words;

pub use words::*;
