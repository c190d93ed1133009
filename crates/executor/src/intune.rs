//! Enrolment into Intune, its inventory, and retirement; always with the session of the enrolling person.

use crate::call::{Caller, answered};
use crate::exchange::Exchanges;
use crate::join::token_gone;
use intune::ids;
use lifecycle::{EnrolOrder, Identity, Intune, IntuneIdentity, IntuneIntent, IntuneIssued, StoredReply};
use model::{
    Account, Backend, ClientVersion, DeviceFacts, Failure, FailureClass, KeyHandle, KeyPurpose, Secret,
    log_failure,
};
use std::sync::Arc;
use transport::RequestAuth;
use vault::{Found, Primary};

impl Caller<'_> {
    /// Makes the key of an intent.
    pub(crate) async fn create_intune_key(
        &self,
        intent: &IntuneIntent,
        backend: Backend,
    ) -> Result<KeyHandle, Failure> {
        answered(self.executor.keys.create(backend, KeyPurpose::Intune, intent.id)).await
    }

    /// Sends the enrolment request.
    pub(crate) async fn enrol(&self, order: &EnrolOrder) -> Result<StoredReply, Failure> {
        let certificate_request = self.intune_request(&order.key, &order.device.display_name).await?;
        let primary = self.primary_of(&order.identity, &order.intent.owner).await?;
        let mut exchanges = Exchanges::new(self, &order.identity, &primary);
        let endpoints = self.intune_endpoints(&mut exchanges).await?;
        let token = exchanges.token(ids::ENROLMENT).await?;
        let caller = intune::Caller {
            token: &token,
            facts: &order.device,
            version: self.intune_version().await,
            request_id: order.request,
        };
        let request = intune::enrol::request(&endpoints.enrolment, &certificate_request, &caller);
        let reply = self.send(request, RequestAuth::Credential).await?;
        let answered = intune::enrol::read(reply).map_err(|error| error.failure_of_enrolment())?;
        let found = Found { for_graph: exchanges.for_graph, endpoints };
        primary.handed_on.keep(found, self.now);
        Ok(StoredReply { status: answered.status, body: answered.body, trace: answered.trace, at: self.now })
    }

    async fn intune_request(&self, key: &KeyHandle, device_name: &str) -> Result<Vec<u8>, Failure> {
        let to_sign = intune::enrol::to_sign(&key.public, device_name).map_err(|error| error.failure())?;
        let signature = self.signature(key, &to_sign).await?;
        intune::enrol::assemble(&to_sign, &signature).map_err(|error| error.failure())
    }

    /// Parses and checks what is on disk.
    pub(crate) fn read_enrolment(
        &self,
        key: &KeyHandle,
        reply: &StoredReply,
    ) -> Result<IntuneIssued, Failure> {
        let expected = intune::enrol::Expected { key: &key.public, now: reply.at };
        let found = intune::enrol::parse(&reply.body, &expected).map_err(|error| {
            let made = intune::enrol::named_device(&reply.body).map(|device| device.guid());
            Failure { made, ..error.failure() }
        })?;
        Ok(IntuneIssued {
            device: found.device,
            certificate: found.certificate,
            thumbprint: found.thumbprint,
            not_before: found.not_before,
            not_after: found.not_after,
            warnings: found.warnings,
        })
    }

    /// Sends the inventory: five facts that were measured here.
    pub(crate) async fn check_in(&self, identity: &Identity, device: &DeviceFacts) -> Result<(), Failure> {
        let enrolled = enrolled(identity)?;
        let primary = self.primary_of(identity, &enrolled.owner).await?;
        let mut exchanges = Exchanges::new(self, identity, &primary);
        let endpoints = match primary.handed_on.take(self.now, SOON) {
            Some(Found { for_graph, endpoints }) => {
                exchanges.for_graph = for_graph;
                endpoints
            }
            None => self.intune_endpoints(&mut exchanges).await?,
        };
        let token = exchanges.token(ids::INTUNE).await?;
        let caller = self.intune_caller(&token, device).await;
        let request = intune::details::request(&endpoints.check_in, enrolled.issued.device, &caller);
        let reply = self.send(request, RequestAuth::Credential).await?;
        let known = intune::details::read(reply).map_err(|error| error.failure())?;
        tracing::info!(?known, "Inventory sent to Intune");
        Ok(())
    }

    /// Retires the device where Intune offers it.
    pub(crate) async fn retire(&self, identity: &Identity) -> Result<(), Failure> {
        let enrolled = enrolled(identity)?;
        let primary = self.primary_of(identity, &enrolled.owner).await?;
        let mut exchanges = Exchanges::new(self, identity, &primary);
        let endpoints = self.intune_endpoints(&mut exchanges).await?;
        let Some(iw) = endpoints.iw else { return Err(not_offered()) };
        let token = exchanges.token(ids::IW_SERVICE).await?;
        let caller = self.intune_caller(&token, &self.executor.device).await;
        let request = intune::device::request(&iw, enrolled.issued.device, &caller);
        let reply = self.send(request, RequestAuth::Credential).await?;
        let device = intune::device::read(reply).map_err(|error| error.failure())?;
        let target = device.retire.ok_or_else(not_offered)?;
        let request = intune::retire::request(&iw, &target, &caller).map_err(|error| error.failure())?;
        let reply = self.send(request, RequestAuth::Credential).await?;
        intune::retire::read(reply).map_err(|error| error.failure())
    }

    async fn intune_caller<'a>(
        &self,
        token: &'a Secret<String>,
        facts: &'a DeviceFacts,
    ) -> intune::Caller<'a> {
        let version = self.intune_version().await;
        intune::Caller { token, facts, version, request_id: self.request_id(INTUNE) }
    }

    async fn intune_endpoints(
        &self,
        exchanges: &mut Exchanges<'_>,
    ) -> Result<intune::endpoints::Endpoints, Failure> {
        let token = exchanges.token(ids::GRAPH).await?;
        let graph = &self.executor.profile.graph;
        let request = intune::endpoints::request(graph, &token, self.request_id(ENDPOINTS));
        let reply = self.send(request, RequestAuth::Credential).await?;
        intune::endpoints::read(reply).map_err(|error| error.failure())
    }

    /// The PRT of a person's session, got now if the session has none yet.
    async fn primary_of(&self, identity: &Identity, owner: &Account) -> Result<Arc<Primary>, Failure> {
        let (name, _) = self.executor.vault.session(owner, self.now).ok_or_else(token_gone)?;
        self.obtain(identity, name, None).await
    }

    /// `client-version`: what is configured, else the compiled default; `auto` looks once a day.
    async fn intune_version(&self) -> ClientVersion {
        if !self.executor.intune_version.is_looked_up() {
            return self.executor.intune_version.known();
        }
        if let Some(known) = self.executor.intune_version.fresh(self.now) {
            return known;
        }
        let request = intune::version_listing();
        let found = match self.send(request, RequestAuth::Nothing).await {
            Ok(reply) => intune::newest_version(&String::from_utf8_lossy(reply.body())),
            Err(failure) => {
                log_failure!(info, &failure, {}, "The newest version of the portal could not be looked up");
                None
            }
        };
        self.executor.intune_version.looked_up(found, self.now)
    }
}

fn enrolled(identity: &Identity) -> Result<&IntuneIdentity, Failure> {
    match &identity.intune {
        Intune::Enrolled(enrolled) => Ok(enrolled),
        _ => Err(Failure::local(
            FailureClass::Gone,
            model::Who::Nobody,
            "NotEnrolled",
            "this machine is not enrolled into Intune".to_owned(),
            "Nothing needs to be done.",
        )),
    }
}

fn not_offered() -> Failure {
    Failure::local(
        FailureClass::Denied,
        model::Who::TenantAdmin,
        "RetireNotOffered",
        "Intune does not let this machine retire itself".to_owned(),
        "Ask an administrator to delete the device in Intune.",
    )
}

/// Numbers of the calls of one work, which tell their ids apart.
const ENDPOINTS: u8 = 50;
const INTUNE: u8 = 51;
/// So soon an inventory follows its enrolment.
const SOON: std::time::Duration = std::time::Duration::from_secs(5 * 60);
