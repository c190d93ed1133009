//! What passwords are checked by without the network, to and from its records.

use crate::found::damaged;
use crate::pieces::{read_key, write_key};
use model::Timestamp;
use offline::{Change, Check, Cost, Found, Key, Person, Verifier};
use std::time::Duration;
use store::record::{self, Versioned};
use store::{RecordKey, SCHEMA, StoreError};

/// A change of it, as the store makes it durable.
pub(crate) fn offline_to_change(change: &Change) -> store::Change {
    match change {
        Change::Key(key) => store::Change::Put(RecordKey::OfflineKey, key_to_record(key).encode()),
        Change::NoKey => store::Change::Delete(RecordKey::OfflineKey),
        Change::Verifier(it) => {
            let key = RecordKey::OfflinePassword(it.tenant, it.object);
            store::Change::Put(key, verifier_to_record(it).encode())
        }
        Change::NoVerifier((tenant, object)) => {
            store::Change::Delete(RecordKey::OfflinePassword(*tenant, *object))
        }
    }
}

/// Takes in what can be read; who is of another record has to sign in with the network once.
pub(crate) fn take_in(found: &mut Found, key: &RecordKey, bytes: Result<Vec<u8>, StoreError>) {
    let read = bytes.and_then(|bytes| match key {
        RecordKey::OfflinePassword(tenant, object) => {
            verifier_from_record((*tenant, *object), key, &bytes).map(|it| found.verifiers.push(it))
        }
        _ => key_from_record(key, &bytes).map(|it| found.key = Some(it)),
    });
    if let Err(error) = read {
        let failure = crate::failure(&error);
        model::log_failure!(
            warn,
            &failure,
            {},
            "What a password is checked by without the network cannot be read"
        );
    }
}

fn key_to_record(key: &Key) -> record::OfflineKey {
    let (id, backend, key) = match key {
        Key::Wanted(id, backend) => (*id, *backend, None),
        Key::Made(key) => (key.intent, key.backend, Some(write_key(key))),
    };
    record::OfflineKey { schema: SCHEMA, id: id.to_string(), backend: backend.as_str().to_owned(), key }
}

fn key_from_record(key: &RecordKey, bytes: &[u8]) -> Result<Key, StoreError> {
    let record = record::OfflineKey::decode(key, bytes)?;
    if let Some(handle) = &record.key {
        let handle = read_key(handle).map_err(|error| damaged(key, &error.to_string()))?;
        return Ok(Key::Made(Box::new(handle)));
    }
    let id = record.id.parse().map_err(|_| damaged(key, "id is no GUID"))?;
    let backend = record.backend.parse().map_err(|_| damaged(key, "backend is none"))?;
    Ok(Key::Wanted(id, backend))
}

fn verifier_to_record(it: &Verifier) -> record::OfflinePassword {
    record::OfflinePassword {
        schema: SCHEMA,
        salt: record::Bytes(it.check.salt.to_vec()),
        mac: record::Bytes(it.check.mac.to_vec()),
        memory: it.check.cost.memory,
        passes: it.check.cost.passes,
        proved_at: it.proved_at.as_millis(),
        highest_clock: it.highest_clock.as_millis(),
        used: u64::try_from(it.used.as_millis()).unwrap_or(u64::MAX),
        logins: it.logins,
        failures: it.failures,
    }
}

fn verifier_from_record(
    (tenant, object): Person,
    key: &RecordKey,
    bytes: &[u8],
) -> Result<Verifier, StoreError> {
    let record = record::OfflinePassword::decode(key, bytes)?;
    let salt = record.salt.0.try_into().map_err(|_| damaged(key, "salt has not 16 bytes"))?;
    let mac = record.mac.0.try_into().map_err(|_| damaged(key, "mac has not 32 bytes"))?;
    Ok(Verifier {
        tenant,
        object,
        check: Check { salt, mac, cost: Cost { memory: record.memory, passes: record.passes } },
        proved_at: Timestamp::from_millis(record.proved_at),
        highest_clock: Timestamp::from_millis(record.highest_clock),
        used: Duration::from_millis(record.used),
        mark: Duration::ZERO,
        logins: record.logins,
        failures: record.failures,
    })
}
