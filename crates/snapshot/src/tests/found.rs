//! What is decided goes to the store and is found again; what cannot be read blocks what it is about alone.

use super::{account, at, id, identity, key, keys, snapshot};
use crate::{Recorded, failure, found, recorded_backends, to_change, upgrade};
use accounts::ReservedAccount;
use lifecycle::{Intune, Stage};
use model::{AccountPin, Backend, FailureClass, KeyPurpose, TenantPin};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io;
use store::record::{PreparedKeys, Versioned};
use store::{RecordKey, StoreError};
use tenancy_model::{Change, Found, Role};

const ROLES: [Role; 3] = [Role::Current, Role::Successor, Role::Predecessor];

/// Every kind of change that writes, and the one that takes it back.
fn changes() -> Vec<(Change, Change)> {
    let upn = || account(8).upn;
    let pin = TenantPin { tenant: id(1), issuer: "https://issuer/".to_owned() };
    let person =
        AccountPin { upn: upn(), tenant: id(1), object: id(8), first_seen: at(6), former_since: Some(at(7)) };
    let domain = || "contoso.com".parse().unwrap();
    let role = |role| {
        let snapshot = Box::new(snapshot(Stage::Registered(identity(Intune::None))));
        (Change::Identity { role, snapshot }, Change::NoIdentity { role, tenant: id(1) })
    };
    let mut changes = ROLES.map(role).to_vec();
    changes.extend([
        (Change::Domain { domain: domain(), pin, at: at(5) }, Change::NoDomain(domain())),
        (Change::Account(person), Change::NoAccount(upn())),
        (Change::Reserved(Box::new(reserved())), Change::NoReserved(upn())),
        (Change::PreparedKeys { id: id(9), keys: None }, Change::NoPreparedKeys(id(9))),
        (Change::PreparedKeys { id: id(10), keys: Some(Box::new(keys())) }, Change::NoPreparedKeys(id(10))),
    ]);
    changes
}

fn reserved() -> ReservedAccount {
    ReservedAccount {
        upn: account(8).upn,
        name: "alex".to_owned(),
        uid: 70_001,
        home: "/srv/alex".to_owned(),
        shell: None,
        reserved_at: at(4),
    }
}

/// What a store holds after these changes.
fn held(changes: &[Change]) -> Vec<store::Found> {
    let mut records = BTreeMap::new();
    for change in changes {
        match to_change(change) {
            store::Change::Put(key, bytes) => drop(records.insert(key, bytes)),
            store::Change::Delete(key) => assert!(records.remove(&key).is_some(), "{key} was never written"),
            store::Change::GiveUpMissing => panic!("{change:?}"),
        }
    }
    records.into_iter().map(|(key, bytes)| (key, Ok(bytes))).collect()
}

#[test]
fn what_is_written_is_found_and_what_is_taken_back_is_not() {
    let (written, taken): (Vec<_>, Vec<_>) = changes().into_iter().unzip();
    let all = found(held(&written), None);
    let snapshot = snapshot(Stage::Registered(identity(Intune::None)));
    let mut roles: Vec<Role> = all.identities.iter().map(|(role, _)| *role).collect();
    roles.sort();
    assert_eq!(roles, ROLES);
    assert!(all.identities.iter().all(|(_, found)| *found == snapshot));
    assert_eq!(all.domains[&"contoso.com".parse().unwrap()].issuer, "https://issuer/");
    let person = &all.accounts[&account(8).upn];
    assert_eq!((person.object, person.first_seen, person.former_since), (id(8), at(6), Some(at(7))));
    let pairs: Vec<_> =
        all.prepared.iter().map(|pair| (pair.id, pair.keys.is_some(), pair.boot_bound)).collect();
    assert_eq!(all.reserved.all, [(account(8).upn, reserved())].into());
    assert_eq!(pairs, [(id(9), false, false), (id(10), true, false)]);
    assert!(all.blocked.is_empty() && all.unreadable == Default::default());
    assert_eq!(found(held(&[written, taken].concat()), None), Found::default());
}

#[test]
fn each_change_is_of_one_record() {
    for (write, take) in changes() {
        let keys = [to_change(&write), to_change(&take)].map(|change| match change {
            store::Change::Put(key, _) | store::Change::Delete(key) => key,
            store::Change::GiveUpMissing => panic!("{write:?}"),
        });
        assert_eq!(keys[0], keys[1], "{write:?}");
    }
}

#[test]
fn one_unreadable_record_blocks_what_it_is_about_and_nothing_else() {
    let damaged = |key: &RecordKey| StoreError::Damaged { key: key.to_string(), why: "torn".to_owned() };
    let newer = br#"{"schema":99}"#.to_vec();
    let written: Vec<Change> = changes().into_iter().map(|(write, _)| write).collect();
    for place in 0..written.len() {
        for bad in [Ok(b"{".to_vec()), Ok(newer.clone()), Err(())] {
            let mut records = held(&written);
            let (key, bytes) = &mut records[place];
            let code = if bad == Ok(newer.clone()) { "StateNewer" } else { "StateDamaged" };
            *bytes = bad.map_err(|()| damaged(key));
            let key = key.clone();
            let all = found(records, None);
            let failures: Vec<&str> = all
                .blocked
                .values()
                .chain(all.unreadable.domains.values())
                .chain(all.unreadable.accounts.values())
                .chain(all.reserved.unreadable.values())
                .map(|failure| failure.code.as_str())
                .collect();
            let of_a_name = matches!(key, RecordKey::Account(_) | RecordKey::Reserved(_));
            let blocks = of_a_name || matches!(key, RecordKey::Device(_) | RecordKey::Domain(_));
            assert_eq!(failures, if blocks { vec![code] } else { vec![] }, "{key}");
            assert_eq!(all.blocked.contains_key(&id(1)), matches!(key, RecordKey::Device(_)), "{key}");
            assert_eq!(all.newer.contains(&id(1)), all.blocked.contains_key(&id(1)) && code == "StateNewer");
            let there = all.identities.len() + all.domains.len() + all.accounts.len() + all.prepared.len();
            let there = there + all.reserved.all.len();
            assert_eq!(there, written.len() - 1, "{key}");
        }
    }
}

