//! What is decided as records of the store, and everything that the store holds back again.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod accounts;
mod changes;
mod found;
mod intune;
mod offline;
mod pieces;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use changes::to_change;
pub use found::{Recorded, failure, found, recorded_backends, upgrade};
pub use pieces::SnapshotError;
pub use read::{from_record, prepared_from_record};
pub use write::{prepared_to_record, to_record};
