//! The stages: how a machine comes to each, and how it goes on from there.

use super::place::Place;
use crate::harness::{Cloud, Machine, code, text, wait_for};
use crate::pkcs11::{configure, objects};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

/// One stage.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) domains: &'static str,
    /// Lines of the configuration.
    pub(super) options: &'static str,
    /// The records about devices and keys, each with its stage.
    pub(super) on_disk: &'static [&'static str],
    /// What the disk loses with the power: one of the two copies of the state.
    pub(super) lost: &'static str,
    /// Whether its keys are to move, for which it needs another place.
    pub(super) moves: bool,
    /// Brings the machine there, until the power fails.
    pub(super) make: fn(&Cloud, &mut Machine, Place),
    /// The state of the machine that is left at once after the start.
    pub(super) passed: Option<&'static str>,
    /// The request that the stand-in keeps back, without which it would go on at once after the start.
    pub(super) held: Option<&'static str>,
    /// Whether the first sign-in registers it with the keys that are there.
    pub(super) keeps_keys: bool,
    /// What becomes of it.
    pub(super) ends: fn(&Cloud, &mut Machine, Place),
}

/// What most stages have in common.
const COMMON: Stage = Stage {
    name: "",
    domains: "contoso.com",
    options: "sign_in = password\napply_policy = true",
    on_disk: &["device registered"],
    // The copy that would be most of the archive.
    lost: "state/sled",
    moves: false,
    make: |_, machine, _| machine.up(),
    passed: None,
    held: None,
    keeps_keys: false,
    ends: |cloud, machine, _| registers(cloud, machine, 1),
};

/// Every stage; those of an enrolled machine come with its object of Intune.
pub(super) const STAGES: [Stage; 17] = [
    Stage {
        name: "prepared",
        on_disk: &["spare"],
        make: |_, machine, _| prepared(machine),
        keeps_keys: true,
        ..COMMON
    },
    Stage { name: "retained", on_disk: &["device unregistered"], make: refused, keeps_keys: true, ..COMMON },
    Stage { name: "intent", on_disk: &["device intent"], make: intent, ..COMMON },
    Stage {
        name: "keys_ready",
        on_disk: &["device keys_ready"],
        make: |cloud, machine, _| cut_off(cloud, machine, "discover"),
        keeps_keys: true,
        ..COMMON
    },
    Stage {
        name: "joining",
        on_disk: &["device joining"],
        make: |cloud, machine, _| cut_off(cloud, machine, "join"),
        keeps_keys: true,
        ..COMMON
    },
    Stage {
        name: "reply_stored",
        on_disk: &["device reply_stored"],
        make: reply_stored,
        passed: Some("reading_reply"),
        ends: unchanged,
        ..COMMON
    },
    Stage {
        name: "verifying",
        make: |cloud, machine, _| cut_off(cloud, machine, "token.prt"),
        ends: unchanged,
        ..COMMON
    },
    Stage {
        name: "registered",
        options: "sign_in = password",
        make: registered,
        ends: stays_registered,
        ..COMMON
    },
    Stage { name: "suspended", make: suspended, ends: comes_back, ..COMMON },
    Stage {
        name: "intune_posting",
        make: |cloud, machine, _| cut_off(cloud, machine, "intune.enroll"),
        ends: unchanged,
        ..COMMON
    },
    Stage { name: "enrolled", make: registered, ends: unchanged, ..COMMON },
    Stage { name: "mirror_only", lost: "state/records.slots", make: mirrored, ends: unchanged, ..COMMON },
    Stage {
        name: "successor",
        on_disk: &["device registered", "successor joining"],
        moves: true,
        make: |cloud, machine, place| move_cut_off(cloud, machine, place, ("join", "hold")),
        ends: moves_on,
        ..COMMON
    },
    Stage {
        name: "predecessor",
        on_disk: &["device registered", "predecessor leaving"],
        moves: true,
        make: |cloud, machine, place| move_cut_off(cloud, machine, place, ("leave", "hold_before")),
        held: Some("leave"),
        ends: parts_with_the_old_one,
        ..COMMON
    },
    Stage {
        name: "leaving",
        on_disk: &["device leaving"],
        make: leaving,
        held: Some("leave"),
        ends: has_left,
        ..COMMON
    },
    Stage { name: "left", on_disk: &["device unregistered"], make: left, ..COMMON },
    Stage {
        name: "two_tenants",
        domains: "contoso.com,fabrikam.com,fabrikam.net",
        on_disk: &["device registered", "device registered"],
        make: two_tenants,
        ends: four_people,
        ..COMMON
    },
];

pub(super) fn named(name: &str) -> &'static Stage {
    STAGES.iter().find(|stage| stage.name == name).unwrap()
}

fn prepared(machine: &mut Machine) {
    machine.up();
    crate::ahead::has_spare_keys(machine);
}

