use crate::call::Caller;
use crate::join::token_gone;
use lifecycle::Identity;
use model::{DomainName, Failure, TenantId, TenantPin, Timestamp, TokenRef, Trace};
use oauth::TokenSet;
use signin::{Reply, Scope, Work};
use std::sync::Arc;
use std::time::Duration;
use transport::RequestAuth;
use vault::{Held, Tokens};

impl Caller<'_> {
    /// One work of a sign-in session.
    pub(crate) async fn sign_in(&self, work: Work, identity: Option<&Identity>) -> Result<Reply, Failure> {
        let tenant = work.asked_tenant();
        let result = self.sign_in_work(work, identity).await;
        if let (Err(failure), Some(tenant)) = (&result, tenant) {
            self.executor.authority.doubt(tenant, failure, self.now);
        }
        result
    }

    async fn sign_in_work(&self, work: Work, identity: Option<&Identity>) -> Result<Reply, Failure> {
        match work {
            Work::AskRealm { name } => self.ask_realm(&name).await,
            Work::Nonce { tenant } => self.fetch_nonce(tenant).await.map(Reply::Nonce),
            Work::Password { tenant, name, password, standing, nonce } => {
                self.sign_in_by_password((tenant, &name), password, standing, (identity, nonce)).await
            }
            Work::Exchange { tenant, token, nonce } => self.exchange(tenant, token, &nonce).await,
            Work::Resolve { domain } => self.resolve(&domain).await,
            Work::FetchKeys { keys_at } => self.fetch_keys(&keys_at).await,
            Work::RequestCode { tenant, scope, claims } => {
                self.request_code(tenant, scope, claims.as_deref()).await
            }
            Work::Poll { tenant, code } => self.poll(tenant, code).await,
            Work::RedeemGiven { tenant, token } => self.redeem_given(tenant, token).await,
            Work::Identify { pin, keys, token } => self.identify(&pin, &keys, token),
            Work::Redeem { tenant, token } => {
                self.redeem_registration(tenant, token).await.map(|_| Reply::Redeemed)
            }
            Work::LookUpMe { tenant, token } => self.look_up_me(tenant, token).await,
            Work::ListGroups { tenant, token } => self.list_groups(tenant, token).await,
        }
    }

    async fn resolve(&self, domain: &DomainName) -> Result<Reply, Failure> {
        let metadata = self.executor.authority.metadata(domain, self.now).await?;
        let pin = TenantPin { tenant: metadata.tenant, issuer: metadata.issuer };
        Ok(Reply::Resolved { pin, keys_at: metadata.jwks_uri })
    }

    async fn fetch_keys(&self, keys_at: &str) -> Result<Reply, Failure> {
        self.executor.authority.signing_keys(keys_at, self.now).await.map(Reply::Keys)
    }

    async fn request_code(
        &self,
        tenant: TenantId,
        scope: Scope,
        claims: Option<&str>,
    ) -> Result<Reply, Failure> {
        let request = oauth::device_code::request(&oauth::device_code::CodeRequest {
            authority: &self.executor.profile.authority,
            tenant,
            resource: resource(scope),
            claims,
            request_id: self.request_id(0),
        });
        // The reply brings one.
        let reply = self.ask(request, RequestAuth::Credential).await?;
        let code =
            oauth::device_code::read(reply, &self.executor.profile).map_err(|error| failure(&error))?;
        let expires = self.now.after(code.expires_in);
        let name = self.executor.vault.keep(Held::Code(Arc::new(code.device_code), scope), expires);
        Ok(Reply::Code {
            code: name,
            user_code: code.user_code,
            verification_uri: code.verification_uri,
            expires_in: code.expires_in,
            interval: code.interval,
        })
    }

    async fn poll(&self, tenant: TenantId, code: TokenRef) -> Result<Reply, Failure> {
        let (secret, scope) = self.executor.vault.code(code, self.now).ok_or_else(token_gone)?;
        let authority = &self.executor.profile.authority;
        let request = oauth::poll::request(authority, tenant, &secret, self.request_id(0));
        let reply = self.ask(request, RequestAuth::Credential).await?;
        let (server_time, trace) = (self.server_time(&reply), self.trace(0, &reply));
        match oauth::poll::read(reply).map_err(|error| failure(&error))? {
            oauth::poll::Poll::Pending => Ok(Reply::Pending),
            oauth::poll::Poll::Tokens(set) => Ok(Reply::Tokens(self.keep(set, scope, (server_time, trace)))),
            oauth::poll::Poll::SlowDown => Ok(Reply::SlowDown),
        }
    }

    pub(crate) fn keep(
        &self,
        set: TokenSet,
        scope: Scope,
        (server_time, trace): (Timestamp, Trace),
    ) -> TokenRef {
        let for_registration = scope == Scope::Registration;
        let expires = self.tokens_expire(&set);
        let (set, object, primary) = (Arc::new(set), None, None);
        let tokens = Tokens { set, for_registration, server_time, trace, object, primary };
        self.executor.vault.keep(Held::Tokens(Arc::new(tokens)), expires)
    }

    /// Until when the tokens of a sign-in that happens now are kept: a registration is tried for so long.
    pub(crate) fn tokens_expire(&self, set: &TokenSet) -> Timestamp {
        let renewable = set.refresh_token.is_some();
        self.now.after(if renewable { TOKENS_LIVE } else { set.expires_in.min(TOKENS_LIVE) })
    }

    fn identify(&self, pin: &TenantPin, keys: &model::Jwks, token: TokenRef) -> Result<Reply, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        let expected = oauth::id_token::Expected {
            tenant: pin.tenant,
            issuer: &pin.issuer,
            client_id: oauth::client::BROKER,
            server_time: tokens.server_time,
            keys,
        };
        let account = oauth::id_token::verify(&tokens.set, &expected).map_err(|error| {
            if let oauth::id_token::IdTokenError::UnknownKey(id) = &error {
                self.executor.authority.miss_key(pin.tenant, id, self.now);
            }
            error.failure()
        })?;
        if tokens.object.is_some_and(|object| object != account.object) {
            return Err(prt::PrtError::AnotherAccount("oid").failure());
        }
        self.executor.vault.change(token, |tokens| tokens.object = Some(account.object));
        Ok(Reply::Identified(account))
    }

    /// Redeems the refresh token for the registration resource, in the place of the tokens before.
    pub(crate) async fn redeem_registration(
        &self,
        tenant: TenantId,
        token: TokenRef,
    ) -> Result<Arc<Tokens>, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        let (set, server_time) = self.redeem_set(tenant, &tokens.set, oauth::client::REGISTRATION).await?;
        // The reply need not repeat what identifies the person or renews the set.
        let set = Arc::new(set.completed_by(&tokens.set));
        let changed = self.executor.vault.change(token, |tokens| {
            (tokens.set, tokens.for_registration, tokens.server_time) = (set, true, server_time);
        });
        changed.ok_or_else(token_gone)
    }

    /// A refresh token that somebody gave beforehand, redeemed for the registration resource.
    async fn redeem_given(&self, tenant: TenantId, given: TokenRef) -> Result<Reply, Failure> {
        let given = self.executor.vault.password(given, self.now).ok_or_else(token_gone)?;
        let before = TokenSet::of_refresh_token(given.expose().clone());
        let (set, server_time) = self.redeem_set(tenant, &before, oauth::client::REGISTRATION).await?;
        let came = (server_time, Trace::default());
        Ok(Reply::Tokens(self.keep(set.completed_by(&before), Scope::Registration, came)))
    }

    /// The refresh token of a set redeemed for a resource, and the server's time of the reply.
    pub(crate) async fn redeem_set(
        &self,
        tenant: TenantId,
        set: &TokenSet,
        resource: &str,
    ) -> Result<(TokenSet, Timestamp), Failure> {
        let refresh_token = set.refresh_token.as_ref().ok_or_else(token_gone)?;
        let request = oauth::refresh::request(&oauth::refresh::Refresh {
            authority: &self.executor.profile.authority,
            tenant,
            refresh_token,
            resource,
            request_id: self.request_id(2),
        });
        let reply = self.ask(request, RequestAuth::Credential).await?;
        let server_time = self.server_time(&reply);
        Ok((oauth::refresh::read(reply).map_err(|error| failure(&error))?, server_time))
    }

    async fn look_up_me(&self, tenant: TenantId, token: TokenRef) -> Result<Reply, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        let graph = &self.executor.profile.graph;
        let (set, _) = self.redeem_set(tenant, &tokens.set, &format!("https://{graph}")).await?;
        let request = oauth::graph_me::request(graph, &set.access_token, self.request_id(3));
        let reply = self.send(request, RequestAuth::Credential).await?;
        let me = oauth::graph_me::read(reply).map_err(|error| failure(&error))?;
        Ok(Reply::Me { object: me.object, upn: me.upn })
    }

    /// Every page, or none of them: a list that is not whole would keep somebody out who may come in.
    async fn list_groups(&self, tenant: TenantId, token: TokenRef) -> Result<Reply, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        let graph = &self.executor.profile.graph;
        let (set, _) = self.redeem_set(tenant, &tokens.set, &format!("https://{graph}")).await?;
        let (mut groups, mut page) = (Vec::new(), None);
        for number in 0..MOST_PAGES {
            let id = self.request_id(FIRST_PAGE + number);
            let request = oauth::graph_groups::request(graph, &set.access_token, page, id);
            let reply = self.send(request, RequestAuth::Credential).await?;
            let read = oauth::graph_groups::read(reply, graph).map_err(|error| failure(&error))?;
            groups.extend(read.groups);
            match read.next {
                Some(next) => page = Some(next),
                None => return Ok(Reply::Groups(groups)),
            }
        }
        Err(reply::ReplyError::unusable(format!(
            "Microsoft Graph has more than {MOST_PAGES} pages of groups"
        )))
    }
}

fn resource(scope: Scope) -> &'static str {
    match scope {
        Scope::Registration => oauth::client::REGISTRATION,
        Scope::Portal => oauth::client::PORTAL,
    }
}

pub(crate) fn failure(error: &oauth::OauthError) -> Failure {
    error.failure(reply::Moment::BeforeRegistration)
}

/// A sign-in is good for this long for what has to follow it, so that an outage of hours needs no second one; the
/// service may end its refresh token earlier.
const TOKENS_LIVE: Duration = Duration::from_secs(24 * 60 * 60);
/// As many pages of groups are read, a hundred groups each.
const MOST_PAGES: u8 = 50;
/// What names the request of the first of them.
const FIRST_PAGE: u8 = 8;
