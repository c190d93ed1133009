//! Tokens of Intune's client from a primary refresh token, in the way that works in the tenant (entra.md 7.6).

use crate::call::Caller;
use crate::vault::Primary;
use lifecycle::Identity;
use model::{Failure, Secret, TenantId, log_failure};
use oauth::TokenSet;
use oauth::client::COMPANY_PORTAL;
use oauth::refresh::Refresh;
use prt::exchange::Exchange;
use prt::{PrtError, Way, next_way};
use transport::RequestAuth;

/// One work's tokens of Intune's client.
pub(crate) struct Exchanges<'a> {
    caller: &'a Caller<'a>,
    identity: &'a Identity,
    primary: &'a Primary,
    /// What way one gave for Graph; its refresh token serves every other resource.
    for_graph: Option<TokenSet>,
    calls: u8,
}

/// Why a way did not lead to a token.
enum Trouble {
    /// What the service says, which may call for another way.
    Service(Box<PrtError>),
    /// Anything else.
    Failed(Box<Failure>),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble::Failed(Box::new(failure))
    }
}

impl From<PrtError> for Trouble {
    fn from(error: PrtError) -> Trouble {
        Trouble::Service(Box::new(error))
    }
}

impl<'a> Exchanges<'a> {
    pub(crate) fn new(caller: &'a Caller<'a>, identity: &'a Identity, primary: &'a Primary) -> Exchanges<'a> {
        Exchanges { caller, identity, primary, for_graph: None, calls: 0 }
    }

    /// An access token for a resource; the way that worked is remembered for the tenant.
    pub(crate) async fn token(&mut self, resource: &str) -> Result<Secret<String>, Failure> {
        let tenant = self.identity.intent.tenant;
        let mut way = self.caller.executor.way(tenant);
        loop {
            let trouble = match self.by(way, resource).await {
                Ok(token) => {
                    self.caller.executor.remember_way(tenant, way);
                    return Ok(token);
                }
                Err(Trouble::Failed(failure)) => return Err(*failure),
                Err(Trouble::Service(trouble)) => trouble,
            };
            let Some(next) = next_way(way, &trouble) else { return Err(trouble.failure()) };
            let failure = trouble.failure();
            log_failure!(info, &failure, { %tenant, ?way, ?next, }, "A way to Intune's tokens is closed");
            way = next;
        }
    }

    async fn by(&mut self, way: Way, resource: &str) -> Result<Secret<String>, Trouble> {
        match way {
            Way::Redeem => self.redeem(resource).await,
            Way::PerResource => Ok(self.exchange(resource).await?.access_token),
            Way::Code => self.by_code(resource).await,
        }
    }

    async fn redeem(&mut self, resource: &str) -> Result<Secret<String>, Trouble> {
        if self.for_graph.is_none() {
            let graph = format!("https://{}", self.caller.executor.profile.graph);
            self.for_graph = Some(self.exchange(&graph).await?);
        }
        let graph = self.for_graph.as_ref().ok_or(PrtError::Missing("access_token"))?;
        if resource == self.graph() {
            return Ok(Secret::new(graph.access_token.expose().clone()));
        }
        let refresh_token = graph.refresh_token.as_ref().ok_or(PrtError::Missing("refresh_token"))?;
        let request = prt::exchange::redeem(&Refresh {
            authority: &self.caller.executor.profile.authority,
            tenant: self.identity.intent.tenant,
            refresh_token,
            resource,
            request_id: self.caller.request_id(REDEEM),
        });
        let reply = self.caller.ask(request, RequestAuth::Credential).await?;
        Ok(prt::exchange::read_redeemed(reply)?.access_token)
    }

    /// One signed request.
    async fn exchange(&mut self, resource: &str) -> Result<TokenSet, Trouble> {
        self.exchange_as(COMPANY_PORTAL, resource).await
    }

    async fn exchange_as(&mut self, client: &str, resource: &str) -> Result<TokenSet, Trouble> {
        let nonce = self.caller.nonce(self.tenant()).await?;
        self.calls += 1;
        let call = self.caller.prt_call(self.tenant(), EXCHANGE + self.calls);
        let session = self.caller.session(self.primary, &nonce, self.calls);
        let request = prt::exchange::request(&Exchange { call, session, client, resource });
        let reply = self.caller.ask(request, RequestAuth::Credential).await?;
        Ok(prt::exchange::read(reply, &self.primary.key)?)
    }

    /// The broker's own tokens for a resource, for a person whose password the device vouched for.
    pub(crate) async fn broker_tokens(&mut self, resource: &str) -> Result<TokenSet, Failure> {
        match self.exchange_as(oauth::client::BROKER, resource).await {
            Ok(set) => Ok(set),
            Err(Trouble::Service(error)) => Err(error.failure()),
            Err(Trouble::Failed(failure)) => Err(*failure),
        }
    }

    async fn by_code(&mut self, resource: &str) -> Result<Secret<String>, Trouble> {
        let nonce = self.caller.nonce(self.tenant()).await?;
        self.calls += 1;
        let target = prt::code::Target { client: COMPANY_PORTAL, resource };
        let order = prt::code::Authorize {
            call: self.caller.prt_call(self.tenant(), EXCHANGE + self.calls),
            session: self.caller.session(self.primary, &nonce, self.calls),
            certificate: &self.identity.issued.certificate,
            target,
        };
        let to_sign = prt::code::to_sign(&order);
        let signature = self.caller.signature(&self.identity.keys.device, &to_sign).await?;
        let request = prt::code::request(&order, &to_sign, &signature);
        let reply = self.caller.ask(request, RequestAuth::Credential).await?;
        let code = prt::code::read(reply, &target)?;
        let call = self.caller.prt_call(self.tenant(), REDEEM);
        let reply =
            self.caller.ask(prt::code::redeem(&call, &target, &code), RequestAuth::Credential).await?;
        Ok(prt::code::read_tokens(reply)?.access_token)
    }

    fn tenant(&self) -> TenantId {
        self.identity.intent.tenant
    }

    fn graph(&self) -> &'static str {
        intune::ids::GRAPH
    }
}

/// Numbers of the calls of one work, which tell their ids apart.
const REDEEM: u8 = 20;
const EXCHANGE: u8 = 30;
