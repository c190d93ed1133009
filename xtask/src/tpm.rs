//! The TPM adapter builds only where the TPM library is, and its tests run only where swtpm is.

use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// What cargo must add to the workspace or leave out of it on this machine; said once.
pub(crate) static CHOICE: LazyLock<&[&str]> = LazyLock::new(|| match missing().join(" and ") {
    missing if missing.is_empty() => &["--features", "firmament-keys/tpm,it/tpm"],
    missing => {
        println!("tpm: hsm-tpm is left out, without {missing}");
        &["--exclude", "hsm-tpm"]
    }
});

/// What cargo must add to the programs, so that they are those of the tests.
pub(crate) fn in_programs() -> &'static [&'static str] {
    if missing().is_empty() { &["--features", "firmament-keys/tpm"] } else { &[] }
}

/// The Debian packages that the adapter needs and this machine lacks.
pub(crate) fn missing() -> Vec<&'static str> {
    let lacks = |(_, program, arguments): &&(&str, &str, &[&str])| {
        let mut probe = Command::new(program);
        let ended = probe.args(*arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        !ended.is_ok_and(|status| status.success())
    };
    NEEDED.iter().filter(lacks).map(|need| need.0).collect()
}

/// A package, and the command that succeeds where it is.
const NEEDED: [(&str, &str, &[&str]); 3] = [
    ("pkg-config", "pkg-config", &["--version"]),
    ("libtss2-dev", "pkg-config", &["--atleast-version=2.4.6", "tss2-sys"]),
    ("swtpm", "swtpm", &["--version"]),
];
