//! A machine that becomes an image, and one that gets its auth value before the first start.

use crate::harness::{Cloud, Machine, code, text};
use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Output;

const CREDENTIAL: &str = "etc/credstore.encrypted/hsm-pin";

/// What there is apart from the configuration and the log.
fn belongings(machine: &Machine) -> Vec<String> {
    let mut names = Vec::new();
    for dir in ["", "state", "etc/credstore.encrypted", "var/cache/firmament"] {
        let Ok(entries) = fs::read_dir(machine.path(dir)) else { continue };
        let names_here = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.extend(names_here.map(|name| if dir.is_empty() { name } else { format!("{dir}/{name}") }));
    }
    names
        .retain(|name| !["etc", "var", "himmelblau.conf", "log", "socket", "state"].contains(&name.as_str()));
    names.sort();
    names
}

fn registered(cloud: &Cloud) -> Machine {
    let machine = Machine::start(cloud, "contoso.com");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    machine
}

fn refused(output: &Output, code_word: &str) {
    assert_eq!(code(output), 1, "{}", text(output));
    assert!(text(output).contains(&format!("[{code_word}]")), "{}", text(output));
}

#[test]
fn an_image_has_no_identity_and_its_first_start_is_that_of_a_new_machine() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let config = fs::read(machine.path("himmelblau.conf")).unwrap();
    let old_value = fs::read(machine.path("hsm-pin")).unwrap();
    machine.stop();
    fs::create_dir_all(machine.path("etc/credstore.encrypted")).unwrap();
    let more = [CREDENTIAL, "state/sled.broken.0", "state/records.new", "hsm-pin.new"];
    more.iter().for_each(|name| fs::write(machine.path(name), "x").unwrap());
    let before = belongings(&machine);
    for name in ["hsm-pin", "state/records.slots", "state/sled"].iter().chain(&more) {
        assert!(before.contains(&(*name).to_owned()), "{name}: {before:?}");
    }
    let output = machine.offline(&["prepare-image", "--yes", "--leave-behind"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(belongings(&machine), [""; 0]);
    let mut told: Vec<String> =
        text(&output).lines().filter_map(|line| line.strip_prefix("Deleted: ")).map(str::to_owned).collect();
    told.sort();
    let mut expected: Vec<String> =
        before.iter().map(|name| machine.path(name).display().to_string()).collect();
    expected.sort();
    assert_eq!(told, expected, "every path is named");
    assert!(text(&output).contains("Files were deleted, not overwritten"), "{}", text(&output));
    assert_eq!(fs::read(machine.path("himmelblau.conf")).unwrap(), config);

    machine.up();
    assert_eq!(code(&machine.run(&["status"])), 3);
    assert_eq!(machine.domain()["phase"], "unregistered");
    assert_ne!(fs::read(machine.path("hsm-pin")).unwrap(), old_value);
    assert_eq!(cloud.devices().len(), 1, "the object of the old identity was left behind");
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    assert_eq!(cloud.devices().len(), 2);
}

#[test]
fn nothing_is_deleted_under_a_daemon_that_runs() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    let before = belongings(&machine);
    let output = machine.offline(&["prepare-image", "--yes", "--leave-behind"]);
    refused(&output, "ServiceRunning");
    assert!(text(&output).contains("firmamentd is running"), "{}", text(&output));
    assert_eq!(belongings(&machine), before);
    assert_eq!(code(&machine.run(&["status"])), 0);
}

#[test]
fn nothing_is_deleted_while_systemd_would_start_the_daemon() {
    let cloud = Cloud::start();
    let machine = Machine::switched_off(&cloud, "contoso.com", "");
    fs::write(machine.path("hsm-pin"), "0123456789abcdef").unwrap();
    let systemd = UnixListener::bind(machine.path("socket")).unwrap();
    let output = machine.offline(&["prepare-image", "--yes"]);
    refused(&output, "ServiceRunning");
    assert!(text(&output).contains(&machine.path("socket").display().to_string()), "{}", text(&output));
    assert!(text(&output).contains("systemctl stop firmamentd.socket"), "{}", text(&output));
    systemd.set_nonblocking(true).unwrap();
    assert!(systemd.accept().is_err(), "connecting would have started the daemon");
    drop(systemd);
    // The name that a listener leaves behind is in nobody's way.
    assert_eq!(code(&machine.offline(&["prepare-image", "--yes"])), 0);
    assert_eq!(belongings(&machine), [""; 0]);
}

#[test]
fn records_are_deleted_only_by_whoever_leaves_the_object_behind() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    machine.stop();
    let before = belongings(&machine);
    let output = machine.offline(&["prepare-image", "--yes"]);
    refused(&output, "IdentityExists");
    for piece in ["aad-tool leave", "--leave-behind"] {
        assert!(text(&output).contains(piece), "{piece}: {}", text(&output));
    }
    let unconfirmed = machine.offline(&["prepare-image", "--leave-behind"]);
    assert_eq!(code(&unconfirmed), 2, "{}", text(&unconfirmed));
    assert!(text(&unconfirmed).contains("--yes"), "{}", text(&unconfirmed));
    assert_eq!(belongings(&machine), before);
    machine.up();
    assert_eq!(code(&machine.run(&["status"])), 0);
}

#[test]
fn a_machine_that_never_registered_becomes_an_image_at_a_word_and_again() {
    let cloud = Cloud::start();
    let mut machine = Machine::start(&cloud, "contoso.com");
    machine.stop();
    let stranger = machine.path("state/notes.txt");
    fs::write(&stranger, "somebody's").unwrap();
    let output = machine.offline(&["prepare-image", "--yes"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(belongings(&machine), ["state/notes.txt"]);
    let named = format!("Left alone, not known here: {}", stranger.display());
    assert!(text(&output).contains(&named), "{}", text(&output));
    let again = machine.offline(&["prepare-image", "--yes"]);
    assert_eq!((code(&again), text(&again).contains("Deleted")), (0, false), "{}", text(&again));
}

#[test]
fn a_machine_that_left_properly_becomes_an_image_at_a_word() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    assert_eq!(code(&machine.run(&["leave"])), 0);
    machine.stop();
    let output = machine.offline(&["prepare-image", "--yes"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert_eq!(belongings(&machine), [""; 0]);
}

#[test]
fn a_daemon_takes_the_auth_value_that_was_made_for_it() {
    let cloud = Cloud::start();
    let mut machine = Machine::switched_off(&cloud, "contoso.com", "");
    // There is no systemd-creds in this tree.
    let output = machine.offline(&["hsm", "init"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    let value = fs::read(machine.path("hsm-pin")).unwrap();
    machine.up();
    assert_eq!(code(&machine.sign_in("alex@contoso.com")), 0);
    machine.restart();
    assert_eq!(code(&machine.run(&["status"])), 0);
    assert_eq!(fs::read(machine.path("hsm-pin")).unwrap(), value);
    refused(&machine.offline(&["hsm", "init"]), "AuthValueExists");
}

#[test]
fn keys_in_a_token_are_named_because_nothing_deletes_them() {
    let cloud = Cloud::start();
    let mut machine = crate::pkcs11::machine(&cloud);
    machine.up();
    crate::ahead::has_spare_keys(&machine);
    machine.stop();
    let output = machine.offline(&["prepare-image", "--yes"]);
    assert_eq!(code(&output), 0, "{}", text(&output));
    assert!(text(&output).contains("The keys in the PKCS#11 token firmament"), "{}", text(&output));
    assert_eq!(crate::pkcs11::objects(&machine), 2 + 4);
}
