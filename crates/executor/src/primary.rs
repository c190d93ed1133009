//! Primary refresh tokens: got with the device key, renewed with the session key.

use crate::call::{Caller, answered};
use crate::join::token_gone;
use lifecycle::Identity;
use model::{Failure, KeyHandle, Nonce, TenantId, Timestamp, TokenRef};
use prt::acquire::{Acquire, Credential};
use prt::{Call, Expected, PrtError, Session, SessionKey, TagVerdict, WrappedSessionKey};
use std::sync::Arc;
use transport::RequestAuth;
use vault::{Primary, Tokens};

impl Caller<'_> {
    /// One work of a person's session.
    pub(crate) async fn user(
        &self,
        work: signin::UserWork,
        identity: &Identity,
    ) -> Result<signin::UserReply, Failure> {
        let expires_at = match work {
            signin::UserWork::Obtain { token } => self.obtain(identity, token, None).await?.expires,
            signin::UserWork::Renew { token } => self.renew(identity.intent.tenant, token).await?.expires,
        };
        Ok(signin::UserReply::Prt { expires_at })
    }

    /// The person's PRT: the one that is there, else a new one for their refresh token.
    pub(crate) async fn obtain(
        &self,
        identity: &Identity,
        token: TokenRef,
        nonce: Option<Nonce>,
    ) -> Result<Arc<Primary>, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        if let Some(primary) = &tokens.primary {
            return Ok(primary.clone());
        }
        let refresh_token = tokens.set.refresh_token.as_ref().ok_or_else(token_gone)?;
        let expected = Expected { tenant: identity.intent.tenant, object: tokens.object };
        let primary =
            self.acquire(identity, Credential::RefreshToken(refresh_token), expected, nonce).await?;
        let primary = Arc::new(primary);
        self.hold(token, &primary);
        Ok(primary)
    }

    /// Proves person and device at once (entra.md 7.2 to 7.5); the session key is unwrapped where the
    /// transport key lives.
    pub(crate) async fn acquire(
        &self,
        identity: &Identity,
        credential: Credential<'_>,
        expected: Expected,
        nonce: Option<Nonce>,
    ) -> Result<Primary, Failure> {
        let nonce = match nonce {
            Some(nonce) => nonce.value,
            None => self.nonce(expected.tenant).await?,
        };
        let order = Acquire {
            call: self.prt_call(expected.tenant, ACQUIRE),
            certificate: &identity.issued.certificate,
            nonce: &nonce,
            win_ver: &self.executor.os_version,
            credential,
        };
        let to_sign = prt::acquire::to_sign(&order);
        let signature = self.signature(&identity.keys.device, &to_sign).await?;
        let request = prt::acquire::request(&order, &to_sign, &signature);
        let reply = self.ask(request, RequestAuth::Credential).await?;
        let found = prt::acquire::read(reply, &expected).map_err(|error| error.failure())?;
        let key = self.unwrap(&identity.keys.transport, &found.session_key).await?;
        Ok(primary(found.prt, Arc::new(key), self.now))
    }

    async fn renew(&self, tenant: TenantId, token: TokenRef) -> Result<Arc<Primary>, Failure> {
        let tokens = self.executor.vault.tokens(token, self.now).ok_or_else(token_gone)?;
        let old = tokens.primary.as_ref().ok_or_else(token_gone)?;
        let nonce = self.nonce(tenant).await?;
        let call = self.prt_call(tenant, ACQUIRE);
        let request = prt::renew::request(&call, &self.session(old, &nonce, 0));
        let reply = self.ask(request, RequestAuth::Credential).await?;
        let expected = Expected { tenant, object: Some(old.object) };
        let found = prt::renew::read(reply, &old.key, &expected).map_err(|error| error.failure())?;
        let renewed = Arc::new(primary(found, old.key.clone(), self.now));
        self.hold(token, &renewed);
        Ok(renewed)
    }

    fn hold(&self, token: TokenRef, primary: &Arc<Primary>) {
        // Whoever signed out meanwhile wants none.
        drop(self.executor.vault.change(token, |tokens: &mut Tokens| tokens.primary = Some(primary.clone())));
    }

    /// A fresh nonce of the sign-in service.
    pub(crate) async fn nonce(&self, tenant: TenantId) -> Result<String, Failure> {
        let request = prt::nonce::request(&self.prt_call(tenant, NONCE));
        let reply = self.ask(request, RequestAuth::Nothing).await?;
        prt::nonce::read(reply).map_err(|error| error.failure())
    }

    /// The same, with the time at which it was asked for.
    pub(crate) async fn fetch_nonce(&self, tenant: TenantId) -> Result<Nonce, Failure> {
        Ok(Nonce { value: self.nonce(tenant).await?, at: self.now })
    }

    pub(crate) fn prt_call(&self, tenant: TenantId, nth: u8) -> Call<'_> {
        let authority = &self.executor.profile.authority;
        Call { authority, tenant, request_id: self.request_id(nth) }
    }

    /// How the nth request of a session is signed.
    pub(crate) fn session<'a>(&'a self, primary: &'a Primary, nonce: &'a str, nth: u8) -> Session<'a> {
        let win_ver = self.executor.os_version.as_str();
        let (prt, key, kdf) = (&primary.token, primary.key.as_ref(), self.executor.kdf);
        Session { prt, key, kdf, ctx: self.context(nth), nonce, win_ver }
    }

    async fn unwrap(&self, key: &KeyHandle, wrapped: &WrappedSessionKey) -> Result<SessionKey, Failure> {
        let ciphertext = wrapped.encrypted_key.to_vec();
        let unwrapped = answered(self.executor.keys.unwrap_oaep_sha1(key.clone(), ciphertext)).await?;
        let (key, verdict) =
            SessionKey::new(&unwrapped, wrapped).map_err(|error: PrtError| error.failure())?;
        if verdict == TagVerdict::Wrong {
            tracing::warn!("The tag of the session key is wrong; the next signed request will prove the key");
        }
        Ok(key)
    }
}

fn primary(prt: prt::Prt, key: Arc<SessionKey>, now: Timestamp) -> Primary {
    let (expires, handed_on) = (now.after(prt.lives), Default::default());
    Primary { token: prt.token, key, object: prt.object, expires, handed_on }
}

/// Numbers of the calls of one work, which tell their ids apart.
const NONCE: u8 = 10;
pub(crate) const ACQUIRE: u8 = 11;
