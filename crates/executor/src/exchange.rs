//! Tokens of Intune's client from a primary refresh token, by the route that works in the tenant (entra.md 7.6).

use crate::call::Caller;
use lifecycle::Identity;
use model::{Failure, Secret, TenantId, log_failure};
use oauth::TokenSet;
use oauth::client::COMPANY_PORTAL;
use oauth::refresh::Refresh;
use prt::exchange::Exchange;
use prt::{PrtError, TokenRoute, next_route};
use transport::RequestAuth;
use vault::Primary;

/// One work's tokens of Intune's client.
pub(crate) struct Exchanges<'a> {
    caller: &'a Caller<'a>,
    identity: &'a Identity,
    primary: &'a Primary,
    /// What route one gave for Graph; its refresh token serves every other resource.
    pub(crate) for_graph: Option<TokenSet>,
    calls: u8,
}

/// Why a route did not lead to a token.
enum RouteError {
    /// What the service says, which may call for another route.
    Service(Box<PrtError>),
    /// Anything else: no other route is tried.
    Failed(Box<Failure>),
}

impl From<Failure> for RouteError {
    fn from(failure: Failure) -> RouteError {
        RouteError::Failed(Box::new(failure))
    }
}

impl From<PrtError> for RouteError {
    fn from(error: PrtError) -> RouteError {
        RouteError::Service(Box::new(error))
    }
}

impl<'a> Exchanges<'a> {
    pub(crate) fn new(caller: &'a Caller<'a>, identity: &'a Identity, primary: &'a Primary) -> Exchanges<'a> {
        Exchanges { caller, identity, primary, for_graph: None, calls: 0 }
    }

    /// An access token for a resource; the route that worked is remembered for the tenant.
    pub(crate) async fn token(&mut self, resource: &str) -> Result<Secret<String>, Failure> {
        let tenant = self.identity.intent.tenant;
        let mut route = self.caller.executor.route(tenant);
        loop {
            let trouble = match self.by(route, resource).await {
                Ok(token) => {
                    self.caller.executor.remember_route(tenant, route);
                    return Ok(token);
                }
                Err(RouteError::Failed(failure)) => return Err(*failure),
                Err(RouteError::Service(trouble)) => trouble,
            };
            let Some(next) = next_route(route, &trouble) else { return Err(trouble.failure()) };
            let failure = trouble.failure();
            log_failure!(info, &failure, { %tenant, ?route, ?next, }, "A route to Intune's tokens is closed");
            route = next;
        }
    }

    async fn by(&mut self, route: TokenRoute, resource: &str) -> Result<Secret<String>, RouteError> {
        match route {
            TokenRoute::Redeem => self.redeem(resource).await,
            TokenRoute::PerResource => Ok(self.exchange(resource).await?.access_token),
            TokenRoute::Code => self.by_code(resource).await,
        }
    }

    async fn redeem(&mut self, resource: &str) -> Result<Secret<String>, RouteError> {
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
    async fn exchange(&mut self, resource: &str) -> Result<TokenSet, RouteError> {
        let nonce = self.caller.nonce(self.tenant()).await?;
        self.calls += 1;
        let call = self.caller.prt_call(self.tenant(), EXCHANGE + self.calls);
        let session = self.caller.session(self.primary, &nonce, self.calls);
        let request = prt::exchange::request(&Exchange { call, session, client: COMPANY_PORTAL, resource });
        let reply = self.caller.ask(request, RequestAuth::Credential).await?;
        Ok(prt::exchange::read(reply, &self.primary.key)?)
    }

    async fn by_code(&mut self, resource: &str) -> Result<Secret<String>, RouteError> {
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
pub(crate) const EXCHANGE: u8 = 30;
