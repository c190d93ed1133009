//! Who is at the other end of the socket, and who gets one of its places.

mod limits;
mod owners;

pub use limits::{Limits, Place};
pub use owners::{Area, Owner, Owners};
