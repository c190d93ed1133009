//! The keys of an identity, bound to the machine as it is now; without the network.

use crate::call::{Caller, answered};
use lifecycle::{DeviceKeys, Identity, Reply};
use model::{Failure, KeyHandle};

impl Caller<'_> {
    /// All keys of the identity in new handles, or none.
    pub(crate) async fn rebind(&self, identity: &Identity) -> Result<Reply, Failure> {
        let device = self.bound(&identity.keys.device).await?;
        let transport = self.bound(&identity.keys.transport).await?;
        let intune = match identity.intune.key() {
            Some(key) => Some(self.bound(key).await?),
            None => None,
        };
        Ok(Reply::Rebound { keys: DeviceKeys { device, transport }, intune })
    }

    /// A new handle takes the place of the old one for good, so it has to prove first that it works.
    async fn bound(&self, key: &KeyHandle) -> Result<KeyHandle, Failure> {
        let bound = answered(self.executor.keys.rebind(key.clone())).await?;
        answered(self.executor.keys.self_test(bound.clone())).await?;
        Ok(bound)
    }
}
