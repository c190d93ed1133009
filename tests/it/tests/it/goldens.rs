//! State directories that an earlier version left at every stage: they open, say where they are, and go on.
//!
//! They lie in tests/goldens, each with its configuration, what the stand-in knew, and what the status said.
//! With MAKE_GOLDENS=1 those that are not there are made by the programs as they are now.

mod golden;
mod place;
mod stages;

use crate::disk::open_store;
use crate::harness::{Cloud, Machine, PATIENCE, own_directory};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use golden::Golden;
use it::apart::apart;
use place::Place;
use serde_json::{Value, json};
use stages::{ALEX, Stage, signs_in};
use std::time::{Duration, Instant};
use store::record::{self, Versioned};
use store::{RecordKey, Store};

/// The machine-id of all of them.
const MACHINE_ID: &str = "0123456789abcdef0123456789abcdef";
/// Where their stand-in serves; its host and port are on disk.
const LISTEN: &str = "127.0.0.1:8443";

/// One test for each stage in this place.
macro_rules! goldens {
    ($place:ident: $($stage:ident)*) => {
        mod $place {
            $(#[test]
            fn $stage() {
                super::run(concat!("goldens::", stringify!($place), "::", stringify!($stage)));
            })*
        }
    };
}

goldens!(soft: prepared retained intent keys_ready joining reply_stored verifying registered suspended
    intune_posting enrolled mirror_only successor predecessor leaving left two_tenants);
goldens!(pkcs11: prepared retained joining reply_stored registered enrolled successor predecessor leaving);
#[cfg(feature = "tpm")]
goldens!(tpm: prepared retained joining reply_stored registered enrolled successor predecessor leaving);

/// No network and no machine is needed for that.
#[test]
fn every_record_is_understood() {
    for stage in &stages::STAGES {
        for golden in ["soft", "pkcs11", "tpm"].map(|place| Golden::of(stage.name, place)) {
            if golden.is_there() {
                assert_eq!(on_disk(&golden), stage.on_disk, "{}", stage.name);
            }
        }
    }
}

fn records(golden: &Golden) -> Vec<(RecordKey, Vec<u8>)> {
    let dir = own_directory();
    golden.unpack(dir.path());
    let mut store = open_store(&dir.path().join("state"), &dir.path().join("hsm-pin"));
    store.list().unwrap().into_iter().map(|(key, bytes)| (key, bytes.unwrap())).collect()
}

/// The moduli of the device keys on disk, in hex.
fn device_keys(golden: &Golden) -> Vec<Value> {
    let texts = records(golden).into_iter().map(|(_, bytes)| serde_json::from_slice(&bytes).unwrap());
    texts.flat_map(|record: Value| moduli(&record)).collect()
}

fn moduli(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(key) if key.get("purpose") == Some(&json!("device")) => vec![key["modulus"].clone()],
        Value::Object(members) => members.values().flat_map(moduli).collect(),
        Value::Array(items) => items.iter().flat_map(moduli).collect(),
        _ => Vec::new(),
    }
}

/// The moduli of the device keys that the directory knows, in hex.
fn joined_keys(cloud: &Cloud) -> Vec<Value> {
    let objects: Value = serde_json::from_str(&cloud.admin(&["objects", "--json"])).unwrap();
    let hex = |device: &Value| {
        let modulus = STANDARD.decode(device["keys"]["device"][0].as_str().unwrap()).unwrap();
        json!(model::hex(&modulus))
    };
    objects["entra"]["devices"].as_array().unwrap().iter().map(hex).collect()
}

/// The records about devices and keys; every other one can be read too.
fn on_disk(golden: &Golden) -> Vec<String> {
    let mut found = Vec::new();
    for (key, bytes) in records(golden) {
        let stage =
            || serde_json::from_slice::<Value>(&bytes).unwrap()["stage"]["is"].as_str().unwrap().to_owned();
        match &key {
            RecordKey::Device(_) | RecordKey::Successor(_) | RecordKey::Predecessor(_) => {
                record::Device::decode(&key, &bytes).unwrap();
                found.push(format!("{} {}", key.to_string().split('/').next().unwrap(), stage()));
            }
            RecordKey::Domain(_) => drop(record::Domain::decode(&key, &bytes).unwrap()),
            RecordKey::Account(_) => drop(record::Account::decode(&key, &bytes).unwrap()),
            RecordKey::Spare | RecordKey::Prepared(_) => {
                record::PreparedKeys::decode(&key, &bytes).unwrap();
                found.push(key.to_string());
            }
            RecordKey::Reserved(_) => drop(record::ReservedAccount::decode(&key, &bytes).unwrap()),
            RecordKey::LocalAccount(..) => drop(record::LocalAccount::decode(&key, &bytes).unwrap()),
            RecordKey::OfflineKey => drop(record::OfflineKey::decode(&key, &bytes).unwrap()),
            RecordKey::OfflinePassword(..) => drop(record::OfflinePassword::decode(&key, &bytes).unwrap()),
            RecordKey::Foreign(_) => panic!("{key} is of no known kind"),
        }
    }
    found
}

