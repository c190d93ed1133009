//! A state directory that is lost, in parts or under a running daemon: no second device object, and no silence.

use crate::harness::{Cloud, Machine, code, text, wait_for};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

const ALEX: &str = "alex@contoso.com";
/// Everybody's at the stand-in.
const PASSWORD: &str = "Correct-Horse-1";

fn sign_in(machine: &Machine) -> Output {
    machine.sign_in_with_password(ALEX, PASSWORD)
}

fn registered(cloud: &Cloud) -> Machine {
    let machine = Machine::configured(cloud, "contoso.com", "sign_in = password");
    let signed_in = sign_in(&machine);
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    wait_for("the registration", || machine.domain()["phase"] == "registered");
    machine
}

/// Takes a file or directory away, or ruins what is in it.
fn ruin(path: &Path, delete: bool) {
    match (path.is_dir(), delete) {
        (true, true) => fs::remove_dir_all(path).unwrap(),
        (false, true) => fs::remove_file(path).unwrap(),
        (true, false) => fs::write(path.join("db"), vec![0xab; 5000]).unwrap(),
        (false, false) => fs::write(path, vec![0; fs::metadata(path).unwrap().len() as usize]).unwrap(),
    }
}

#[test]
fn a_registered_machine_whose_records_are_lost_is_not_registered_again_until_root_gives_them_up() {
    for (slots, sled, log) in
        [(true, true, false), (true, false, true), (false, true, true), (false, false, false)]
    {
        let cloud = Cloud::start();
        let mut machine = registered(&cloud);
        machine.stop();
        ruin(&machine.path("state/records.slots"), slots);
        ruin(&machine.path("state/sled"), sled);
        if log {
            ruin(&machine.path("state/records.log"), slots);
        }
        for _ in 0..2 {
            machine.up();
            let domain = machine.domain();
            assert_eq!(domain["failure"]["code"], json!("StateIncomplete"), "{domain}");
            assert!(domain["failure"]["message"].to_string().contains("records.slots"), "{domain}");
            let signed_in = sign_in(&machine);
            // Who is known is let in, and nothing is registered; with the log nobody is known any more.
            assert_eq!(code(&signed_in), if log { 1 } else { 3 }, "{}", text(&signed_in));
            assert_eq!(text(&signed_in).contains("StateIncomplete"), log, "{}", text(&signed_in));
            let leave = machine.run(&["leave", "--domain", "contoso.com"]);
            assert!(code(&leave) == 1 && text(&leave).contains("leave --force"), "{}", text(&leave));
            machine.stop();
        }
        assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
        machine.up();
        let left = machine.run(&["leave", "--force", "--domain", "contoso.com"]);
        assert_eq!(code(&left), 0, "{}", text(&left));
        let again = sign_in(&machine);
        assert_eq!(code(&again), 0, "{}", text(&again));
        wait_for("the registration", || machine.domain()["phase"] == "registered");
        assert_eq!(cloud.devices().len(), 2, "{slots} {sled} {log}: root was told to look for the other one");
        let aside = fs::read_dir(machine.path("state"))
            .unwrap()
            .any(|entry| entry.unwrap().file_name().to_string_lossy().contains(".broken."));
        assert!(aside || slots && sled, "what could not be read is kept");
    }
}

#[test]
fn either_copy_alone_is_enough() {
    for (file, delete) in
        [("slots", true), ("slots", false), ("log", true), ("log", false), ("sled", true), ("sled", false)]
    {
        let cloud = Cloud::start();
        let mut machine = registered(&cloud);
        machine.stop();
        let name = if file == "sled" { "state/sled".to_owned() } else { format!("state/records.{file}") };
        ruin(&machine.path(&name), delete);
        machine.up();
        assert_eq!(machine.domain()["phase"], "registered", "{file} {delete}");
        let signed_in = sign_in(&machine);
        assert_eq!(code(&signed_in), 0, "{file} {delete}: {}", text(&signed_in));
        assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
    }
}

#[test]
fn a_state_directory_that_is_gone_or_another_one_is_noticed_before_anything_is_sent() {
    for how in ["deleted", "replaced", "slots deleted"] {
        let cloud = Cloud::start();
        let machine = Machine::configured(&cloud, "contoso.com", "sign_in = password");
        wait_for("the keys", || machine.status()["spare_keys"] == "ready");
        let state = machine.path("state");
        match how {
            "slots deleted" => fs::remove_file(state.join("records.slots")).unwrap(),
            _ => fs::remove_dir_all(&state).unwrap(),
        }
        if how == "replaced" {
            fs::create_dir(&state).unwrap();
            fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).unwrap();
        }
        let refused = sign_in(&machine);
        assert_ne!(code(&refused), 0, "{how}: {}", text(&refused));
        assert!(text(&refused).contains("StateNotWritable"), "{how}: {}", text(&refused));
        assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (0, 0), "{how}");
    }
}

#[test]
fn who_is_known_signs_in_although_the_state_directory_is_gone() {
    let cloud = Cloud::start();
    let machine = registered(&cloud);
    fs::remove_dir_all(machine.path("state")).unwrap();
    for _ in 0..2 {
        let signed_in = sign_in(&machine);
        assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    }
    assert_eq!(cloud.devices().len(), 1);
}
