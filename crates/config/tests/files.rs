//! The real file, its drop-ins, and a thousand broken ones.

#![expect(clippy::unwrap_used, reason = "a test says where it failed by panicking")]

use config::{ConfigError, ConfigErrors, load};
use ini::{IniError, Sources};
use model::{Cloud, HsmType, JoinType, Registration};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn one(text: &str) -> Result<config::Loaded, ConfigErrors> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("himmelblau.conf");
    fs::write(&path, text).unwrap();
    load(&Sources::file(&path))
}

#[test]
fn an_ordinary_file_of_the_incumbent_is_read() {
    let text = "# a comment\n[global]\n; another\nDomain = Contoso.com, fabrikam.com # inline\njoin_type = register\n\
                apply_policy = true\nhsm_type = tpm_bound_soft_if_possible\nenable_hello = true\nshell = /bin/bash\n\
                request_timeout = 20\n[fabrikam.com]\njoin_type = join\nregistration = required\n[offline_breakglass]\nenabled = false\n";
    let loaded = one(text).unwrap();
    let domains = loaded.settings.domains;
    assert_eq!(
        domains.iter().map(|domain| domain.name.as_str()).collect::<Vec<_>>(),
        ["contoso.com", "fabrikam.com"]
    );
    assert_eq!(
        (domains[0].options.join_type, domains[1].options.join_type),
        (JoinType::Register, JoinType::Join)
    );
    assert_eq!(
        (domains[0].options.registration, domains[1].options.registration),
        (Registration::Background, Registration::Required)
    );
    assert!(domains[1].options.apply_policy && domains[0].profile.cloud == Cloud::Public);
    assert_eq!(loaded.settings.global.hsm_type, HsmType::TpmBoundSoftIfPossible);
    assert_eq!((loaded.notes.len(), loaded.without_effect.len()), (1, 1), "{:?}", loaded.notes);
}

#[test]
fn the_highest_main_file_counts_and_drop_ins_are_merged_by_name() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path();
    write(at, "usr/lib/himmelblau/himmelblau.conf", "[global]\ndomain = low.example\ndebug = true\n");
    write(at, "etc/himmelblau/himmelblau.conf", "[global]\ndomain = high.example\n");
    write(at, "usr/lib/himmelblau/himmelblau.conf.d/10-a.conf", "[global]\nrequest_timeout = 11\n");
    write(at, "usr/lib/himmelblau/himmelblau.conf.d/20-b.conf", "[global]\nrequest_timeout = 22\n");
    write(at, "run/himmelblau/himmelblau.conf.d/20-b.conf", "");
    write(at, "etc/himmelblau/himmelblau.conf.d/readme.txt", "not read\n");
    let settings = load(&Sources::below(at)).unwrap().settings;
    assert_eq!(settings.domains[0].name.as_str(), "high.example");
    assert_eq!((settings.global.request_timeout.as_secs(), settings.global.debug), (11, false));
    let notes = load(&Sources::below(at)).unwrap().notes;
    assert!(
        notes.len() == 1 && notes[0].0.contains("readme.txt is skipped: its name does not end"),
        "{notes:?}"
    );
}

#[test]
fn a_path_of_the_incumbent_is_reported_and_not_used() {
    let loaded = one(
        "[global]\nhsm_pin_path = /var/lib/himmelblaud/hsm-pin\nsocket_path = /var/run/himmelblaud/socket\n",
    )
    .unwrap();
    assert_eq!(loaded.settings.global.hsm_pin_path, Path::new("/var/lib/firmament/hsm-pin"));
    assert_eq!(loaded.settings.global.socket_path, Path::new("/run/firmament/socket"));
    assert_eq!(loaded.notes.len(), 2);
    let shown: Vec<String> = loaded.settings.effective().iter().map(ToString::to_string).collect();
    assert!(shown.iter().any(|line| line.contains("hsm_pin_path") && line.contains("ours")), "{shown:?}");
}

#[test]
fn every_refused_value_names_its_line_and_what_is_allowed() {
    for (option, value, allowed) in [
        ("apply_policy", "maybe", "true, false, 1, 0"),
        ("apply_policy", "True!", "true, false, 1, 0"),
        ("join_type", "hybrid", "join, register"),
        ("hsm_type", "tpm2", "soft, tpm, tpm_if_possible"),
        ("registration", "later", "background, required, off"),
        ("cloud", "germany", "public, usgov, china, custom"),
        ("ip_version", "6", "both, ipv4-only, ipv6-only"),
        ("request_timeout", "-1", "from 1 to 300"),
        ("request_timeout", "ten", "from 1 to 300"),
        ("authority_host", "https://login", "a host name"),
        ("graph_url", "graph.microsoft.com", "https://"),
        ("proxy", "socks5://x", "http://host:port"),
        ("domain", "contoso", "domain names"),
    ] {
        let text = format!("[global]\n\n{option} = {value}\n[contoso.com]\nregistration = off\n");
        let text = if option == "registration" {
            text.replace("registration = off\n", "") + "join_type = join\n"
        } else {
            text
        };
        let error = one(&text).unwrap_err().to_string();
        assert!(error.contains(":3: ") && error.contains(option) && error.contains(allowed), "{error}");
    }
}