fn refused(cloud: &Cloud, machine: &mut Machine, _: Place) {
    prepared(machine);
    cloud.set(&json!({ "quota": 0 }));
    let refused = sign_in(machine, ALEX);
    assert_eq!(code(&refused), 5, "{}", text(&refused));
}

fn registered(_: &Cloud, machine: &mut Machine, place: Place) {
    prepared(machine);
    signs_in(machine, ALEX);
    assert_eq!(machine.domain()["identity"]["keys"][0]["backend"], place.name());
}

/// Keys are made ahead of time at a start only, so the second registration begins without any, and they take long.
fn intent(cloud: &Cloud, machine: &mut Machine, place: Place) {
    registered(cloud, machine, place);
    leaves(cloud, machine);
    machine.forget_log();
    killed_in(machine, "creating_keys");
}

/// The first sign-in, cut off while the answer to this request is kept back.
fn cut_off(cloud: &Cloud, machine: &mut Machine, request: &str) {
    prepared(machine);
    killed_at(cloud, machine, (request, "hold"), &SIGN_IN);
}

/// The answer is read in no time, so this may come too late; whoever looks at it will find out.
fn reply_stored(_: &Cloud, machine: &mut Machine, _: Place) {
    prepared(machine);
    killed_in(machine, "reading_reply");
}

/// Kills the daemon as soon as the log says that a sign-in has brought the machine to this state.
fn killed_in(machine: &mut Machine, state: &str) {
    let (mut tool, mark) = (begin(machine, &SIGN_IN), format!("state=\"{state}\""));
    while !machine.log().contains(&mark) {
        std::thread::sleep(Duration::from_micros(50));
    }
    machine.kill();
    tool.wait().unwrap();
}

/// sled's copy is made anew after it was lost, which is as small as it can be.
fn mirrored(cloud: &Cloud, machine: &mut Machine, place: Place) {
    registered(cloud, machine, place);
    machine.stop();
    std::fs::remove_dir_all(machine.path("state/sled")).unwrap();
    machine.up();
    machine.stop();
}

fn suspended(cloud: &Cloud, machine: &mut Machine, place: Place) {
    registered(cloud, machine, place);
    cloud.admin(&["device", &machine.device_id("contoso.com").unwrap(), "disable"]);
    machine.restart();
    sign_in(machine, ALEX);
    wait_for("the suspension", || machine.domain()["phase"] == "suspended");
}

fn move_cut_off(cloud: &Cloud, machine: &mut Machine, place: Place, fault: (&str, &str)) {
    registered(cloud, machine, place);
    // Any other value insists on the place where the keys are.
    configure(machine, "hsm_type = tpm_if_possible");
    machine.restart();
    killed_at(cloud, machine, fault, &["rekey", "--to", place.other(), "--name", ALEX]);
}

fn leaving(cloud: &Cloud, machine: &mut Machine, place: Place) {
    registered(cloud, machine, place);
    killed_at(cloud, machine, ("leave", "hold_before"), &["leave"]);
}

/// Without its owner's session a machine cannot retire its object of Intune.
fn left(cloud: &Cloud, machine: &mut Machine, place: Place) {
    registered(cloud, machine, place);
    machine.restart();
    assert_eq!(code(&machine.run(&["leave"])), 0);
}

fn two_tenants(_: &Cloud, machine: &mut Machine, _: Place) {
    prepared(machine);
    PEOPLE.iter().for_each(|name| signs_in(machine, name));
}

/// The device is known already, and stays the same.
fn unchanged(cloud: &Cloud, machine: &mut Machine, _: Place) {
    registers(cloud, machine, 0);
}

fn stays_registered(cloud: &Cloud, machine: &mut Machine, _: Place) {
    let before = identity(machine);
    signs_in(machine, ALEX);
    assert_eq!((identity(machine), cloud.requests("join").len()), (before, 0));
    assert_eq!(machine.domain()["phase"], "registered");
    leaves(cloud, machine);
}

fn comes_back(cloud: &Cloud, machine: &mut Machine, _: Place) {
    let device = machine.device_id("contoso.com").unwrap();
    cloud.admin(&["device", &device, "enable"]);
    signs_in(machine, ALEX);
    wait_for("the end of the suspension", || machine.domain()["identity"]["suspended"].is_null());
    registers(cloud, machine, 0);
}

fn moves_on(cloud: &Cloud, machine: &mut Machine, place: Place) {
    let before = identity(machine);
    signs_in(machine, ALEX);
    wait_for("the move", || machine.domain()["others"] == json!([]) && identity(machine) != before);
    has_moved(cloud, machine, place);
}

fn parts_with_the_old_one(cloud: &Cloud, machine: &mut Machine, place: Place) {
    let before = identity(machine);
    release(cloud);
    wait_for("the end of the old one", || machine.domain()["others"] == json!([]));
    assert_eq!(identity(machine), before);
    has_moved(cloud, machine, place);
}

