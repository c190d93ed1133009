//! Performs one piece of work with the ports and the dialects; knows no runtime.
//!
//! No work sleeps, retries or polls: what fails comes back as a [`model::Failure`] with its class.

mod call;
mod identity;
mod join;
mod leave;
mod sign_in;
pub mod snapshot;
mod turn;
mod vault;
mod verify;

pub use turn::{Hands, Machine, turn};
pub use vault::Vault;

use hsm::Keys;
use lifecycle::{Endpoints, Reply, Work};
use model::{CloudProfile, Failure, TenantId, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use transport::Transport;

/// Talks to one cloud on behalf of the machines.
pub struct Executor {
    profile: CloudProfile,
    transport: Arc<dyn Transport>,
    keys: Arc<dyn Keys>,
    vault: Arc<Vault>,
    version: String,
    endpoints: Mutex<BTreeMap<TenantId, (Endpoints, Timestamp)>>,
}

/// What an [`Executor`] is made of.
pub struct Parts {
    /// The hosts of the cloud.
    pub profile: CloudProfile,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// The private keys.
    pub keys: Arc<dyn Keys>,
    /// The secrets of sign-ins, shared by all executors of a daemon.
    pub vault: Arc<Vault>,
    /// Our version, told to the service.
    pub version: String,
}

impl Executor {
    /// An executor for one cloud.
    pub fn new(parts: Parts) -> Executor {
        let Parts { profile, transport, keys, vault, version } = parts;
        Executor { profile, transport, keys, vault, version, endpoints: Mutex::default() }
    }

    /// Performs one work of the device machine. `entropy` makes the ids of the calls.
    ///
    /// # Errors
    /// A failure with its class, how far the request got, and the ids that find it in the service's logs.
    pub async fn perform(&self, work: Work, now: Timestamp, entropy: [u8; 32]) -> Result<Reply, Failure> {
        let call = call::Caller { executor: self, now, entropy };
        let result = match work {
            Work::Discover { tenant, token } => call.discover(tenant, token).await.map(Reply::Discovered),
            Work::CreateKeys(intent) => call.create_keys(&intent).await.map(Reply::Keys),
            Work::Join(order) => call.join(&order).await.map(Reply::JoinAnswered),
            Work::ReadJoin { intent, keys, reply } => {
                call.read_join(&intent, &keys, &reply).map(|issued| Reply::Issued(Box::new(issued)))
            }
            Work::Verify { .. } => Err(verify::unavailable()),
            Work::EnrolIntune { .. } | Work::CheckIn { .. } => Err(verify::intune_unavailable()),
            Work::Retire { .. } => Ok(Reply::Retired),
            Work::Unregister { identity, token, request } => {
                call.unregister(&identity, token, request).await.map(|()| Reply::Unregistered)
            }
            Work::EraseKeys(keys) => call.erase(keys).await.map(|()| Reply::Erased),
        };
        result.map_err(|failure| stamped(failure, now))
    }

    /// Performs one work of a sign-in session.
    ///
    /// # Errors
    /// As [`Executor::perform`].
    pub async fn perform_sign_in(
        &self,
        work: signin::Work,
        now: Timestamp,
        entropy: [u8; 32],
    ) -> Result<signin::Reply, Failure> {
        let call = call::Caller { executor: self, now, entropy };
        call.sign_in(work).await.map_err(|failure| stamped(failure, now))
    }

    /// Fetches what the join will need while the person types; best effort, kept for 15 minutes.
    pub async fn prefetch_endpoints(&self, tenant: TenantId, now: Timestamp, entropy: [u8; 32]) {
        let call = call::Caller { executor: self, now, entropy };
        if let Ok(endpoints) = call.ask_discover(tenant, None).await {
            self.remember_endpoints(tenant, endpoints, now);
        }
    }

    fn remember_endpoints(&self, tenant: TenantId, endpoints: Endpoints, now: Timestamp) {
        let mut known = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(tenant, (endpoints, now));
    }

    fn known_endpoints(&self, tenant: TenantId, now: Timestamp) -> Option<Endpoints> {
        let known = self.endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let (endpoints, at) = known.get(&tenant)?;
        (now.since(*at) < ENDPOINTS_LIVE).then(|| endpoints.clone())
    }
}

fn stamped(mut failure: Failure, now: Timestamp) -> Failure {
    failure.at.get_or_insert(now);
    failure
}

const ENDPOINTS_LIVE: std::time::Duration = std::time::Duration::from_secs(15 * 60);
