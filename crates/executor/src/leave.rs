use crate::call::Caller;
use crate::identity::DeviceIdentity;
use bytes::Bytes;
use drs::leave::Left;
use failures::key_failure;
use hsm::HsmError;
use lifecycle::Identity;
use model::{Failure, FailureClass, HostPort, KeyHandle, RequestId, TokenRef, Who};
use std::sync::Arc;
use transport::RequestAuth;

impl Caller<'_> {
    /// Deletes the device object: with its own certificate on the DRS host, then on its `certauth.` twin,
    /// then with the token of a signed-in person; the first that succeeds counts.
    pub(crate) async fn unregister(
        &self,
        identity: &Identity,
        token: Option<TokenRef>,
        request: RequestId,
    ) -> Result<(), Failure> {
        let drs = self.executor.profile.drs.clone();
        let own = self.device_identity(identity);
        let order = self.delete_order(&drs, identity, request);
        let mut left = self.delete(order, RequestAuth::Certificate(own.clone())).await;
        if let Err(said) = &left {
            let order = self.delete_order(&drs.prefixed("certauth"), identity, request);
            let twin = self.delete(order, RequestAuth::Certificate(own)).await;
            left = twin.map_err(|failure| weightier(said, failure));
        }
        let tenant = identity.intent.tenant;
        if let Err(said) = &left
            && let Some(token) = token.or_else(|| self.executor.vault.any_session(tenant))
        {
            let by_token = self.delete_with_token(&drs, identity, token, request).await;
            left = by_token.map_err(|failure| weightier(said, failure));
        }
        if left.map_err(|failure| verdict(identity, failure))? == Left::AlreadyGone {
            tracing::info!("The device object was gone already");
        }
        Ok(())
    }

    fn device_identity(&self, identity: &Identity) -> Arc<DeviceIdentity> {
        let certificate = identity.issued.certificate.clone();
        let key = identity.keys.device.clone();
        Arc::new(DeviceIdentity::new(certificate, key, self.executor.keys.clone()))
    }

    fn delete_order(&self, host: &HostPort, identity: &Identity, id: RequestId) -> http::Request<Bytes> {
        drs::leave::request(host, identity.issued.device, None, id, &self.executor.version)
    }

    async fn delete_with_token(
        &self,
        host: &HostPort,
        identity: &Identity,
        token: TokenRef,
        id: RequestId,
    ) -> Result<Left, Failure> {
        let tokens = self.registration_tokens(identity.intent.tenant, token).await?;
        let bearer = Some(&tokens.set.access_token);
        let order = drs::leave::request(host, identity.issued.device, bearer, id, &self.executor.version);
        self.delete(order, RequestAuth::Credential).await
    }

    async fn delete(&self, order: http::Request<Bytes>, auth: RequestAuth) -> Result<Left, Failure> {
        let reply = self.ask(order, auth).await?;
        drs::leave::read(reply).map_err(|error| error.failure())
    }

    /// Destroys keys; one that is gone already, or is another machine's, is no failure.
    pub(crate) async fn erase(&self, keys: Vec<KeyHandle>) -> Result<(), Failure> {
        for key in keys {
            match self.executor.keys.destroy(key).await {
                Ok(()) => {}
                // What was copied here has to go too, although its keys are out of reach.
                Err(error @ HsmError::OtherMachine(_)) => tracing::warn!(%error, "A key is not destroyed"),
                Err(error) => return Err(key_failure(&error)),
            }
        }
        Ok(())
    }
}

/// What the ends so far and the next say together: an end with a passing fault has not said no, so the first such
/// fault counts; a refusal counts only when every end refused.
fn weightier(said: &Failure, next: Failure) -> Failure {
    let passes = |failure: &Failure| failure.class == FailureClass::Transient;
    if passes(&next) && !passes(said) { next } else { said.clone() }
}

/// What it means for the machine: a passing fault is tried again, a refusal is the administrator's.
fn verdict(identity: &Identity, mut failure: Failure) -> Failure {
    if failure.class == FailureClass::Transient {
        return failure;
    }
    let device = identity.issued.device;
    failure.class = FailureClass::Denied;
    failure.who = Who::TenantAdmin;
    failure.message = format!(
        "the service did not let this machine delete its device object {device}: {}",
        failure.message
    );
    failure.advice = format!(
        "Sign in and leave again, or ask {} or an administrator to delete device {device}, then run: aad-tool leave --force.",
        identity.owner.upn
    );
    failure
}
