//! What is durable of a device identity in one tenant, and the words for how far it is.
//!
//! Pure: no clock, no network, no disk.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod ledger;
mod pieces;
mod snapshot;
mod state;

pub use ledger::{LedgerKind, LedgerLine, LedgerObject};
pub use pieces::{Held, Post, Posting, PreparedPair, RetainedKeys};
pub use snapshot::*;
pub use state::*;