#[test]
fn a_password_in_a_refused_proxy_is_not_repeated() {
    let error = one("[global]\nproxy = https://user:hunter2@proxy:1\n").unwrap_err().to_string();
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn an_unknown_option_is_reported_once() {
    let loaded = one("[global]\nfrobnicate = 1\n").unwrap();
    assert_eq!(loaded.notes.len(), 1);
    assert!(loaded.notes[0].0.contains("frobnicate"));
}

#[test]
fn masks_are_empty_files_and_links_to_nowhere() {
    for link in [false, true] {
        let root = tempfile::tempdir().unwrap();
        let at = root.path();
        write(at, "usr/lib/himmelblau/himmelblau.conf", "[global]\ndomain = low.example\n");
        write(at, "usr/lib/himmelblau/himmelblau.conf.d/10-a.conf", "[global]\ndebug = true\n");
        for masked in ["himmelblau.conf", "himmelblau.conf.d/10-a.conf"] {
            write(at, &format!("etc/himmelblau/{masked}"), "");
            if link {
                let path = at.join("etc/himmelblau").join(masked);
                fs::remove_file(&path).unwrap();
                std::os::unix::fs::symlink("/dev/null", path).unwrap();
            }
        }
        let settings = load(&Sources::below(at)).unwrap().settings;
        assert_eq!((settings.domains.len(), settings.global.debug), (0, false));
    }
}

#[test]
fn drop_ins_are_read_in_the_order_of_their_names_whatever_their_directory() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path();
    write(at, "etc/himmelblau/himmelblau.conf", "[global]\nrequest_timeout = 1\nconnection_timeout = 1\n");
    write(at, "etc/himmelblau/himmelblau.conf.d/10-a.conf", "[global]\nrequest_timeout = 2\n");
    write(at, "run/himmelblau/himmelblau.conf.d/20-b.conf", "[global]\nrequest_timeout = 3\n");
    write(at, "usr/lib/himmelblau/himmelblau.conf.d/15-c.conf", "[global]\nconnection_timeout = 4\n");
    let settings = load(&Sources::below(at)).unwrap().settings;
    let seconds = (settings.global.request_timeout.as_secs(), settings.global.connection_timeout.as_secs());
    assert_eq!(seconds, (3, 4));
}

#[test]
fn one_file_has_its_own_drop_ins_and_must_exist() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "my.conf", "[global]\ndomain = a.example\n");
    write(dir.path(), "my.conf.d/10.conf", "[global]\ndomain = b.example\n");
    let settings = load(&Sources::file(&dir.path().join("my.conf"))).unwrap().settings;
    assert_eq!(settings.domains[0].name.as_str(), "b.example");
    let missing = load(&Sources::file(&dir.path().join("none.conf"))).unwrap_err();
    let named = |path: &Path| path.ends_with("none.conf");
    let [ConfigError::Source(IniError::File { path, .. })] = &missing.0[..] else { panic!("{missing}") };
    assert!(named(path), "{missing}");
}

#[test]
fn a_machine_without_a_file_serves_no_domain_and_the_generated_file_is_never_read() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "var/cache/himmelblaud/himmelblau.conf", "[global]\ndomain = a.example\nnonsense\n");
    let loaded = load(&Sources::below(root.path())).unwrap();
    assert!(loaded.settings.domains.is_empty() && loaded.notes.is_empty());
}

#[test]
fn what_somebody_else_could_have_changed_is_refused_with_the_command_that_mends_it() {
    const MAIN: &str = "etc/himmelblau/himmelblau.conf";
    const DROP_IN: &str = "usr/lib/himmelblau/himmelblau.conf.d/10-a.conf";
    for (spoilt, mode) in [
        (MAIN, 0o666),
        (MAIN, 0o664),
        (DROP_IN, 0o646),
        ("usr/lib/himmelblau/himmelblau.conf.d", 0o777),
        ("usr/lib", 0o757),
        ("etc", 0o777),
    ] {
        let root = tempfile::tempdir().unwrap();
        let at = root.path();
        write(at, MAIN, "[global]\ndomain = a.example\n");
        write(at, DROP_IN, "[global]\ndebug = true\n");
        if mode == 0o664 {
            // The group of a person: one of the system is only noted.
            std::os::unix::fs::chown(at.join(spoilt), None, Some(1234)).unwrap_or_default();
        }
        fs::set_permissions(at.join(spoilt), fs::Permissions::from_mode(mode)).unwrap();
        let error = load(&Sources::below(at)).unwrap_err().to_string();
        let path = at.join(spoilt).display().to_string();
        assert!(error.starts_with(&format!("{path} can be written by others")), "{error}");
        assert!(error.ends_with(&format!("chmod go-w {path}")), "{error}");
    }
}

