//! Proves from time to time that every key of an identity still works: at the start, when there is a new one,
//! and once a day.

use crate::computer::Ports;
use hsm::HsmError;
use in_flight::rest;
use model::{FailureClass, KeyHandle, TenantId};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::RecvError;
use views::KeyTest;

/// Tests as long as the driver lives.
pub(crate) async fn run(ports: Arc<Ports>) {
    let mut changes = ports.views.changes.subscribe();
    loop {
        for (tenant, key) in due(&ports) {
            test(&ports, tenant, key).await;
        }
        let tomorrow = ports.clock.now().after(DAY);
        let changed = async {
            // A change may have brought a key; one that was missed is found at the next.
            matches!(changes.recv().await, Ok(_) | Err(RecvError::Lagged(_)))
        };
        tokio::select! {
            goes_on = changed => if !goes_on { return },
            () = rest(&*ports.clock, Some(tomorrow)) => {}
        }
    }
}

/// Tests every key now, whenever it was tested last.
///
/// # Errors
/// What kept a key from being tested, which says nothing of the key.
pub(crate) async fn all(ports: &Ports) -> Result<(), HsmError> {
    ports.views.key_tests().clear();
    for (tenant, key) in due(ports) {
        test(ports, tenant, key).await.map_or(Ok(()), Err)?;
    }
    Ok(())
}

/// Tests every key once more that did not work at its last test.
pub(crate) async fn again(ports: &Ports) {
    ports.views.key_tests().retain(|_, test| test.problem.is_none());
    for (tenant, key) in due(ports) {
        test(ports, tenant, key).await;
    }
}

/// The keys that were not tested for a day, or never.
fn due(ports: &Ports) -> Vec<(TenantId, KeyHandle)> {
    let keys = ports.views.identities().into_iter();
    let all: Vec<_> = keys
        .flat_map(|(tenant, it)| it.all_keys().cloned().map(move |key| (tenant, key)).collect::<Vec<_>>())
        .collect();
    let now = ports.clock.now();
    let tests = ports.views.key_tests();
    let rests = |(tenant, key): &(TenantId, KeyHandle)| {
        let last = tests.get(&(*tenant, key.wrapped.clone()));
        last.is_some_and(|last| now.since(last.at) < DAY)
    };
    all.into_iter().filter(|one| !rests(one)).collect()
}

/// Tests a key, and gives what kept it from being tested, where something did.
async fn test(ports: &Ports, tenant: TenantId, key: KeyHandle) -> Option<HsmError> {
    let (purpose, name) = (key.purpose, (tenant, key.wrapped.clone()));
    let error = ports.keys.self_test(key).await.err();
    if let Some(error) = error.clone().filter(|error| error.class() == FailureClass::Transient) {
        // It says nothing of the key: the next occasion asks again.
        tracing::debug!(%tenant, key = purpose.as_str(), %error, "The key could not be tested");
        return Some(error);
    }
    let problem = error.as_ref().map(ToString::to_string);
    let changed = match error {
        Some(HsmError::OtherMachine(component)) => Some(component),
        Some(HsmError::BootState(_)) => Some(hsm::binding::BOOT_STATE.to_owned()),
        _ => None,
    };
    match &problem {
        None => tracing::info!(%tenant, key = purpose.as_str(), "The key works"),
        Some(problem) => tracing::error!(%tenant, key = purpose.as_str(), problem, "The key does not work"),
    }
    let test = KeyTest { at: ports.clock.now(), problem, changed };
    ports.views.key_tests().insert(name, test);
    None
}

const DAY: Duration = Duration::from_secs(24 * 3600);
