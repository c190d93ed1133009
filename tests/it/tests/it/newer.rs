//! The state directory of a newer version: the daemon says so, and changes nothing of it.

use crate::disk::{edit_record, open_store, records};
use crate::harness::{Cloud, Machine, code, text, words};
use serde_json::{Value, json};
use std::fs;
use std::process::Output;
use store::{Change, RecordKey, SCHEMA, Store};

const ALEX: &str = "alex@contoso.com";
/// Everybody's at the stand-in.
const PASSWORD: &str = "Correct-Horse-1";

fn sign_in(machine: &Machine) -> Output {
    machine.sign_in_with_password(ALEX, PASSWORD)
}

/// A registered machine that does not run.
fn registered(cloud: &Cloud) -> Machine {
    let mut machine = Machine::configured(cloud, "contoso.com", "sign_in = password");
    let signed_in = sign_in(&machine);
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    machine.kill();
    machine
}

fn set_schema(machine: &Machine, record: &str, schema: u32) {
    edit_record(machine, record, |record| record["schema"] = json!(schema));
}

/// What is said of a record that this version does not understand.
fn says(record: &str) -> String {
    let newer = SCHEMA + 1;
    format!(
        "record {record} has schema {newer}, this version knows up to {SCHEMA}: install the newer version again"
    )
}

/// The version that knows the record finds everything as it left it.
fn goes_on_with_the_newer_version(cloud: &Cloud, mut machine: Machine, record: &str, device: &Value) {
    machine.kill();
    set_schema(&machine, record, SCHEMA);
    machine.up();
    let signed_in = sign_in(&machine);
    assert_eq!(code(&signed_in), 0, "{}", text(&signed_in));
    assert_eq!(machine.domain()["identity"]["device_id"], *device);
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (1, 1));
}

#[test]
fn an_identity_of_a_newer_version_is_named_and_kept() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let device = cloud.devices()[0]["id"].clone();
    set_schema(&machine, "device/", SCHEMA + 1);
    let before = records(&machine);
    machine.up();
    let failure = machine.domain()["failure"].clone();
    let says = says("device/11111111-2222-3333-4444-555555555555");
    assert_eq!((&failure["code"], &failure["message"]), (&json!("StateNewer"), &json!(says)));
    assert_eq!(failure["advice"], "Install the newer Firmament again; nothing was changed.");
    let shown = machine.run(&["status"]);
    assert_eq!(code(&shown), 1, "{}", text(&shown));
    assert!(words(&shown).contains(&says), "{}", text(&shown));
    // Whoever signs in is let in; the machine is not registered beside the identity that it has.
    assert_eq!(code(&sign_in(&machine)), 3);
    for refused in [&["leave"][..], &["leave", "--force"], &["rebind"]] {
        assert_ne!(code(&machine.run(refused)), 0, "{refused:?}");
    }
    machine.restart();
    machine.kill();
    assert!(records(&machine) == before, "a record was changed");
    goes_on_with_the_newer_version(&cloud, machine, "device/", &device);
}

#[test]
fn nobody_signs_in_past_a_pin_of_a_newer_version() {
    for record in ["domain/contoso.com", "account/alex@contoso.com"] {
        let cloud = Cloud::start();
        let mut machine = registered(&cloud);
        let device = cloud.devices()[0]["id"].clone();
        set_schema(&machine, record, SCHEMA + 1);
        let before = records(&machine);
        machine.up();
        let refused = sign_in(&machine);
        assert_ne!(code(&refused), 0, "{}", text(&refused));
        for words in [&says(record), "[StateNewer]", "What to do: Install the newer Firmament again"] {
            assert!(text(&refused).contains(words), "no '{words}' in {}", text(&refused));
        }
        machine.kill();
        assert!(records(&machine) == before, "a record was changed");
        goes_on_with_the_newer_version(&cloud, machine, record, &device);
    }
}

#[test]
fn a_record_of_an_unknown_kind_hinders_nobody_and_outlives_everything() {
    let (cloud, kind) = (Cloud::start(), "session/of-a-newer-version");
    let mut machine = registered(&cloud);
    let foreign = (kind.to_owned(), r#"{"schema":7,"any":"thing"}"#.to_owned());
    let put = Change::Put(RecordKey::from(kind), foreign.1.clone().into_bytes());
    open_store(&machine.path("state"), &machine.path("hsm-pin")).commit(&[put]).unwrap();
    for command in [&["status"][..], &["leave"]] {
        machine.up();
        assert_eq!(code(&sign_in(&machine)), 0);
        assert!(machine.log().contains("A record of another version is kept as it is"), "it is told");
        assert_eq!(code(&machine.run(command)), 0, "{command:?}");
        machine.kill();
        assert_eq!(records(&machine).get(kind), Some(&foreign.1), "after {command:?}");
    }
    assert_eq!(records(&machine).into_iter().collect::<Vec<_>>(), [foreign], "nothing else is left");
}

#[test]
fn a_file_of_a_newer_format_ends_the_daemon_and_stays_as_it_is() {
    let cloud = Cloud::start();
    let mut machine = registered(&cloud);
    let file = machine.path("state/records.slots");
    let mut bytes = fs::read(&file).unwrap();
    set_format(&mut bytes, 4);
    fs::write(&file, &bytes).unwrap();
    let mut daemon = machine.firmamentd();
    machine.boot(&mut daemon);
    assert_eq!(machine.ended().code(), Some(1));
    let says = "has schema 4, this version knows up to 3: install the newer version again";
    assert!(machine.log().contains(says), "{}", machine.log());
    assert!(fs::read(&file).unwrap() == bytes, "the file was changed");
    assert!(machine.path("state/sled").is_dir() && fs::read_dir(machine.path("state")).unwrap().count() == 4);
}

/// Writes another format into the header at the beginning of a slot file, with the checksum that goes with it.
fn set_format(slot: &mut [u8], format: u32) {
    let (header, payload) = slot.split_at_mut(32);
    header[8..12].copy_from_slice(&format.to_be_bytes());
    let length = u32::from_be_bytes(header[20..24].try_into().unwrap()) as usize;
    let sum = crc32c::crc32c_append(crc32c::crc32c(&header[..24]), &payload[..length]);
    header[24..28].copy_from_slice(&sum.to_be_bytes());
}
