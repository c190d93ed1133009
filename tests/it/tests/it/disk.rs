//! The state directory, as another version of the daemon would have left it.

use crate::harness::Machine;
use host::{auth, machine};
use hsm_soft::SoftHsm;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use store::{Change, Found, RecordKey, Store, StoreError};
use store_sled::SledStore;

/// Edits the first record whose key begins so, and gives what is there now; the daemon must not run.
pub(crate) fn edit_record(machine: &Machine, start: &str, edit: impl Fn(&mut Value)) -> Value {
    let mut store = open_store(&machine.path("state"), &machine.path("hsm-pin"));
    let begins = |key: &RecordKey| key.to_string().starts_with(start);
    let (key, bytes) = store.list().unwrap().into_iter().find(|(key, _)| begins(key)).unwrap();
    let mut record: Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
    let before = record.clone();
    edit(&mut record);
    if record != before {
        store.commit(&[Change::Put(key, record.to_string().into_bytes())]).unwrap();
    }
    record
}

/// Every record by its key, as it is written; the daemon must not run.
pub(crate) fn records(machine: &Machine) -> BTreeMap<String, String> {
    let found = open_store(&machine.path("state"), &machine.path("hsm-pin")).list().unwrap();
    let plain = |(key, bytes): Found| (key.to_string(), String::from_utf8(bytes.unwrap()).unwrap());
    found.into_iter().map(plain).collect()
}

/// Opens a state directory with its auth value.
pub(crate) fn open_store(state: &Path, auth_value: &Path) -> SledStore {
    let value = auth::load_or_make(None, auth_value).unwrap().value;
    let hsm = SoftHsm::new(value, machine::measure(Path::new("/")), "a test");
    let key = hsm.store_key().unwrap();
    loop {
        // A program that another test is starting inherits the lock until its exec.
        match SledStore::open(state, &key) {
            Err(StoreError::InUse { .. }) => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
}
