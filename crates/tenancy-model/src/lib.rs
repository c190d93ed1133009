//! What goes into the decisions of a computer about its identities, what comes out, and what others may see of it.
//!
//! Pure: no clock, no network, no disk.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod account_changes;
mod commands;
mod events;
mod facts;
mod found;
mod pair;
mod pins;
pub mod refusals;
mod roster;
mod view;

pub use account_changes::{kept_account, no_account, no_reservation};
pub use commands::{Answer, Change, Command, KeysWork, RekeyStarted};
pub use events::{Caller, Event, KeysReply, OperatorRequest, PairTest};
pub use facts::{DomainConfig, Facts, most_prepared};
pub use found::{Found, FoundPair, Unreadable};
pub use pair::Pair;
pub use pins::Pins;
pub use roster::{Member, Roster};
pub use view::{MemberView, PreparedView, TenantView};

/// Names the machine of one identity for this run of the service, whatever its role becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(pub u64);

/// Which of a tenant's identities on this computer one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The one in force.
    Current,
    /// The one that is to take its place.
    Successor,
    /// The one whose place was taken; it leaves.
    Predecessor,
}
