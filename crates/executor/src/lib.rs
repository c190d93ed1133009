//! Performs one piece of work with the ports and the dialects; knows no runtime.
//!
//! No work sleeps, retries or polls: what fails comes back as a [`model::Failure`] with its class.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

mod call;
mod exchange;
mod identity;
mod intune;
mod intune_version;
mod join;
mod leave;
mod password;
mod prepared_keys;
mod primary;
mod rebind;
mod sign_in;
#[cfg(test)]
mod tests;
mod vault;

pub use intune_version::IntuneVersion;
pub use prepared_keys::perform_keys;
pub use vault::Vault;

use ::prt::TokenRoute;
use authority::Authority;
use documents::Documents;
use hsm::Keys;
use join::DiscoverError;
use lifecycle::{Endpoints, Identity, Reply, Work};
use model::{CloudProfile, DeviceFacts, Failure, Kdf, TenantId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use transport::Transport;

/// Talks to one cloud on behalf of the machines.
pub struct Executor {
    profile: CloudProfile,
    transport: Arc<dyn Transport>,
    keys: Arc<dyn Keys>,
    vault: Arc<Vault>,
    version: String,
    device: DeviceFacts,
    os_version: String,
    kdf: Kdf,
    intune_version: IntuneVersion,
    authority: Authority,
    endpoints: Documents<Endpoints, DiscoverError>,
    /// The route from a PRT to Intune's tokens that worked last.
    routes: Mutex<BTreeMap<TenantId, TokenRoute>>,
    /// Where version 3.0 of the PRT protocol is not served.
    without_third: Mutex<BTreeSet<TenantId>>,
}

/// What an [`Executor`] is made of.
pub struct ExecutorDependencies {
    /// The hosts of the cloud.
    pub profile: CloudProfile,
    /// Sends every request, over TLS 1.2 or later.
    pub transport: Arc<dyn Transport>,
    /// The private keys.
    pub keys: Arc<dyn Keys>,
    /// The secrets of sign-ins, shared by all executors of a daemon.
    pub vault: Arc<Vault>,
    /// Our version, told to the service.
    pub version: String,
    /// What this machine is, as it was measured.
    pub device: DeviceFacts,
    /// How requests with a session key are signed.
    pub kdf: Kdf,
    /// Which version Intune's calls name.
    pub intune_version: IntuneVersion,
}

impl Executor {
    /// An executor for one cloud.
    pub fn new(parts: ExecutorDependencies) -> Executor {
        let ExecutorDependencies { profile, transport, keys, vault, version, device, kdf, intune_version } =
            parts;
        let os_version = device.os_version.clone();
        let (routes, without_third) = Default::default();
        Executor {
            authority: Authority::new(profile.authority.clone(), transport.clone()),
            profile,
            transport,
            keys,
            vault,
            version,
            device,
            os_version,
            kdf,
            intune_version,
            endpoints: Documents::new(ENDPOINTS_LIVE),
            routes,
            without_third,
        }
    }

    /// Performs one work of the device machine. `entropy` makes the ids of the calls.
    ///
    /// # Errors
    /// A failure with its class, how far the request got, and the ids that find it in the service's logs.
    pub async fn perform(&self, work: Work, now: Timestamp, entropy: [u8; 32]) -> Result<Reply, Failure> {
        let call = call::Caller { executor: self, now, entropy };
        let result = match work {
            Work::Discover { tenant, token } => call.discover(tenant, token).await,
            Work::CreateKeys(intent) => call.create_keys(&intent).await.map(Reply::Keys),
            Work::Join(order) => call.join(&order).await.map(Reply::JoinAnswered),
            Work::ReadJoin { intent, keys, reply } => {
                call.read_join(&intent, &keys, &reply).map(|issued| Reply::Issued(Box::new(issued)))
            }
            Work::Nonce { tenant } => call.fetch_nonce(tenant).await.map(Reply::Nonce),
            Work::Verify { identity, token, nonce } => {
                call.obtain(&identity, token, nonce).await.map(|_| Reply::Verified)
            }
            Work::CreateIntuneKey { intent, backend } => {
                call.create_intune_key(&intent, backend).await.map(Reply::IntuneKey)
            }
            Work::EnrolIntune(order) => call.enrol(&order).await.map(Reply::IntuneAnswered),
            Work::ReadEnrolment { key, reply } => {
                call.read_enrolment(&key, &reply).map(|issued| Reply::IntuneIssued(Box::new(issued)))
            }
            Work::CheckIn { identity, device } => {
                call.check_in(&identity, &device).await.map(|()| Reply::CheckedIn)
            }
            Work::Rebind(identity) => call.rebind(&identity).await,
            Work::Retire { identity } => call.retire(&identity).await.map(|()| Reply::Retired),
            Work::Unregister { identity, token, request } => {
                call.unregister(&identity, token, request).await.map(|()| Reply::Unregistered)
            }
            Work::EraseKeys(keys) => call.erase(keys).await.map(|()| Reply::Erased),
        };
        result.map_err(|failure| stamped(failure, now))
    }

    /// Performs one work of a sign-in session; `identity` is the machine's in the tenant, if it has one.
    ///
    /// # Errors
    /// As [`Executor::perform`].
    pub async fn perform_sign_in(
        &self,
        work: signin::Work,
        identity: Option<&Identity>,
        now: Timestamp,
        entropy: [u8; 32],
    ) -> Result<signin::Reply, Failure> {
        let call = call::Caller { executor: self, now, entropy };
        call.sign_in(work, identity).await.map_err(|failure| stamped(failure, now))
    }

    /// Performs one work of a person's session on the registered machine.
    ///
    /// # Errors
    /// As [`Executor::perform`].
    pub async fn perform_user(
        &self,
        work: signin::UserWork,
        identity: &Identity,
        now: Timestamp,
        entropy: [u8; 32],
    ) -> Result<signin::UserReply, Failure> {
        let call = call::Caller { executor: self, now, entropy };
        call.user(work, identity).await.map_err(|failure| stamped(failure, now))
    }

    /// Fetches what the join will need beside the sign-in; best effort, kept for 15 minutes. A join that comes meanwhile
    /// waits for it.
    pub async fn prefetch_endpoints(&self, tenant: TenantId, now: Timestamp, entropy: [u8; 32]) {
        let call = call::Caller { executor: self, now, entropy };
        // Whoever joins asks again, and is told.
        drop(call.endpoints(tenant, None).await);
    }

    fn route(&self, tenant: TenantId) -> TokenRoute {
        let routes = self.routes.lock().unwrap_or_else(PoisonError::into_inner);
        routes.get(&tenant).copied().unwrap_or(TokenRoute::Redeem)
    }

    fn remember_route(&self, tenant: TenantId, route: TokenRoute) {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, route);
    }

    fn knows_third_closed(&self, tenant: TenantId) -> bool {
        self.without_third.lock().unwrap_or_else(PoisonError::into_inner).contains(&tenant)
    }

    fn remember_third_closed(&self, tenant: TenantId) {
        self.without_third.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
    }
}

fn stamped(mut failure: Failure, now: Timestamp) -> Failure {
    failure.at.get_or_insert(now);
    failure
}

const ENDPOINTS_LIVE: std::time::Duration = std::time::Duration::from_secs(15 * 60);
