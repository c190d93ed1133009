use model::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use tenant::{Peer, Tenant};
use transport::{Bears, Call, Policy, ReplyFuture, Transport, TransportError};

/// The way to the stand-in, with its own clock and its own faults.
pub(crate) struct Wire {
    cloud: Arc<Mutex<Tenant>>,
    clock: Mutex<Timestamp>,
    lost: Mutex<BTreeSet<&'static str>>,
    recorded: Mutex<BTreeMap<&'static str, Recorded>>,
    policy: Policy,
}

/// A request of the real client, and who sent it.
pub type Recorded = (http::Request<bytes::Bytes>, Peer);

impl Wire {
    pub(crate) fn new(cloud: Arc<Mutex<Tenant>>) -> Wire {
        let policy = Policy::new(model::CloudProfile::public());
        Wire {
            cloud,
            clock: Mutex::new(Timestamp::from_secs(1_800_000_000)),
            lost: Mutex::default(),
            recorded: Mutex::default(),
            policy,
        }
    }

    pub(crate) fn set_clock(&self, now: Timestamp) {
        *self.clock.lock().unwrap() = now;
    }

    pub(crate) fn lose(&self, request: &'static str) {
        self.lost.lock().unwrap().insert(request);
    }

    /// No more faults.
    pub(crate) fn be_fair(&self) {
        self.lost.lock().unwrap().clear();
    }

    pub(crate) fn recorded(&self, name: &str) -> Option<Recorded> {
        self.recorded.lock().unwrap().get(name).cloned()
    }

    fn exchange(&self, call: Call) -> Result<transport::Reply, TransportError> {
        let Call { request, bears } = call;
        if !matches!(bears, Bears::Nothing) {
            self.policy.permit(request.uri())?;
        }
        let certificate = match &bears {
            Bears::Certificate(identity) | Bears::CertificateAndCredential(identity) => {
                identity.chain().first()
            }
            Bears::Nothing | Bears::Credential => None,
        };
        let host = request.uri().host().unwrap_or_default().to_owned();
        let peer = Peer { host: host.clone(), client_certificate: certificate.map(|der| der.0.clone()) };
        let name = tenant::name(&request);
        self.recorded.lock().unwrap().insert(name, (request.clone(), peer.clone()));
        let now = self.clock.lock().unwrap().as_millis();
        let reply = self.cloud.lock().unwrap().handle(request, &peer, now).response;
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
