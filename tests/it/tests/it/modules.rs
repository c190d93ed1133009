//! What is loaded into sshd, sudo and every program that looks up a name: what it shows, what it needs, and that it leaves
//! its host as it was.

use it::harness::{library, text};
use std::process::Command;

const PAM: [&str; 6] = [
    "pam_sm_acct_mgmt",
    "pam_sm_authenticate",
    "pam_sm_chauthtok",
    "pam_sm_close_session",
    "pam_sm_open_session",
    "pam_sm_setcred",
];
const NSS: [&str; 6] = [
    "_nss_firmament_getgrgid_r",
    "_nss_firmament_getgrnam_r",
    "_nss_firmament_getpwnam_r",
    "_nss_firmament_getpwuid_r",
    "_nss_firmament_getspnam_r",
    "_nss_firmament_initgroups_dyn",
];

/// Where copies of the programs are tried, there are none of the modules.
fn are_elsewhere() -> bool {
    std::env::var_os("FIRMAMENT_PROGRAMS").is_some()
}

/// What a program of the C toolchain says of a library of ours.
fn said_of(name: &str, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).arg(library(name)).output().unwrap();
    assert!(output.status.success(), "{program}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_modules_show_their_own_functions_and_nothing_else() {
    if are_elsewhere() {
        return println!("skipped: the modules are not beside the programs");
    }
    for (name, functions) in [("pam_firmament", PAM), ("nss_firmament", NSS)] {
        let said = said_of(name, "nm", &["-D", "--defined-only"]);
        let mut shown: Vec<&str> = said.lines().filter_map(|line| line.split(' ').nth(2)).collect();
        shown.sort_unstable();
        assert_eq!(shown, functions, "{name}");
    }
}

#[test]
fn the_modules_need_nothing_that_is_not_there_anyway() {
    if are_elsewhere() {
        return println!("skipped: the modules are not beside the programs");
    }
    for (name, libraries) in [
        ("pam_firmament", ["libc.so", "libgcc_s.so", "libpam.so"].as_slice()),
        ("nss_firmament", &["libc.so", "libgcc_s.so"]),
    ] {
        let said = said_of(name, "readelf", &["-d"]);
        let needed = said.lines().filter(|line| line.contains("(NEEDED)"));
        let mut needed: Vec<&str> = needed.filter_map(|line| line.split(['[', ']']).nth(1)).collect();
        needed.retain(|library| !library.starts_with("ld-linux"));
        needed.sort_unstable();
        let stems: Vec<&str> =
            needed.iter().filter_map(|it| it.rsplit_once('.').map(|(stem, _)| stem)).collect();
        assert_eq!(stems, libraries, "{name}");
    }
}
