use model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex};
use tenant::Tenant;
use tenant_intune::{Caller, Intune};
use tenant_model::setup::Peer;
use transport::{Call, Policy, ReplyFuture, RequestAuth, Transport, TransportError};

/// Both halves of the stand-in cloud; the directory comes first.
pub struct Cloud {
    pub(crate) tenant: Tenant,
    /// The half that enrols devices and judges their compliance.
    pub intune: Intune,
}

impl Deref for Cloud {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.tenant
    }
}

impl DerefMut for Cloud {
    fn deref_mut(&mut self) -> &mut Tenant {
        &mut self.tenant
    }
}

impl Cloud {
    /// The name of a request, and its reply.
    fn answer(
        &mut self,
        request: http::Request<bytes::Bytes>,
        peer: &Peer,
        now: i64,
    ) -> http::Response<bytes::Bytes> {
        if tenant_intune::name(&request).is_none() {
            return self.tenant.handle(request, peer, now).response;
        }
        let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
        let claims = bearer.and_then(|bearer| self.tenant.claims_of(bearer, now));
        let outcome = self.intune.handle(&request, Caller::new(claims), now);
        for change in outcome.changes {
            // A device that was deleted meanwhile has nothing to be written on.
            let _ = self.tenant.set_device_management(&change.device, change.managed, change.compliant);
        }
        outcome.response
    }
}

fn name(request: &http::Request<bytes::Bytes>) -> &'static str {
    tenant_intune::name(request).unwrap_or_else(|| tenant_wire::routes::name(request))
}

/// The way to the stand-in, with its own clock and its own faults.
pub(crate) struct Wire {
    cloud: Arc<Mutex<Cloud>>,
    clock: Mutex<Timestamp>,
    lost: Mutex<BTreeSet<&'static str>>,
    recorded: Mutex<BTreeMap<&'static str, Recorded>>,
    counted: Mutex<Vec<&'static str>>,
    policy: Policy,
}

/// A request of the real client, and who sent it.
pub type Recorded = (http::Request<bytes::Bytes>, Peer);

impl Wire {
    pub(crate) fn new(cloud: Arc<Mutex<Cloud>>) -> Wire {
        let policy = Policy::new(model::CloudProfile::public());
        Wire {
            cloud,
            clock: Mutex::new(Timestamp::from_secs(1_800_000_000)),
            lost: Mutex::default(),
            recorded: Mutex::default(),
            counted: Mutex::default(),
            policy,
        }
    }

    pub(crate) fn set_clock(&self, now: Timestamp) {
        *self.clock.lock().unwrap() = now;
    }

    pub(crate) fn lose(&self, request: &'static str) {
        self.lost.lock().unwrap().insert(request);
    }

    /// The names of all requests so far, in order.
    pub(crate) fn requests(&self) -> Vec<&'static str> {
        self.counted.lock().unwrap().clone()
    }

    /// No more faults.
    pub(crate) fn be_fair(&self) {
        self.lost.lock().unwrap().clear();
    }

    pub(crate) fn recorded(&self, name: &str) -> Option<Recorded> {
        self.recorded.lock().unwrap().get(name).cloned()
    }

    fn exchange(&self, call: Call) -> Result<transport::Reply, TransportError> {
        let Call { request, auth } = call;
        if !matches!(auth, RequestAuth::Nothing) {
            self.policy.permit(request.uri())?;
        }
        let certificate = match &auth {
            RequestAuth::Certificate(identity) | RequestAuth::CertificateAndCredential(identity) => {
                identity.chain().first()
            }
            RequestAuth::Nothing | RequestAuth::Credential => None,
        };
        let host = request.uri().host().unwrap_or_default().to_owned();
        let peer = Peer { host: host.clone(), client_certificate: certificate.map(|der| der.0.clone()) };
        let name = name(&request);
        self.recorded.lock().unwrap().insert(name, (request.clone(), peer.clone()));
        let now = self.clock.lock().unwrap().as_millis();
        let reply = self.cloud.lock().unwrap().answer(request, &peer, now);
        self.counted.lock().unwrap().push(name);
        match self.lost.lock().unwrap().remove(name) {
            true => Err(TransportError::InDoubt { host, why: "lost".to_owned() }),
            false => Ok(reply),
        }
    }
}

impl Transport for Wire {
    fn send(&self, call: Call) -> ReplyFuture {
        let reply = self.exchange(call);
        Box::pin(async move { reply })
    }
}
