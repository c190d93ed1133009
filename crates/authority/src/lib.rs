//! What the sign-in service of a cloud publishes of its tenants, metadata and signing keys: how old each may be, what
//! makes it doubtful, and one request for all who wait for it.

#![cfg_attr(not(test), deny(clippy::disallowed_methods, clippy::disallowed_types))]

use bytes::Bytes;
use discovery::metadata::Metadata;
use discovery::{DiscoveryError, jwks, metadata};
use documents::{Documents, Fetching, Seldom};
use failures::{check_clock, transport_failure};
use http::Request;
use model::{Delivery, DomainName, Failure, FailureClass, HostPort, Jwks, TenantId, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use transport::{Call, Reply, RequestAuth, Transport};

/// The sign-in service of a cloud, and what was read from it.
pub struct Authority {
    host: HostPort,
    transport: Arc<dyn Transport>,
    /// By the address of a domain's metadata.
    metadata: Documents<Metadata>,
    /// By `jwks_uri`.
    keys: Documents<Jwks>,
    /// By `jwks_uri` and the id of a key that is not among them.
    unknown: Seldom,
}

impl Authority {
    /// Reads nothing yet.
    pub fn new(host: HostPort, transport: Arc<dyn Transport>) -> Authority {
        let (metadata, keys) = (Documents::new(METADATA_LIVES), Documents::new(KEYS_LIVE));
        Authority { host, transport, metadata, keys, unknown: Seldom::new(SAME_KEY_AGAIN) }
    }

    /// The metadata of a domain, a day old at most.
    ///
    /// # Errors
    /// Those of the request, which everybody hears who waited for it, and those of the dialect.
    pub async fn metadata(&self, domain: &DomainName, now: Timestamp) -> Result<Metadata, Failure> {
        let request = metadata::request(&self.host, domain.as_str());
        let fetch = || {
            let host = self.host.clone();
            self.fetch(request.clone(), now, move |reply| metadata::read(reply, &host))
        };
        self.metadata.get(&request.uri().to_string(), now, fetch).await
    }

    /// The keys at a `jwks_uri`, an hour old at most.
    ///
    /// # Errors
    /// As [`Authority::metadata`].
    pub async fn signing_keys(&self, address: &str, now: Timestamp) -> Result<Jwks, Failure> {
        let request = jwks::request(address).map_err(|error| error.failure())?;
        self.keys.get(address, now, || self.fetch(request.clone(), now, jwks::read)).await
    }

    /// A token of the tenant bears the id of a key that is not among the tenant's, which may be newer than they are: they
    /// are read again when they are wanted next, but for the same id not at once.
    pub fn miss_key(&self, tenant: TenantId, id: &str, now: Timestamp) {
        let address = |metadata: &Metadata| (metadata.tenant == tenant).then(|| metadata.jwks_uri.clone());
        let Some(address) = self.metadata.find(|_, metadata| address(metadata)) else { return };
        let lacks = self.keys.find(|at, keys| (at == address).then(|| keys.find(id).is_none()));
        if lacks == Some(true) && self.unknown.may(&format!("{address} {id}"), now) {
            self.keys.doubt(now, Duration::ZERO, |at, _| at == address);
        }
    }

    /// A sign-in failed that the service knew by this tenant. Where it refused somebody, the domain may lead to another
    /// by now.
    pub fn doubt(&self, tenant: TenantId, failure: &Failure, now: Timestamp) {
        let refused = matches!(failure.class, FailureClass::NeedsUser | FailureClass::Denied);
        if refused && failure.delivery == Delivery::Answered {
            self.metadata.doubt(now, JUST_READ, |_, metadata| metadata.tenant == tenant);
        }
    }

    fn fetch<T: 'static>(
        &self,
        request: Request<Bytes>,
        now: Timestamp,
        read: impl FnOnce(Reply) -> Result<T, DiscoveryError> + Send + 'static,
    ) -> Fetching<T> {
        let sent = self.transport.send(Call { request, auth: RequestAuth::Nothing });
        Box::pin(async move {
            let reply = sent.await.map_err(|error| transport_failure(&error, now))?;
            check_clock(&reply, now)?;
            read(reply).map_err(|error| error.failure())
        })
    }
}

/// How old a domain's metadata may be.
const METADATA_LIVES: Duration = Duration::from_secs(24 * 60 * 60);
/// How old a tenant's signing keys may be.
const KEYS_LIVE: Duration = Duration::from_secs(60 * 60);
/// What was read so short a time ago is believed, whomever the service refuses.
const JUST_READ: Duration = Duration::from_secs(60);
/// For an id that no key has, the keys are read again once in so long.
const SAME_KEY_AGAIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
