//! The manifests of the packages and their scripts.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The metadata of a package in the manifest of a crate.
fn package(of: &str) -> Value {
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--format-version=1", "--no-deps", "--offline"]);
    let said: Value = serde_json::from_str(&crate::said_by(&mut metadata).unwrap()).unwrap();
    let packages = said["packages"].as_array().unwrap();
    let found = packages.iter().find(|package| package["name"] == of).unwrap();
    let mut deb = found["metadata"]["deb"].clone();
    deb["version"] = found["version"].clone();
    deb
}

/// Where each asset comes from and its mode, by where it goes.
fn assets(package: &Value) -> BTreeMap<String, (String, String)> {
    let of = |asset: &Value| {
        let [from, to, mode] = [0, 1, 2].map(|part| asset[part].as_str().unwrap().to_owned());
        let to = if to.ends_with('/') { to + from.rsplit('/').next().unwrap() } else { to };
        (to, (from, mode))
    };
    package["assets"].as_array().unwrap().iter().map(of).collect()
}

fn script(of: &str, name: &str) -> String {
    fs::read_to_string(root().join("crates").join(of).join("debian").join(name)).unwrap()
}

#[test]
fn everything_that_is_packed_is_there_and_has_its_place_and_mode() {
    for (of, programs) in [
        ("runner", ["usr/sbin/firmamentd", "usr/bin/aad-tool"].as_slice()),
        ("firmament-keys", &["usr/libexec/firmament/firmament-keys"]),
    ] {
        let assets = assets(&package(of));
        for (to, (from, mode)) in &assets {
            assert_eq!(mode == "755", programs.contains(&to.as_str()), "{to}");
            let built = from.starts_with("target/release/") || from.starts_with("../../target/dist/");
            assert!(built || root().join("crates").join(of).join(from).is_file(), "{from}");
            assert!(to.starts_with("usr/"), "{to}: what is in /etc is the administrator's");
        }
        assert!(programs.iter().all(|program| assets.contains_key(*program)));
    }
    let assets = assets(&package("runner"));
    for expected in [
        "usr/lib/*".to_owned(),
        "usr/share/pam-configs/firmament".to_owned(),
        "usr/lib/systemd/system/firmamentd.service".to_owned(),
        "usr/lib/systemd/system/firmamentd.socket".to_owned(),
        "usr/lib/systemd/system/firmament-join.service".to_owned(),
        "usr/lib/systemd/system/firmament-names.path".to_owned(),
        "usr/lib/systemd/system/firmament-names.service".to_owned(),
        "usr/lib/sysusers.d/firmament.conf".to_owned(),
        "usr/lib/tmpfiles.d/firmament.conf".to_owned(),
        "usr/share/bash-completion/completions/aad-tool".to_owned(),
        "usr/share/zsh/vendor-completions/_aad-tool".to_owned(),
        "usr/share/fish/vendor_completions.d/aad-tool.fish".to_owned(),
        "usr/share/doc/firmament/examples/himmelblau.conf".to_owned(),
        "usr/share/doc/firmament/third-party.gz".to_owned(),
    ] {
        assert!(assets.contains_key(&expected), "{expected}: {:?}", assets.keys());
    }
}

#[test]
fn every_profile_of_pam_is_packed_and_taken_out_at_a_removal() {
    let (assets, prerm) = (assets(&package("runner")), script("runner", "prerm"));
    let removed = prerm.lines().find_map(|line| line.split_once("--remove ")).unwrap().1;
    for entry in fs::read_dir(root().join("crates/pam/pam-configs")).unwrap() {
        let profile = entry.unwrap().file_name().into_string().unwrap();
        assert!(assets.contains_key(&format!("usr/share/pam-configs/{profile}")), "{profile}");
        assert!(removed.split(' ').any(|one| one == profile), "{profile}: {removed}");
    }
}

#[test]
fn every_manual_page_of_what_is_packed_is_packed() {
    let assets = assets(&package("runner"));
    for entry in fs::read_dir(root().join("docs/man")).unwrap() {
        let page = entry.unwrap().file_name().into_string().unwrap();
        let section = page.rsplit('.').next().unwrap();
        let packed = assets.contains_key(&format!("usr/share/man/man{section}/{page}"));
        assert_eq!(packed, page != "entra-simulator.1", "{page}");
    }
}

#[test]
fn the_packages_say_what_they_need_and_what_they_cannot_stand_beside() {
    let (firmament, keys) = (package("runner"), package("firmament-keys"));
    let has = |package: &Value, field: &str, name: &str| {
        let said = package[field].as_str().unwrap();
        assert!(said.split(',').any(|one| one.trim() == name), "{field}: no {name} in {said}");
    };
    for name in ["$auto", "libpam-runtime"] {
        has(&firmament, "depends", name);
    }
    // Their addresses are packed as glibc 2.36 reads them, which dpkg-shlibdeps(1) does not see.
    for package in [&firmament, &keys] {
        has(package, "depends", "libc6 (>= 2.36)");
    }
    for name in ["pam-himmelblau", "nss-himmelblau", "authd"] {
        has(&firmament, "conflicts", name);
    }
    for name in ["libpam-systemd", "firmament-keys"] {
        has(&firmament, "recommends", name);
    }
    // Each library has the name of Debian 12 and that of Debian 13; the daemon wants a program of its own version.
    let depends = keys["depends"].as_str().unwrap();
    let libraries: Vec<&str> = depends.split(',').filter(|one| one.contains("libtss2")).collect();
    assert_eq!(libraries.len(), 4);
    assert!(libraries.iter().all(|one| one.split('|').nth(1).is_some_and(|later| later.contains("t64"))));
    let version = format!("{}-1", keys["version"].as_str().unwrap());
    has(&keys, "depends", &format!("firmament (= {version})"));
    for of in ["runner", "firmament-keys"] {
        let first = script(of, "changelog");
        assert!(first.lines().next().unwrap().contains(&format!("({version})")), "{of}: {first}");
    }
}

#[test]
fn scripts_are_shell_that_stops_at_a_failure() {
    for (of, names) in
        [("runner", ["preinst", "postinst", "prerm", "postrm"].as_slice()), ("firmament-keys", &["postinst"])]
    {
        for name in names {
            let text = script(of, name);
            assert!(text.starts_with("#!/bin/sh\nset -e\n"), "{of} {name}");
            let path = root().join("crates").join(of).join("debian").join(name);
            crate::said_by(Command::new("sh").arg("-n").arg(path)).unwrap();
        }
    }
}

#[test]
fn removing_takes_the_profile_out_before_the_module_and_an_upgrade_does_not() {
    let (prerm, postinst, postrm) =
        (script("runner", "prerm"), script("runner", "postinst"), script("runner", "postrm"));
    let (_, at_removal) = prerm.split_once("case \"$1\" in\nremove)").unwrap();
    assert!(at_removal.contains("pam-auth-update --package --remove firmament"));
    assert_eq!(prerm.matches("pam-auth-update").count(), 1, "an upgrade calls prerm too");
    assert!(at_removal.find("--remove").unwrap() < at_removal.find("deb-systemd-invoke stop").unwrap());
    assert!(!prerm.contains("upgrade)"));
    // A profile that was switched off stays off: nothing enables one by name.
    assert!(postinst.contains("pam-auth-update --package\n") && !postinst.contains("--enable"));
    // A package deletes the identity only where somebody agreed.
    assert!(script("runner", "templates").matches("Default: false").count() == 2);
    assert!(postrm.contains("RET=false\n") && !prerm.contains("rm -rf"));
}
