//! Names and formats of the files that the daemon keeps, for the adapters that write them and for the tool that reads
//! or deletes them while the daemon is away.
//!
//! Pure: no file is opened here.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod auth_value;
pub mod old_slot;
pub mod slot;
mod state_dir;

pub use state_dir::{
    BOOT_SECRET, LOG, MARKER, SLED, SLOTS, draft_of, is_ours, old_boot_secret, set_aside_as,
};