#[test]
fn a_store_that_has_lost_records_says_so_and_how_to_go_on() {
    let lost = StoreError::Missing {
        dir: "/var/lib/firmament".to_owned(),
        what: "records.slots is not there".to_owned(),
    };
    let missing = found(Vec::new(), Some(lost)).missing.unwrap();
    assert_eq!((missing.code.as_str(), missing.class), ("StateIncomplete", FailureClass::Broken));
    assert!(
        missing.message.contains("records.slots is not there") && missing.advice.contains("leave --force")
    );
    assert_eq!(to_change(&Change::GiveUpMissing), store::Change::GiveUpMissing);
}

#[test]
fn a_record_of_another_version_is_left_alone() {
    let foreign = (RecordKey::Foreign("later/kind".to_owned()), Ok(b"?".to_vec()));
    assert_eq!(found(vec![foreign], None), Found::default());
}

#[test]
fn the_one_pair_of_before_becomes_one_of_several() {
    let pair = |text: &str| (RecordKey::Spare, Ok(text.as_bytes().to_vec()));
    let bytes = match to_change(&Change::PreparedKeys { id: id(9), keys: Some(Box::new(keys())) }) {
        store::Change::Put(_, bytes) => bytes,
        other => panic!("{other:?}"),
    };
    assert!(PreparedKeys::decode(&RecordKey::Spare, &bytes).is_ok());
    let old = [(RecordKey::Spare, Ok(bytes.clone()))];
    let kept = store::Change::Put(RecordKey::Prepared(id(9)), bytes);
    assert_eq!(upgrade(&old), [kept, store::Change::Delete(RecordKey::Spare)]);
    assert_eq!(upgrade(&[]), []);
    for text in ["", "{}", r#"{"schema":1,"id":"no id","keys":null}"#, r#"{"schema":99}"#] {
        assert_eq!(upgrade(&[pair(text)]), [], "{text}");
    }
}

#[test]
fn a_refusal_of_the_store_says_what_to_do() {
    let text = || "x".to_owned();
    for (error, code) in [
        (StoreError::Newer { key: text(), found: 2, known: 1 }, "StateNewer"),
        (StoreError::Damaged { key: text(), why: text() }, "StateDamaged"),
        (StoreError::Write { key: text(), cause: io::Error::other("full") }, "StateNotWritable"),
        (StoreError::ReadOnly(io::Error::other("mounted so")), "StateNotWritable"),
        (StoreError::InUse { dir: text() }, "State"),
        (StoreError::Open { dir: text(), cause: io::Error::other("gone") }, "State"),
    ] {
        let failure = failure(&error);
        assert_eq!((failure.code.as_str(), failure.class), (code, FailureClass::Broken), "{error}");
    }
}

#[test]
fn backends_are_told_by_the_role_of_their_identity() {
    let with = |backend| {
        let mut it = identity(Intune::None);
        it.intent.backend = backend;
        let of = |purpose| model::KeyHandle { backend, ..key(purpose, 3) };
        it.keys.device = of(KeyPurpose::Device);
        it.keys.transport = of(KeyPurpose::Transport);
        snapshot(Stage::Registered(it))
    };
    let identities = vec![
        (Role::Current, with(Backend::Soft)),
        (Role::Successor, with(Backend::Tpm)),
        (Role::Predecessor, with(Backend::Pkcs11)),
        (Role::Current, snapshot(Stage::Unregistered { retained: None })),
    ];
    let found = Found { identities, ..Found::default() };
    let recorded =
        Recorded { in_force: [Backend::Soft].into(), others: [Backend::Tpm, Backend::Pkcs11].into() };
    assert_eq!(recorded_backends(&found), recorded);
}

#[test]
fn records_of_names_are_read_by_versions_before_and_after() {
    let (tenant, object) = (id::<()>(1).to_string(), id::<()>(8).to_string());
    let earlier = serde_json::json!({ "schema": 1, "tenant": tenant, "object": object, "first_seen": 6_000 });
    let key = RecordKey::Account(account(8).upn);
    let read =
        found(vec![(key, Ok(earlier.to_string().into_bytes()))], None).accounts[&account(8).upn].clone();
    assert_eq!((read.object, read.first_seen, read.former_since), (id(8), at(6), None));
    // A name in use is written as it always was. A version that knows no former names reads the rest of one, and
    // takes it as the name of its object, which nobody else may have.
    let written = |pin: AccountPin| -> Value {
        match to_change(&Change::Account(pin)) {
            store::Change::Put(_, bytes) => serde_json::from_slice(&bytes).unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(written(read.clone()), earlier);
    let mut former = written(AccountPin { former_since: Some(at(7)), ..read });
    assert_eq!(former.as_object_mut().unwrap().remove("former_since"), Some(7_000.into()));
    assert_eq!(former, earlier);
}
