//! Names in the state directory.

use std::path::{Path, PathBuf};

/// The slot file: every record, and the whole of the truth unless sled is newer.
pub const SLOTS: &str = "records.slots";

/// The directory of sled: the same records once more.
pub const SLED: &str = "sled";

/// The boot secret that keys in a TPM hang on where they are bound to the boot state.
pub const BOOT_SECRET: &str = "tpm-boot";

/// The name under which a file is written before it counts: its own with the extension `new`.
pub fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// The name under which a sled that does not open is kept.
pub fn broken_sled(number: usize) -> String {
    format!("{BROKEN_SLED}{number}")
}

/// The name under which the boot secret of another TPM is kept.
pub fn old_boot_secret(number: usize) -> String {
    format!("{OLD_BOOT_SECRET}{number}")
}

/// Whether the daemon makes a file or directory of this name in its state directory; the auth value is none of them.
pub fn is_ours(name: &str) -> bool {
    let drafts = [SLOTS, BOOT_SECRET].map(|name| draft_of(Path::new(name)));
    [SLOTS, SLED, BOOT_SECRET].contains(&name)
        || drafts.iter().any(|draft| draft == Path::new(name))
        || [BROKEN_SLED, OLD_BOOT_SECRET].iter().any(|begin| name.starts_with(begin))
}

const BROKEN_SLED: &str = "sled.broken.";
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
            "tpm-boot",
            "tpm-boot.new",
            "tpm-boot.old.0",
        ] {
            assert!(is_ours(name), "{name}");
        }
        for name in ["hsm-pin", "records", "sled2", "sled.new", "notes.txt", "etc", ""] {
            assert!(!is_ours(name), "{name}");
        }
        assert!(is_ours(&broken_sled(12)) && is_ours(&old_boot_secret(99)));
    }
}
