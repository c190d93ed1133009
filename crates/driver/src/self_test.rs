//! Proves from time to time that every key of an identity still works: at the start, when there is a new one,
//! and once a day.

use crate::shared::Shared;
use crate::works::rest;
use executor::keys_of;
use hsm::{HsmError, Job};
use model::{FailureClass, KeyHandle, TenantId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;

/// How the last test of one key ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyTest {
    /// When.
    pub at: Timestamp,
    /// What the key store said, unless all was well.
    pub problem: Option<String>,
    /// The component of the machine that the key store found changed, if that was it.
    pub changed: Option<String>,
}

/// The last test of each key, by tenant and handle: the same key bound anew is to be tested anew.
pub(crate) type KeyTests = BTreeMap<(TenantId, Vec<u8>), KeyTest>;

/// Tests as long as the driver lives.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut changes = shared.happenings.subscribe();
    loop {
        for (tenant, key) in due(&shared) {
            test(&shared, tenant, key).await;
        }
        let tomorrow = shared.clock.now().after(DAY);
        let changed = async {
            // A change may have brought a key; one that was missed is found at the next.
            matches!(changes.recv().await, Ok(_) | Err(RecvError::Lagged(_)))
        };
        tokio::select! {
            goes_on = changed => if !goes_on { return },
            () = rest(&*shared.clock, Some(tomorrow)) => {}
        }
    }
}

/// Tests every key once more that did not work at its last test.
pub(crate) async fn again(shared: &Shared) {
    shared.key_tests.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, test| test.problem.is_none());
    for (tenant, key) in due(shared) {
        test(shared, tenant, key).await;
    }
}

/// The keys that were not tested for a day, or never.
fn due(shared: &Shared) -> Vec<(TenantId, KeyHandle)> {
    let tenants: Vec<TenantId> = shared.tenants().keys().copied().collect();
    let keys = tenants.into_iter().filter_map(|tenant| Some((tenant, shared.identity(tenant)?)));
    let all: Vec<_> = keys
        .flat_map(|(tenant, it)| keys_of(&it).cloned().map(move |key| (tenant, key)).collect::<Vec<_>>())
        .collect();
    let now = shared.clock.now();
    let tests = shared.key_tests.lock().unwrap_or_else(PoisonError::into_inner);
    let rests = |(tenant, key): &(TenantId, KeyHandle)| {
        let last = tests.get(&(*tenant, key.wrapped.clone()));
        last.is_some_and(|last| now.since(last.at) < DAY)
    };
    all.into_iter().filter(|one| !rests(one)).collect()
}

async fn test(shared: &Shared, tenant: TenantId, key: KeyHandle) {
    let (purpose, name) = (key.purpose, (tenant, key.wrapped.clone()));
    let result = shared.keys.call(Job::SelfTest(key)).await;
    if let Err(error) = &result
        && error.class() == FailureClass::Transient
    {
        // It says nothing of the key: the next occasion asks again.
        return tracing::debug!(%tenant, key = purpose.word(), "The key could not be tested: {error}");
    }
    let error = result.err();
    let problem = error.as_ref().map(ToString::to_string);
    let changed = match error {
        Some(HsmError::OtherMachine(component)) => Some(component),
        Some(HsmError::BootState(_)) => Some(hsm::binding::BOOT_STATE.to_owned()),
        _ => None,
    };
    match &problem {
        None => tracing::info!(%tenant, key = purpose.word(), "The key works"),
        Some(problem) => tracing::error!(%tenant, key = purpose.word(), "The key does not work: {problem}"),
    }
    let test = KeyTest { at: shared.clock.now(), problem, changed };
    shared.key_tests.lock().unwrap_or_else(PoisonError::into_inner).insert(name, test);
}

const DAY: Duration = Duration::from_secs(24 * 3600);
