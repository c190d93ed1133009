use crate::call::answered;
use failures::key_failure;
use hsm::Keys;
use lifecycle::DeviceKeys;
use model::{Failure, KeyPurpose};
use tenancy_model::{KeysReply, KeysWork, PairTest};

/// Performs one work with keys that belong to no identity.
///
/// # Errors
/// What the key store said, as a failure for people.
pub async fn perform_keys(keys: &dyn Keys, work: KeysWork) -> Result<KeysReply, Failure> {
    match work {
        KeysWork::Test(pair) => test(keys, &pair).await.map(KeysReply::Tested),
        KeysWork::Create { id, backend } => {
            let device = answered(keys.create(backend, KeyPurpose::Device, id)).await?;
            let transport = answered(keys.create(backend, KeyPurpose::Transport, id)).await?;
            Ok(KeysReply::Created(DeviceKeys { device, transport }))
        }
        KeysWork::Destroy(pair) => destroy(keys, pair).await.map(|()| KeysReply::Destroyed),
        KeysWork::Ready(backend) => answered(keys.ready(backend)).await.map(|_| KeysReply::Ready),
    }
}

/// Tries both keys. One that is of no use decides; a key store that cannot be used now says nothing of its keys,
/// not even whether they are bound to this machine.
async fn test(keys: &dyn Keys, pair: &DeviceKeys) -> Result<PairTest, Failure> {
    let mut found = Ok(PairTest::Usable);
    for key in [&pair.device, &pair.transport] {
        if let Err(error) = keys.self_test(key.clone()).await {
            tracing::debug!(key = key.purpose.as_str(), %error, "The key does not work");
            if error.is_of_the_key() {
                return Ok(PairTest::Lost);
            }
            found = Err(key_failure(&error));
        }
    }
    found
}

/// Tries both, whatever becomes of the first.
async fn destroy(keys: &dyn Keys, pair: DeviceKeys) -> Result<(), Failure> {
    let mut result = Ok(());
    for key in [pair.device, pair.transport] {
        if let Err(error) = keys.destroy(key).await {
            tracing::warn!(%error, "A key made ahead of time was not destroyed");
            result = Err(key_failure(&error));
        }
    }
    result
}
