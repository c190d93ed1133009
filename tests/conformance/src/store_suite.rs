use model::TenantId;
use store::{Change, RecordKey, Store};

/// Runs the whole suite; `open` opens the same store again after the last one was dropped.
pub fn store(open: &mut dyn FnMut() -> Box<dyn Store>) {
    let keys = [
        device(1),
        device(2),
        RecordKey::Domain("contoso.com".parse().unwrap()),
        account("alex@contoso.com"),
        RecordKey::Foreign("later/kind".to_owned()),
    ];
    let mut store = open();
    assert!(store.list().unwrap().is_empty());
    for (n, key) in keys.iter().enumerate() {
        assert!(store.get(key).unwrap().is_none());
        store.commit(&[Change::Put(key.clone(), vec![n as u8; 100 * n + 1])]).unwrap();
    }
    drop(store);
    let mut store = open();
    assert_eq!(listed(store.as_mut()).len(), keys.len());
    for (n, key) in keys.iter().enumerate() {
        assert_eq!(store.get(key).unwrap().unwrap(), vec![n as u8; 100 * n + 1]);
    }
    several_changes_are_one(store.as_mut(), &keys);
    drop(store);
    let mut store = open();
    let left = [(device(2), vec![9; 350_000]), (keys[3].clone(), vec![8]), (keys[4].clone(), vec![4; 401])];
    assert_eq!(listed(store.as_mut()), left);
    for round in 0..20_u8 {
        store.commit(&[Change::Put(device(2), vec![round; 1000])]).unwrap();
    }
    drop(store);
    let mut store = open();
    assert_eq!(store.get(&device(2)).unwrap().unwrap(), vec![19; 1000]);
    a_deleted_record_stays_deleted(store, open);
}

fn several_changes_are_one(store: &mut dyn Store, keys: &[RecordKey]) {
    let changes = [
        Change::Delete(keys[0].clone()),
        Change::Put(device(2), vec![9; 350_000]),
        Change::Delete(keys[2].clone()),
        Change::Delete(RecordKey::Domain("never.there".parse().unwrap())),
        Change::Put(keys[3].clone(), vec![8]),
    ];
    store.commit(&changes).unwrap();
}

fn a_deleted_record_stays_deleted(mut store: Box<dyn Store>, open: &mut dyn FnMut() -> Box<dyn Store>) {
    store.commit(&[Change::Delete(device(2))]).unwrap();
    assert!(store.get(&device(2)).unwrap().is_none());
    drop(store);
    assert!(open().get(&device(2)).unwrap().is_none());
}

fn listed(store: &mut dyn Store) -> Vec<(RecordKey, Vec<u8>)> {
    store.list().unwrap().into_iter().map(|(key, bytes)| (key, bytes.unwrap())).collect()
}

fn device(n: u8) -> RecordKey {
    let mut bytes = [0; 16];
    bytes[15] = n;
    RecordKey::Device(TenantId::new(model::Guid::from_bytes(bytes)))
}

fn account(name: &str) -> RecordKey {
    RecordKey::Account(name.parse().unwrap())
}
