//! A PKCS#11 token of its own, simulated by SoftHSM2.

use crate::harness::text;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Label of the token.
pub const LABEL: &str = "firmament";
/// User PIN of the token.
pub const PIN: &str = "a PIN of ours";

/// Makes a token in `tokens` of this directory, and `softhsm2.conf` beside it, which leads SoftHSM there.
///
/// A process finds it if `SOFTHSM2_CONF` in its environment names that file.
pub fn make_token(dir: &Path) {
    fs::create_dir(dir.join("tokens")).unwrap();
    let conf = lead_to_tokens(dir);
    let mut util = Command::new("softhsm2-util");
    util.args(["--init-token", "--free", "--label", LABEL, "--so-pin", "an SO PIN", "--pin", PIN]);
    let made = util.env("SOFTHSM2_CONF", conf).output().unwrap();
    assert!(made.status.success(), "{}", text(&made));
}

/// Writes the `softhsm2.conf` that leads to `tokens` of this directory.
pub fn lead_to_tokens(dir: &Path) -> PathBuf {
    let (conf, tokens) = (dir.join("softhsm2.conf"), dir.join("tokens"));
    let softhsm = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
    fs::write(&conf, softhsm).unwrap();
    conf
}

/// The module, where distributions put it.
pub fn module() -> PathBuf {
    let dirs = ["/usr/lib/softhsm", "/usr/lib64/pkcs11", "/usr/lib/pkcs11", "/usr/lib64/softhsm"];
    dirs.iter().map(|dir| Path::new(dir).join("libsofthsm2.so")).find(|path| path.exists()).unwrap()
}

/// A module for a machine whose files are in this directory: the same, or a copy where what is root's has no owner (in
/// the user namespace of somebody else), because no such module is loaded.
pub fn module_for(dir: &Path) -> PathBuf {
    if fs::metadata("/usr").unwrap().uid() == 0 { module() } else { copy_module(dir) }
}

/// A copy that belongs to whoever runs this.
pub fn copy_module(dir: &Path) -> PathBuf {
    let copy = dir.join("libsofthsm2.so");
    fs::copy(module(), &copy).unwrap();
    copy
}