/// Makes or judges the golden of a test, which is named after place and stage.
fn run(test: &str) {
    let mut words = test.split("::").skip(1);
    let place = Place::named(words.next().unwrap());
    let stage = stages::named(words.next().unwrap());
    let golden = Golden::of(stage.name, place.name());
    if golden.is_there() {
        return apart(test, MACHINE_ID, golden.age(), || goes_on(&golden, place, stage));
    }
    assert!(std::env::var_os("MAKE_GOLDENS").is_some(), "{test}: there is no golden");
    apart(test, MACHINE_ID, 0, || make(&golden, place, stage));
}

fn make(golden: &Golden, place: Place, stage: &Stage) {
    loop {
        let cloud = Cloud::at(LISTEN, &["--auto-approve"]);
        let mut machine = Machine::switched_off(&cloud, stage.domains, stage.options);
        {
            let _helper = place.furnish(&machine, stage.moves);
            (stage.make)(&cloud, &mut machine, place);
            machine.kill();
        }
        golden.keep(&cloud, &machine, stage.lost);
        drop((cloud, machine));
        // The same way that every later version goes says what the status has to say, and whether the power
        // failed at the right moment.
        let (_cloud, mut machine) = golden.set_up(stage.held);
        let _helper = place.resume(&machine);
        machine.up();
        if stage.passed.is_none_or(|state| machine.log().contains(&format!("state=\"{state}\""))) {
            return golden.note(&settled(&machine, stage));
        }
    }
}

/// The directory opens, the status says what it said, and the machine goes on to a good end.
fn goes_on(golden: &Golden, place: Place, stage: &Stage) {
    let (cloud, mut machine) = golden.set_up(stage.held);
    let _helper = place.resume(&machine);
    machine.up();
    let expected = golden.said();
    let (begun, mut found) = (Instant::now(), said(&machine, stage));
    while found != expected && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
        found = said(&machine, stage);
    }
    assert!(found == expected, "then: {expected:#}\nnow: {found:#}");
    if stage.keeps_keys {
        signs_in(&machine, ALEX);
        assert_eq!(joined_keys(&cloud), device_keys(golden));
    }
    (stage.ends)(&cloud, &mut machine, place);
    machine.kill();
    assert!(!machine.log().contains("Z ERROR "), "nothing is wrong");
}

/// What is told when nothing more comes of a start for a second.
fn settled(machine: &Machine, stage: &Stage) -> Value {
    loop {
        let before = said(machine, stage);
        std::thread::sleep(Duration::from_secs(1));
        if said(machine, stage) == before {
            return before;
        }
    }
}

/// What the status says that no later version may say otherwise: words for programs and what they are about.
fn said(machine: &Machine, stage: &Stage) -> Value {
    let mut status = machine.status();
    if let (Some(_), Some(at)) = (stage.passed, status.pointer_mut("/domains/0/identity/registered_at")) {
        // It is registered since this start.
        *at = Value::Null;
    }
    let domain = |domain: &Value| {
        json!({
            "domain": domain["domain"], "tenant": domain["tenant"], "phase": domain["phase"],
            "waits_for": domain["waits_for"],
            "identity": some_of(&domain["identity"], &IDENTITY),
            "keys": list(&domain["identity"]["keys"], &["purpose", "backend"]),
            "intune": some_of(&domain["intune"], &["state", "device_id", "owner"]),
            "others": list(&domain["others"], &["role", "device_id"]),
            "ledger": list(&domain["ledger"], &["kind", "device_id"]),
        })
    };
    let domains: Vec<Value> = status["domains"].as_array().unwrap().iter().map(domain).collect();
    let left = |left: &Value| {
        let ledger = list(&left["ledger"], &["at", "request_id", "kind", "device_id"]);
        json!({ "tenant": left["tenant"], "ledger": ledger })
    };
    let left: Vec<Value> = status["left"].as_array().unwrap().iter().map(left).collect();
    json!({ "spare_keys": status["spare_keys"], "domains": domains, "left": left })
}

const IDENTITY: [&str; 8] =
    ["device_id", "thumbprint", "owner", "join_type", "registered_at", "suspended", "bound_to", "changed"];

fn some_of(value: &Value, members: &[&str]) -> Value {
    match value {
        Value::Object(object) => members.iter().map(|name| (*name, object[*name].clone())).collect(),
        other => other.clone(),
    }
}

fn list(value: &Value, members: &[&str]) -> Value {
    value.as_array().into_iter().flatten().map(|item| some_of(item, members)).collect()
}
