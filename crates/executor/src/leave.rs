use crate::call::{Caller, key_failure, wrong_answer};
use crate::identity::DeviceIdentity;
use bytes::Bytes;
use drs::leave::Left;
use hsm::{Answer, HsmError, Job};
use lifecycle::Identity;
use model::{Failure, FailureClass, HostPort, KeyHandle, RequestId, TokenRef, Who};
use std::sync::Arc;
use transport::Bears;

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
        let mut failures = Vec::new();
        for host in [drs.clone(), drs.prefixed("certauth")] {
            let order = self.delete_order(&host, identity, request);
            match self.delete(order, Bears::Certificate(own.clone())).await {
                Ok(left) => return settled(left),
                Err(failure) => failures.push(failure),
            }
        }
        let tenant = identity.intent.tenant;
        if let Some(token) = token.or_else(|| self.executor.vault.any_session(tenant)) {
            match self.delete_with_token(&drs, identity, token, request).await {
                Ok(left) => return settled(left),
                Err(failure) => failures.push(failure),
            }
        }
        Err(verdict(identity, &failures))
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
        self.delete(order, Bears::Credential).await
    }

    async fn delete(&self, order: http::Request<Bytes>, bears: Bears) -> Result<Left, Failure> {
        let reply = self.ask(order, bears).await?;
        drs::leave::read(reply).map_err(|error| error.failure())
    }

    /// Destroys keys; one that is gone already, or is another machine's, is no failure.
    pub(crate) async fn erase(&self, keys: Vec<KeyHandle>) -> Result<(), Failure> {
        for key in keys {
            match self.executor.keys.call(Job::Destroy(key)).await {
                Ok(Answer::Done) => {}
                // What was copied here has to go too, although its keys are out of reach.
                Err(error @ HsmError::OtherMachine(_)) => tracing::warn!(%error, "A key is not destroyed"),
                Err(error) => return Err(key_failure(&error)),
                Ok(_) => return Err(wrong_answer()),
            }
        }
        Ok(())
    }
}

fn settled(left: Left) -> Result<(), Failure> {
    if left == Left::AlreadyGone {
        tracing::info!("The device object was gone already");
    }
    Ok(())
}

/// What all ends together say: an end with a passing fault has not said no, so it is tried again; a refusal counts
/// only when every end refused.
fn verdict(identity: &Identity, failures: &[Failure]) -> Failure {
    let passing = failures.iter().find(|failure| failure.class == FailureClass::Transient);
    match (passing, failures.first()) {
        (Some(passing), _) => passing.clone(),
        (None, Some(refused)) => denied(identity, refused),
        // Two ends are asked in any case.
        (None, None) => denied(identity, &wrong_answer()),
    }
}

fn denied(identity: &Identity, refused: &Failure) -> Failure {
    let device = identity.issued.device;
    let mut failure = refused.clone();
    failure.class = FailureClass::Denied;
    failure.who = Who::TenantAdmin;
    failure.message = format!(
        "the service did not let this machine delete its device object {device}: {}",
        refused.message
    );
    failure.advice = format!(
        "Sign in and leave again, or ask {} or an administrator to delete device {device}, then run: aad-tool leave --force.",
        identity.owner.upn
    );
    failure
}
