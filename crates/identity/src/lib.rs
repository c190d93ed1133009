//! What is durable of a device identity in one tenant, the words for how far it is, and the works that bring it further.
//!
//! Pure: no clock, no network, no disk.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod ledger;
mod pieces;
mod snapshot;
mod state;
mod work;

pub use ledger::{LedgerKind, LedgerLine, LedgerObject};
pub use pieces::{Held, Post, Posting, PreparedPair, RetainedKeys};
pub use snapshot::*;
pub use state::*;
pub use work::{EnrolOrder, JoinOrder, Reply, Work};
