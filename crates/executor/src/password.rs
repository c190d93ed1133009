//! Sign-in by name and password: proved by the device once there is one, plain before.

use crate::call::Caller;
use crate::exchange::Exchanges;
use crate::join::token_gone;
use crate::primary::ACQUIRE;
use crate::sign_in::failure;
use crate::vault::{Held, Primary, Tokens};
use lifecycle::Identity;
use model::{Failure, Secret, Standing, TenantId, TokenRef, Trace, Upn};
use oauth::{TokenSet, client};
use prt::Expected;
use prt::acquire::Credential;
use signin::Reply;
use std::sync::Arc;
use transport::RequestAuth;

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
        identity: Option<&Identity>,
    ) -> Result<Reply, Failure> {
        let password = self.executor.vault.password(password, self.now).ok_or_else(token_gone)?;
        let held = match (standing, identity) {
            // A further domain of the tenant is new to the session, not to the machine.
            (_, Some(identity)) => self.device_bound(identity, name, &password).await?,
            (Standing::Registered, None) => return Err(token_gone()),
            (Standing::Unregistered, None) => self.plain(tenant, name, &password).await?,
        };
        let own = || self.tokens_expire(&held.set);
        let expires = held.primary.as_ref().map_or_else(own, |primary| primary.expires);
        Ok(Reply::Tokens(self.executor.vault.keep(Held::Tokens(Arc::new(held)), expires)))
    }

    /// Resource owner password (entra.md 2.5): no device is there yet that could prove itself.
    async fn plain(
        &self,
        tenant: TenantId,
        username: &Upn,
        password: &Secret<String>,
    ) -> Result<Tokens, Failure> {
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
        Ok(Tokens {
            set: Arc::new(set),
            for_registration: true,
            server_time,
            trace,
            object: None,
            primary: None,
        })
    }

    /// A PRT that the device key vouched for; who it is of is told by a signed id_token of its tokens,
    /// because the PRT's own is not signed (entra.md 2.10, rule 3).
    async fn device_bound(
        &self,
        identity: &Identity,
        username: &Upn,
        password: &Secret<String>,
    ) -> Result<Tokens, Failure> {
        let expected = Expected { tenant: identity.intent.tenant, object: None };
        let credential = Credential::Password { username, password };
        let primary = self.acquire(identity, credential, expected).await?;
        let (set, server_time) = self.broker_tokens(identity, &primary).await?;
        Ok(Tokens {
            set: Arc::new(set),
            for_registration: true,
            server_time,
            trace: Trace { correlation_id: Some(self.request_id(ACQUIRE).to_string()), ..Trace::default() },
            object: Some(primary.object),
            primary: Some(Arc::new(primary)),
        })
    }

    async fn broker_tokens(
        &self,
        identity: &Identity,
        primary: &Primary,
    ) -> Result<(TokenSet, model::Timestamp), Failure> {
        let set = Exchanges::new(self, identity, primary).broker_tokens(client::REGISTRATION).await?;
        self.redeem_set(identity.intent.tenant, &set, client::REGISTRATION).await
    }
}
