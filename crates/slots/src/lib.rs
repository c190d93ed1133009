//! Records in slots and in a log, two files of a state directory that a full disk does not stop.
//!
//! What a device identity is lies in slots, by tenant; who is who, and what no tenant has yet, lies in the log. A
//! commit that changes both stands as a whole (adr 0017). Nothing here decides which copy of a record counts.

mod cipher;
mod codec;
mod core;
mod file;
mod log;
mod medium;
mod order;
mod packing;

pub use crate::core::{Core, Plan, group_of, of_group, of_log, settle_log};
pub use cipher::Cipher;
pub use codec::{Changes, Records, apply, decode, encode};
pub use file::{Batch, FIRST_LENGTH, GroupFound, Scan, Slots, SlotsFound, first_block, scan};
pub use log::{Entry, Log, LogFound, Payload, first_area};
pub use medium::{FileMedium, Medium, Place, is_empty};
pub use packing::{pack, unpack};
