//! State directories as years of use leave them: one identity that was really registered and enrolled, copied for
//! each tenant, and records of people.
//!
//! The copies share their keys: what a start reads, tries and keeps of them is as long as if each had its own.

use host::{auth, machine};
use hsm_soft::SoftHsm;
use it::harness::{Cloud, Machine, wait_for};
use std::fs;
use std::path::Path;
use store::record::{self, Versioned};
use store::{Change, RecordKey, SCHEMA, Store};
use store_sled::SledStore;

const DOMAIN: &str = "contoso.com";
const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// What one registered and enrolled tenant has on the disk.
pub(crate) struct Template {
    machine: Machine,
    /// Key and record as text.
    records: Vec<(String, String)>,
}

impl Template {
    pub(crate) fn made(cloud: &Cloud) -> Template {
        let mut machine = Machine::configured(cloud, DOMAIN, OPTIONS);
        assert!(machine.sign_in("alex@contoso.com").status.success());
        wait_for("the enrolment", || machine.domain()["phase"] == "intune_enrolled");
        machine.stop();
        let found = open(&machine).list().unwrap();
        let text = |(key, bytes): store::Found| (key.to_string(), String::from_utf8(bytes.unwrap()).unwrap());
        Template { records: found.into_iter().map(text).collect(), machine }
    }

    /// A machine that has so many of both, before its daemon runs.
    pub(crate) fn machine(&self, cloud: &Cloud, tenants: usize, people: usize) -> Machine {
        let domains: Vec<String> = (0..tenants).map(domain).collect();
        let machine = Machine::switched_off(cloud, &domains.join(","), OPTIONS);
        fs::copy(self.machine.path("hsm-pin"), machine.path("hsm-pin")).unwrap();
        let mut store = open(&machine);
        for n in 0..tenants {
            store.commit(&self.of_tenant(n)).unwrap();
        }
        let people: Vec<usize> = (0..people).collect();
        for some in people.chunks(100) {
            let changes: Vec<Change> =
                some.iter().flat_map(|person| of_person(*person, person % tenants)).collect();
            store.commit(&changes).unwrap();
        }
        machine
    }

    fn of_tenant(&self, n: usize) -> Vec<Change> {
        let renamed = |text: &str| text.replace(TENANT, &tenant(n)).replace(DOMAIN, &domain(n));
        let of_one = self.records.iter().filter(|(key, _)| key.contains(TENANT) || key.contains(DOMAIN));
        of_one
            .map(|(key, text)| {
                Change::Put(RecordKey::from(renamed(key).as_str()), renamed(text).into_bytes())
            })
            .collect()
    }
}

/// Whom a name of a tenant was first seen with here.
pub(crate) fn seen(n: usize, of: usize) -> Change {
    let pin = record::Account {
        schema: SCHEMA,
        tenant: tenant(of),
        object: object(n, of),
        first_seen: AT,
        former_since: None,
    };
    Change::Put(RecordKey::Account(person(n, of).parse().unwrap()), pin.encode())
}

/// Somebody who has logged in here.
fn of_person(n: usize, of: usize) -> [Change; 2] {
    let (upn, object) = (person(n, of), object(n, of));
    let uid = 1_900_000_000 + u32::try_from(n).unwrap();
    let account = record::LocalAccount {
        schema: SCHEMA,
        name: upn.clone(),
        uid,
        gid: uid,
        home: format!("/home/{upn}"),
        shell: "/bin/bash".to_owned(),
        first_seen: AT,
        last_online: AT,
        groups: Vec::new(),
        barred: None,
        upn,
    };
    let local = RecordKey::LocalAccount(tenant(of).parse().unwrap(), object.parse().unwrap());
    [seen(n, of), Change::Put(local, account.encode())]
}

/// The state directory of a machine whose daemon does not run.
pub(crate) fn open(machine: &Machine) -> SledStore {
    let value = auth::load_or_make(None, &machine.path("hsm-pin")).unwrap().value;
    let hsm = SoftHsm::new(value, machine::measure(Path::new("/")), "a measurement");
    SledStore::open(&machine.path("state"), &hsm.store_key().unwrap()).unwrap()
}

pub(crate) fn domain(n: usize) -> String {
    format!("d{n}.example")
}

pub(crate) fn tenant(n: usize) -> String {
    format!("{:08x}-2222-4333-8444-555555555555", n + 1)
}

pub(crate) fn person(n: usize, of: usize) -> String {
    format!("person{n}@{}", domain(of))
}

pub(crate) fn object(n: usize, of: usize) -> String {
    format!("{n:08x}-5555-4666-8777-{of:012x}")
}

const OPTIONS: &str = "apply_policy = true";
/// When everybody came, in milliseconds since 1970.
const AT: i64 = 1_790_000_000_000;
