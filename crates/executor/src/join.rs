use crate::call::{Caller, answered};
use documents::Fetching;
use drs::join::{Expected, Join};
use failures::{check_clock, transport_failure};
use lifecycle::{DeviceKeys, EndpointSource, Endpoints, Intent, Issued, JoinOrder, Reply, StoredReply};
use model::{
    CloudProfile, Failure, FailureClass, KeyHandle, KeyPurpose, TenantId, TokenRef, Who, log_failure,
};
use std::sync::Arc;
use transport::{Call, RequestAuth};
use vault::Tokens;

impl Caller<'_> {
    /// Where to join: what was fetched while the person typed, else Discover without a token, else with
    /// one, else the documented endpoints of the cloud.
    pub(crate) async fn discover(&self, tenant: TenantId, token: TokenRef) -> Result<Reply, Failure> {
        let found = match self.endpoints(tenant, None).await {
            Err(DiscoverError::NeedsToken) => {
                let tokens = self.registration_tokens(tenant, token).await?;
                self.endpoints(tenant, Some(&tokens)).await
            }
            other => other,
        };
        match found {
            Ok(endpoints) => Ok(Reply::Discovered(endpoints)),
            Err(DiscoverError::ClockSkew(failure)) => Err(*failure),
            Err(error) => Ok(self.documented(tenant, error)),
        }
    }

    /// The documented endpoints of the cloud, and why they serve.
    fn documented(&self, tenant: TenantId, error: DiscoverError) -> Reply {
        let why = match error {
            DiscoverError::NeedsToken => discovery::DiscoveryError::NeedsToken.failure(),
            DiscoverError::ClockSkew(failure) | DiscoverError::Failed(failure) => *failure,
        };
        log_failure!(info, &why, { %tenant, }, "Discover failed: the documented endpoints are used");
        let message = format!("{}; the documented endpoints of the cloud are used", why.message);
        let advice = "Nothing has to be done unless the join fails too.".to_owned();
        let why = Box::new(Failure { message, advice, at: Some(self.now), ..why });
        let documented = discovery::drs::documented(&self.executor.profile.drs);
        Reply::Documented(endpoints(documented, EndpointSource::Documented), why)
    }

    /// What Discover says, with a token or without: one call for all who wait for it.
    pub(crate) async fn endpoints(
        &self,
        tenant: TenantId,
        tokens: Option<&Tokens>,
    ) -> Result<Endpoints, DiscoverError> {
        // Without a token the service may refuse what it tells with one.
        let name = format!("{tenant} {}", if tokens.is_some() { "with a token" } else { "for all" });
        let known = &self.executor.endpoints;
        known.get(&name, self.now, || self.ask_discover(tenant, tokens)).await
    }

    /// One Discover call.
    fn ask_discover(&self, tenant: TenantId, tokens: Option<&Tokens>) -> Fetching<Endpoints, DiscoverError> {
        let (token, auth) = match tokens {
            Some(tokens) => (Some(&tokens.set.access_token), RequestAuth::Credential),
            None => (None, RequestAuth::Nothing),
        };
        let CloudProfile { drs, authority, .. } = self.executor.profile.clone();
        let request = discovery::drs::request(&drs, tenant, token, self.request_id(DISCOVER));
        let (sent, now) = (self.executor.transport.send(Call { request, auth }), self.now);
        Box::pin(async move {
            let reply = sent.await.map_err(|error| transport_failure(&error, now))?;
            check_clock(&reply, now).map_err(|failure| DiscoverError::ClockSkew(Box::new(failure)))?;
            match discovery::drs::read(reply, &drs, &authority) {
                Ok(found) => Ok(endpoints(found, EndpointSource::Discovered)),
                Err(discovery::DiscoveryError::NeedsToken) => Err(DiscoverError::NeedsToken),
                Err(error) => Err(DiscoverError::Failed(Box::new(error.failure()))),
            }
        })
    }

    /// Makes both keys of an intent.
    pub(crate) async fn create_keys(&self, intent: &Intent) -> Result<DeviceKeys, Failure> {
        let device = self.create(KeyPurpose::Device, intent).await?;
        let transport = self.create(KeyPurpose::Transport, intent).await?;
        Ok(DeviceKeys { device, transport })
    }

    async fn create(&self, purpose: KeyPurpose, intent: &Intent) -> Result<KeyHandle, Failure> {
        answered(self.executor.keys.create(intent.backend, purpose, intent.id)).await
    }

    /// Sends the join request; a 401 redeems the token once more before it counts.
    pub(crate) async fn join(&self, order: &JoinOrder) -> Result<StoredReply, Failure> {
        let csr = self.certificate_request(&order.keys.device).await?;
        let tokens = self.registration_tokens(order.intent.tenant, order.token).await?;
        match self.post_join(order, &csr, &tokens).await {
            Err(failure) if failure.trace.http_status == Some(401) => {
                let tokens = self.redeem_registration(order.intent.tenant, order.token).await?;
                self.post_join(order, &csr, &tokens).await
            }
            other => other,
        }
    }

    async fn certificate_request(&self, key: &KeyHandle) -> Result<Vec<u8>, Failure> {
        let to_sign = drs::join::to_sign(&key.public).map_err(|error| error.failure())?;
        let signature = self.signature(key, &to_sign).await?;
        drs::join::assemble(&to_sign, &signature).map_err(|error| error.failure())
    }

    async fn post_join(
        &self,
        order: &JoinOrder,
        csr: &[u8],
        tokens: &Tokens,
    ) -> Result<StoredReply, Failure> {
        let join = Join {
            endpoint: &order.endpoints.join,
            version: &order.endpoints.join_version,
            token: &tokens.set.access_token,
            certificate_request: csr,
            transport_key: &order.keys.transport.public,
            target_domain: &order.domain,
            facts: &order.device,
            join_type: order.intent.join_type,
            request_id: order.request,
            client_version: &self.executor.version,
        };
        let request = drs::join::request(&join).map_err(|error| error.failure())?;
        // Not `ask`: a reply that says "made" is stored whatever our clock says.
        let reply = self.send(request, RequestAuth::Credential).await?;
        if !reply.status().is_success() {
            check_clock(&reply, self.now)?;
        }
        let answered = drs::join::read(reply).map_err(|error| error.failure_of_join())?;
        Ok(StoredReply { status: answered.status, body: answered.body, trace: answered.trace, at: self.now })
    }

    /// Parses and checks what is on disk.
    pub(crate) fn read_join(
        &self,
        intent: &Intent,
        keys: &DeviceKeys,
        reply: &StoredReply,
    ) -> Result<Issued, Failure> {
        let expected = Expected { device_key: &keys.device.public, tenant: intent.tenant, now: reply.at };
        let joined = drs::join::parse(&reply.body, &expected).map_err(|error| error.failure())?;
        Ok(Issued {
            device: joined.device,
            certificate: joined.certificate,
            thumbprint: joined.thumbprint,
            not_before: joined.not_before,
            not_after: joined.not_after,
            warnings: joined.warnings,
        })
    }

    /// The person's tokens with an access token for registration, redeemed if it is not for that yet.
    pub(crate) async fn registration_tokens(
        &self,
        tenant: TenantId,
        token: TokenRef,
    ) -> Result<Arc<Tokens>, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        // One that is over is redeemed before it is refused, where it can be.
        let lives_until = tokens.server_time.after(tokens.set.expires_in);
        let is_over = lives_until <= self.now.after(MARGIN) && tokens.set.refresh_token.is_some();
        match tokens.for_registration && !is_over {
            true => Ok(tokens),
            false => self.redeem_registration(tenant, token).await,
        }
    }
}

/// Why Discover gave no endpoints.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum DiscoverError {
    /// The service wants a token for it.
    #[error("NeedsToken")]
    NeedsToken,
    /// The clock of this machine is too far from the service's for anything else.
    #[error("{}", .0.code)]
    ClockSkew(Box<Failure>),
    /// Anything else: the cloud's documented endpoints are used.
    #[error("{}", .0.code)]
    Failed(Box<Failure>),
}

impl From<Failure> for DiscoverError {
    fn from(failure: Failure) -> DiscoverError {
        DiscoverError::Failed(Box::new(failure))
    }
}

fn endpoints(found: discovery::drs::DrsEndpoints, source: EndpointSource) -> Endpoints {
    Endpoints { join: found.join, join_version: found.join_version, source }
}

pub(crate) fn token_gone() -> Failure {
    Failure::local(
        FailureClass::NeedsUser,
        Who::User,
        "SignInExpired",
        "the sign-in that this step needs is over".to_owned(),
        "Sign in again.",
    )
}

const DISCOVER: u8 = 1;
/// What a request may take on its way with an access token.
const MARGIN: std::time::Duration = std::time::Duration::from_secs(60);