/// One identity is left, with its keys in the other place.
fn has_moved(cloud: &Cloud, machine: &mut Machine, place: Place) {
    wait_for("the end of the old object", || cloud.devices().len() == 1);
    let keys = machine.domain()["identity"]["keys"].as_array().unwrap().clone();
    assert!(keys.iter().all(|key| key["backend"] == place.other()), "{keys:?}");
    signs_in(machine, ALEX);
    leaves(cloud, machine);
}

fn has_left(cloud: &Cloud, machine: &mut Machine, _: Place) {
    release(cloud);
    wait_for("the end of leaving", || machine.domain()["phase"] == "unregistered");
    assert!(cloud.devices().is_empty());
    registers(cloud, machine, 1);
}

fn four_people(cloud: &Cloud, machine: &mut Machine, _: Place) {
    let device = |machine: &Machine, domain: &str| machine.device_id(domain).unwrap();
    let before = [device(machine, "contoso.com"), device(machine, "fabrikam.com")];
    PEOPLE.iter().for_each(|name| signs_in(machine, name));
    assert_eq!(before, [device(machine, "contoso.com"), device(machine, "fabrikam.com")]);
    assert_eq!((cloud.requests("join").len(), cloud.devices().len()), (0, 2));
    for (domain, left) in [("contoso.com", 1), ("fabrikam.com", 0)] {
        let output = machine.run(&["leave", "--domain", domain]);
        assert_eq!((code(&output), cloud.devices().len()), (0, left), "{}", text(&output));
    }
}

/// Signs in until the machine is registered and enrolled, which takes so many joins, restarts it, and leaves.
fn registers(cloud: &Cloud, machine: &mut Machine, joins: usize) {
    let known: Vec<Value> = cloud.devices().iter().map(|device| device["id"].clone()).collect();
    signs_in(machine, ALEX);
    wait_for("the enrolment", || machine.domain()["phase"] == "intune_enrolled");
    assert_eq!(cloud.requests("join").len(), joins);
    let identity = identity(machine);
    for _ in 0..2 {
        let devices = cloud.devices();
        assert_eq!((devices.len(), &devices[0]["id"]), (1, &identity["device_id"]));
        assert!(known.is_empty() || known == [devices[0]["id"].clone()], "{known:?}");
        machine.restart();
        signs_in(machine, ALEX);
        assert_eq!(self::identity(machine), identity);
        assert_eq!(
            cloud.requests("token.prt").last().unwrap()["facts"]["prt_signed_by"],
            identity["thumbprint"]
        );
    }
    leaves(cloud, machine);
}

/// Leaves, and nothing is left of keys and objects.
fn leaves(cloud: &Cloud, machine: &Machine) {
    let left = machine.run(&["leave"]);
    assert_eq!(code(&left), 0, "{}", text(&left));
    assert_eq!(code(&machine.run(&["status"])), 3);
    assert!(cloud.devices().is_empty());
    if machine.path("tokens").exists() {
        assert!(objects(machine) <= 2, "the token and its key that seals");
    }
}

fn identity(machine: &Machine) -> Value {
    let identity = machine.domain()["identity"].clone();
    json!({ "device_id": identity["device_id"], "thumbprint": identity["thumbprint"] })
}

fn release(cloud: &Cloud) {
    cloud.set(&json!({}));
    cloud.admin(&["release"]);
}

/// Kills the daemon while this request of a command, or its answer, is kept back.
fn killed_at(cloud: &Cloud, machine: &mut Machine, fault: (&str, &str), command: &[&str]) {
    let (request, action) = fault;
    cloud.set(&json!({ "faults": [{ "request": request, "action": action }] }));
    let mut tool = begin(machine, command);
    cloud.admin(&["wait", request, "--held", "1"]);
    machine.kill();
    tool.wait().unwrap();
}

/// Starts a command that is told the password if it asks.
fn begin(machine: &Machine, command: &[&str]) -> Child {
    let mut tool = machine.tool(command).stdin(Stdio::piped()).spawn().unwrap();
    // A tool that asks for nothing may have ended already.
    let _ = writeln!(tool.stdin.take().unwrap(), "{PASSWORD}");
    tool
}

fn sign_in(machine: &Machine, name: &str) -> Output {
    begin(machine, &["auth-test", "--name", name]).wait_with_output().unwrap()
}

pub(super) fn signs_in(machine: &Machine, name: &str) {
    let output = sign_in(machine, name);
    assert_eq!(code(&output), 0, "{name}: {}", text(&output));
}

pub(super) const ALEX: &str = "alex@contoso.com";
const SIGN_IN: [&str; 3] = ["auth-test", "--name", ALEX];
/// Of two tenants.
const PEOPLE: [&str; 4] = [ALEX, "sam@fabrikam.com", "adele@contoso.com", "kim@fabrikam.net"];
/// Everybody's at the stand-in.
const PASSWORD: &str = "Correct-Horse-1";