#[test]
fn a_pipe_in_the_place_of_a_file_does_not_hang_and_a_directory_is_none() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("my.conf");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    for _ in 0..2 {
        let error = load(&Sources::file(&path)).unwrap_err().to_string();
        assert!(error.contains("my.conf is not a regular file"), "{error}");
        fs::remove_file(&path).unwrap_or_default();
        fs::create_dir(&path).unwrap_or_default();
    }
}

#[test]
fn a_group_of_the_system_that_may_write_is_noted_once() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path();
    write(at, "etc/himmelblau/himmelblau.conf", "[global]\ndomain = a.example\n");
    for name in ["10-a.conf", "20-b.conf"] {
        write(at, &format!("etc/himmelblau/himmelblau.conf.d/{name}"), "");
    }
    let etc = at.join("etc");
    if std::os::unix::fs::chown(&etc, None, Some(50)).is_err() {
        return;
    }
    fs::set_permissions(&etc, fs::Permissions::from_mode(0o2775)).unwrap();
    let notes = load(&Sources::below(at)).unwrap().notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].0.contains("can be written by members of the group 50"), "{notes:?}");
}

#[test]
fn a_drop_in_without_a_text_is_named_and_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path();
    write(at, "etc/himmelblau/himmelblau.conf", "[global]\ndomain = a.example\n");
    write(at, "usr/lib/himmelblau/himmelblau.conf.d/10-a.conf", "[global]\ndebug = true\n");
    let dir = at.join("etc/himmelblau/himmelblau.conf.d");
    fs::create_dir(&dir).unwrap();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, dir.join(name)).unwrap();
    // The lower of the same name counts: it is not masked by what says nothing.
    link("/nowhere/at/all", "10-a.conf");
    link("20-b.conf", "20-b.conf");
    fs::create_dir(dir.join("30-c.conf")).unwrap();
    write(at, "etc/himmelblau/himmelblau.conf.d/40-d.conf.bak", "[global]\nnonsense\n");
    write(at, "etc/himmelblau/himmelblau.conf.d/.50-e.conf.swp", "nonsense\n");
    let loaded = load(&Sources::below(at)).unwrap();
    assert!(loaded.settings.global.debug);
    let notes: Vec<_> = loaded.notes.iter().map(|note| note.0.as_str()).collect();
    for (name, why) in [
        ("10-a.conf", "it is a link that leads nowhere"),
        ("20-b.conf", "it is a link that leads in a circle"),
        ("30-c.conf", "it is not a regular file"),
        ("40-d.conf.bak", "its name does not end with .conf"),
    ] {
        let says = format!("{} is skipped: {why}", dir.join(name).display());
        assert!(notes.contains(&says.as_str()), "{notes:?}");
    }
    assert_eq!(notes.len(), 4, "{notes:?}");
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_not_passed_over() {
    let root = tempfile::tempdir().unwrap();
    let at = root.path();
    fs::create_dir_all(at.join("etc/himmelblau")).unwrap();
    write(at, "usr/lib/himmelblau/himmelblau.conf", "[global]\ndomain = low.example\n");
    std::os::unix::fs::symlink("/nowhere/at/all", at.join("etc/himmelblau/himmelblau.conf")).unwrap();
    let error = load(&Sources::below(at)).unwrap_err().to_string();
    assert!(error.contains("etc/himmelblau/himmelblau.conf: No such file"), "{error}");
    fs::remove_file(at.join("etc/himmelblau/himmelblau.conf")).unwrap();
    write(at, "etc/himmelblau/himmelblau.conf.d", "[global]\npam_allow_groups = a@b.c\n");
    let error = load(&Sources::below(at)).unwrap_err().to_string();
    assert!(error.contains("himmelblau.conf.d: Not a directory"), "{error}");
}

#[test]
fn a_file_that_is_closed_to_us_says_to_whom_and_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "himmelblau.conf", "[global]\ndomain = a.example\n");
    write(root.path(), "himmelblau.conf.d/10-a.conf", "[global]\npam_allow_groups = a@b.c\n");
    let closed = root.path().join("himmelblau.conf.d/10-a.conf");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // Root reads what nobody may.
    let Err(error) = load(&Sources::file(&root.path().join("himmelblau.conf"))) else { return };
    let error = error.to_string();
    assert!(
        error.contains("10-a.conf cannot be used by uid") && error.contains("run this as root"),
        "{error}"
    );
}
