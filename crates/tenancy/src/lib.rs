//! Decides what this computer does with all its identities: which of a tenant's is in force, which machine a
//! sign-in goes to, who gets the keys made ahead of time, and what is written before anything irreversible.
//!
//! Pure: no clock, no network, no disk. Events go in, commands come out.

mod commands;
mod events;
mod facts;
mod handle;
mod identities;
mod lanes;
mod leave;
mod operator;
mod pins;
mod prepared_keys;
mod refusals;
mod restore;
mod roster;
mod routing;
mod succession;
mod tenancy;
#[cfg(test)]
mod tests;
mod view;

pub use commands::{Answer, Change, Command, KeysWork, RekeyStarted};
pub use events::{Caller, Event, KeysReply, OperatorRequest, PairTest};
pub use facts::{DomainConfig, Facts};
pub use machine::{OpId, Ticket};
pub use pins::Unreadable;
pub use restore::{Found, FoundPair, backend_of};
pub use roster::{MemberId, Role};
pub use tenancy::Tenancy;
pub use view::{MemberView, PreparedView, TenantView};
