//! What the daemon takes from the host that it runs on: the auth value, the PIN of a token, and which machine it is;
//! and what it asks of the host for its own memory.
//!
//! Reads files and makes at most one, the auth value's.

pub mod auth;
pub mod groups;
pub mod machine;
pub mod memory;

use aws_lc_rs::digest;
use std::path::Path;

/// What an operator should know of the file that boot-bound keys need, if anything.
pub fn boot_notice(file: &Path) -> Option<String> {
    hsm::boot_file::notice(file, |bytes| {
        let mut value = [0; 32];
        value.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        value
    })
}
