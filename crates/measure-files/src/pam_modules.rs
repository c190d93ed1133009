//! Which module a line of PAM runs, and whether it is on the machine (compliance.md 5.2, 5.3).

use crate::pwquality::{cracklib, passwdqc, pwquality};
use crate::root::Root;
use facts::{Module, Place, Reason, UnixOptions};
use std::path::Path;

/// The directories in which PAM looks for modules.
pub(crate) struct Folders(Vec<String>);

impl Folders {
    /// Those that are there.
    pub(crate) fn read(root: &Root) -> Folders {
        let mut folders = Vec::new();
        for base in ["/lib", "/lib64", "/usr/lib", "/usr/lib64"] {
            let names = root.names(base).unwrap_or_default();
            let triplets = names.iter().filter(|name| name.contains("-linux-"));
            let below = triplets.map(|triplet| format!("{base}/{triplet}/security"));
            folders.extend([format!("{base}/security")].into_iter().chain(below));
        }
        folders.retain(|folder| root.is_there(folder));
        Folders(folders)
    }

    /// Whether a module is on the machine.
    ///
    /// # Errors
    /// There is no directory of modules that could have it.
    pub(crate) fn have(&self, root: &Root, module: &str) -> Result<bool, Reason> {
        if module.starts_with('/') {
            return Ok(root.is_there(module.replace("/$ISA/", "/")));
        }
        if self.0.is_empty() {
            return Err(Reason::Missing("/usr/lib/security".to_owned()));
        }
        Ok(self.0.iter().any(|folder| root.is_there(format!("{folder}/{module}"))))
    }
}

/// What a line of the stack runs, by the last part of its path.
pub(crate) fn module(root: &Root, place: &Place, path: &str, arguments: &[String]) -> Module {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    match name.strip_suffix(".so").unwrap_or_default() {
        "pam_pwquality" => Module::Pwquality(pwquality(root, arguments).into()),
        "pam_cracklib" => Module::Cracklib(cracklib(arguments)),
        "pam_passwdqc" => Module::Passwdqc(passwdqc(root, place, arguments)),
        "pam_unix" | "pam_unix_passwd" => Module::Unix(unix(arguments)),
        "pam_deny" => Module::Deny,
        own if OWN_ACCOUNTS.contains(&own) => Module::OwnAccounts,
        harmless if PROVE_NOTHING.contains(&harmless) => Module::ProvesNothing,
        _ => Module::Other,
    }
}

fn unix(arguments: &[String]) -> UnixOptions {
    let mut minlen = arguments.iter().filter_map(|argument| argument.strip_prefix("minlen=")?.parse().ok());
    UnixOptions {
        minlen: minlen.next_back(),
        takes_given: arguments.iter().any(|argument| argument == "use_authtok"),
    }
}

/// Modules that change passwords of accounts of their own, and pass local ones by.
const OWN_ACCOUNTS: [&str; 10] = [
    "pam_systemd_home",
    "pam_sss",
    "pam_winbind",
    "pam_ldap",
    "pam_krb5",
    "pam_authd",
    "pam_himmelblau",
    "pam_firmament",
    "pam_gnome_keyring",
    "pam_kwallet5",
];
/// Modules that do not look at how a password is made.
const PROVE_NOTHING: [&str; 5] = ["pam_pwhistory", "pam_permit", "pam_faildelay", "pam_echo", "pam_warn"];
