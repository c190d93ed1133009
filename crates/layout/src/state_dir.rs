//! Names in the state directory.

use std::path::{Path, PathBuf};

/// The slot file: what a device identity is, by tenant.
pub const SLOTS: &str = "records.slots";

/// The log: who is who (domains and names), and keys that no tenant has yet.
pub const LOG: &str = "records.log";

/// The directory of sled: the same records once more.
pub const SLED: &str = "sled";

/// There as long as there is a record: a state directory that has it and no records has lost them.
pub const MARKER: &str = "has-records";

/// The boot secret that keys in a TPM hang on where they are bound to the boot state.
pub const BOOT_SECRET: &str = "tpm-boot";

/// The name under which a file is written before it counts: its own with the extension `new`.
pub fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// The name under which something that cannot be read is kept.
pub fn set_aside_as(name: &str, number: usize) -> String {
    format!("{name}.broken.{number}")
}

/// The name under which the boot secret of another TPM is kept.
pub fn old_boot_secret(number: usize) -> String {
    format!("{OLD_BOOT_SECRET}{number}")
}

/// Whether the daemon makes a file or directory of this name in its state directory; the auth value is none of them.
pub fn is_ours(name: &str) -> bool {
    let drafts = [SLOTS, BOOT_SECRET].map(|name| draft_of(Path::new(name)));
    let begins = |part: &str| name.starts_with(set_aside_as(part, 0).trim_end_matches('0'));
    [SLOTS, LOG, SLED, BOOT_SECRET, MARKER].contains(&name)
        || drafts.iter().any(|draft| draft == Path::new(name))
        || [SLOTS, LOG, SLED].into_iter().any(begins)
        || name.starts_with(OLD_BOOT_SECRET)
}

const OLD_BOOT_SECRET: &str = "tpm-boot.old.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemon_makes_these_names_and_no_others() {
        for name in [
            "records.slots",
            "records.new",
            "sled",
            "sled.broken.0",
            "sled.broken.2",
            "records.log",
            "records.slots.broken.0",
            "records.log.broken.1",
            "has-records",
            "tpm-boot",
            "tpm-boot.new",
            "tpm-boot.old.0",
        ] {
            assert!(is_ours(name), "{name}");
        }
        for name in ["hsm-pin", "records", "sled2", "sled.new", "notes.txt", "etc", ""] {
            assert!(!is_ours(name), "{name}");
        }
        assert!(is_ours(&set_aside_as(SLED, 12)) && is_ours(&old_boot_secret(99)));
    }
}
