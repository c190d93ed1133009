//! Sign-in by name and password: proved by the device once there is one, plain before.

use crate::call::Caller;
use crate::exchange::EXCHANGE;
use crate::join::token_gone;
use crate::primary::ACQUIRE;
use crate::sign_in::failure;
use lifecycle::Identity;
use model::{Failure, Nonce, Secret, Standing, TenantId, Timestamp, TokenRef, Trace, Upn, log_failure};
use oauth::{TokenSet, client};
use prt::Expected;
use prt::acquire::Credential;
use prt::exchange::Exchange;
use signin::{Reply, Scope};
use std::sync::Arc;
use transport::RequestAuth;
use vault::{Held, Primary, Tokens};

impl Caller<'_> {
    /// Whether the password is checked by the sign-in service itself.
    pub(crate) async fn ask_realm(&self, name: &Upn) -> Result<Reply, Failure> {
        let request = discovery::realm::request(&self.executor.profile.authority, name);
        let reply = self.ask(request, RequestAuth::Nothing).await?;
        let realm = discovery::realm::read(reply).map_err(|error| error.failure())?;
        Ok(Reply::Realm(match realm {
            discovery::realm::Realm::Managed => signin::Realm::Managed,
            discovery::realm::Realm::Federated => signin::Realm::Federated,
            discovery::realm::Realm::Unknown => signin::Realm::Unknown,
        }))
    }

    /// Signs in with what the person typed.
    pub(crate) async fn sign_in_by_password(
        &self,
        (tenant, name): (TenantId, &Upn),
        password: TokenRef,
        standing: Standing,
        (identity, nonce): (Option<&Identity>, Option<Nonce>),
    ) -> Result<Reply, Failure> {
        let password = self.executor.vault.password(password, self.now).ok_or_else(token_gone)?;
        match (standing, identity) {
            // A further domain of the tenant is new to the session, not to the machine.
            (_, Some(identity)) => self.device_bound(identity, name, &password, nonce).await,
            (Standing::Registered, None) => Err(token_gone()),
            (Standing::Unregistered, None) => self.plain(tenant, name, &password).await,
        }
    }

    /// Resource owner password (entra.md 2.5): no device is there yet that could prove itself.
    async fn plain(
        &self,
        tenant: TenantId,
        username: &Upn,
        password: &Secret<String>,
    ) -> Result<Reply, Failure> {
        let request = oauth::password::request(&oauth::password::Password {
            authority: &self.executor.profile.authority,
            tenant,
            username,
            password,
            resource: client::REGISTRATION,
            request_id: self.request_id(0),
        });
        let reply = self.ask(request, RequestAuth::Credential).await?;
        let (server_time, trace) = (self.server_time(&reply), self.trace(0, &reply));
        let set = oauth::password::read(reply).map_err(|error| failure(&error))?;
        Ok(Reply::Tokens(self.keep(set, Scope::Registration, (server_time, trace))))
    }

    /// A PRT that the device key vouched for. Who it is of is told by a signed id_token, which it is exchanged for,
    /// because its own is not signed (entra.md 2.10, rule 3).
    async fn device_bound(
        &self,
        identity: &Identity,
        username: &Upn,
        password: &Secret<String>,
        nonce: Option<Nonce>,
    ) -> Result<Reply, Failure> {
        let expected = Expected { tenant: identity.intent.tenant, object: None };
        let credential = Credential::Password { username, password };
        let primary = self.acquire(identity, credential, expected, nonce).await?;
        let (object, expires) = (primary.object, primary.expires);
        let held = Tokens {
            set: Arc::new(TokenSet::empty()),
            for_registration: false,
            server_time: self.now,
            trace: Trace { correlation_id: Some(self.request_id(ACQUIRE).to_string()), ..Trace::default() },
            object: Some(object),
            primary: Some(Arc::new(primary)),
        };
        Ok(Reply::Vouched(self.executor.vault.keep(Held::Tokens(Arc::new(held)), expires)))
    }

    /// The tokens that a PRT is exchanged for, a signed id_token among them, into its set: in one request where the service
    /// knows version 3.0 of the protocol, else in two.
    pub(crate) async fn exchange(
        &self,
        tenant: TenantId,
        token: TokenRef,
        nonce: &Nonce,
    ) -> Result<Reply, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        let primary = tokens.primary.as_deref().ok_or_else(token_gone)?;
        let (set, server_time) = match self.by_third_version(tenant, primary, nonce).await? {
            Some(found) => found,
            None => {
                let found = self.by_second_version(tenant, primary, nonce).await?;
                // Where the older way is refused too, it was not the version.
                self.executor.remember_third_closed(tenant);
                found
            }
        };
        let changed = self.executor.vault.change(token, |tokens| {
            (tokens.set, tokens.for_registration, tokens.server_time) = (Arc::new(set), true, server_time);
        });
        changed.map(|_| Reply::Exchanged).ok_or_else(token_gone)
    }

    /// None where the service does not take this version, as far as its refusal tells.
    async fn by_third_version(
        &self,
        tenant: TenantId,
        primary: &Primary,
        nonce: &Nonce,
    ) -> Result<Option<(TokenSet, Timestamp)>, Failure> {
        if self.executor.knows_third_closed(tenant) {
            return Ok(None);
        }
        let reply = self.ask(prt::third::request(&self.order(tenant, primary, nonce)), SECRET).await?;
        let server_time = self.server_time(&reply);
        match prt::third::read(reply, &primary.key) {
            Ok(set) => Ok(Some((set, server_time))),
            Err(error) if prt::third::is_closed(&error) => {
                let failure = error.failure();
                log_failure!(info, &failure, { %tenant, }, "Version 3.0 of the PRT protocol is not served");
                Ok(None)
            }
            Err(error) => Err(error.failure()),
        }
    }

    async fn by_second_version(
        &self,
        tenant: TenantId,
        primary: &Primary,
        nonce: &Nonce,
    ) -> Result<(TokenSet, Timestamp), Failure> {
        let reply = self.ask(prt::exchange::request(&self.order(tenant, primary, nonce)), SECRET).await?;
        let set = prt::exchange::read(reply, &primary.key).map_err(|error| error.failure())?;
        self.redeem_set(tenant, &set, client::REGISTRATION).await
    }

    fn order<'a>(&'a self, tenant: TenantId, primary: &'a Primary, nonce: &'a Nonce) -> Exchange<'a> {
        let call = self.prt_call(tenant, EXCHANGE);
        let session = self.session(primary, &nonce.value, 1);
        Exchange { call, session, client: client::BROKER, resource: client::REGISTRATION }
    }
}

const SECRET: RequestAuth = RequestAuth::Credential;
