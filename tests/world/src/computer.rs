//! What a power cut takes: the machines, the secrets, the views, and all that is in flight.

use crate::keys::PoolKeys;
use crate::network::Wire;
use crate::sessions::SessionRun;
use crate::setup::{self, Options};
use crate::sign_ins::SignInRun;
use executor::{Executor, perform_keys};
use lifecycle::Identity;
use machine::OpId;
use model::{Failure, FailureClass, ObjectId, TenantId, Timestamp, Who};
use signin::{UserReply, UserWork};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tenancy::{Answer, Caller, Event, KeysReply, KeysWork, PreparedView, Tenancy, TenantView};
use vault::Vault;

/// One run of the service.
pub(crate) struct Computer {
    pub(crate) tenancy: Tenancy,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) vault: Arc<Vault>,
    executor: Executor,
    keys: Arc<PoolKeys>,
    /// What the tenancy has not heard yet.
    pub(crate) inbox: VecDeque<Event>,
    /// Works in flight, in the order in which they were started.
    pub(crate) works: Vec<Work>,
    /// How works ended, before anybody heard of it.
    pub(crate) ended: VecDeque<Ended>,
    pub(crate) sign_ins: BTreeMap<SignInId, SignInRun>,
    pub(crate) sessions: BTreeMap<PersonId, SessionRun>,
    /// Who waits for an answer of the tenancy.
    pub(crate) waiting: BTreeMap<Caller, Waiting>,
    /// What operators were told.
    pub(crate) answers: BTreeMap<Caller, Result<Answer, Failure>>,
    pub(crate) views: BTreeMap<TenantId, TenantView>,
    pub(crate) prepared: PreparedView,
    /// Why nothing can be written any more.
    pub(crate) not_writable: Option<Failure>,
    /// Why the service was ended.
    pub(crate) stopped: Option<Failure>,
}

/// Names a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignInId(pub(crate) u64);

/// A person, by their object.
pub(crate) type PersonId = (TenantId, ObjectId);

/// What somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// A sign-in, in one of its three moments.
    SignIn(SignInId),
    Operator,
}

/// A work in flight, with the identity that was in force when it was started.
#[derive(Debug)]
pub(crate) enum Work {
    Device(OpId, Box<lifecycle::Work>),
    Keys(OpId, Box<KeysWork>),
    SignIn(SignInId, OpId, Box<signin::Work>, Option<Box<Identity>>),
    Session((PersonId, u64), OpId, UserWork, Option<Box<Identity>>),
    /// What a registration will have to know; nobody waits for it.
    PrepareJoin(TenantId),
}

/// How a work ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Device(OpId, Result<lifecycle::Reply, Failure>),
    Keys(OpId, Result<KeysReply, Failure>),
    SignIn(SignInId, OpId, Result<signin::Reply, Failure>),
    Session((PersonId, u64), OpId, Result<UserReply, Failure>),
    PrepareJoin,
}

impl Computer {
    pub(crate) fn new(options: Options, machine: u8, keys: &Arc<PoolKeys>, wire: &Arc<Wire>) -> Computer {
        let vault = Arc::new(Vault::default());
        Computer {
            tenancy: Tenancy::new(setup::facts(options, machine), options.seed),
            wake_at: None,
            executor: setup::executor(keys, wire, &vault),
            vault,
            keys: keys.clone(),
            inbox: VecDeque::new(),
            works: Vec::new(),
            ended: VecDeque::new(),
            sign_ins: BTreeMap::new(),
            sessions: BTreeMap::new(),
            waiting: BTreeMap::new(),
            answers: BTreeMap::new(),
            views: BTreeMap::new(),
            prepared: PreparedView::default(),
            not_writable: None,
            stopped: None,
        }
    }

    /// Does a work, which has its effect now.
    pub(crate) fn perform(&self, work: Work, now: Timestamp, entropy: [u8; 32]) -> Ended {
        match work {
            Work::Device(op, work) => Ended::Device(op, ready(self.executor.perform(*work, now, entropy))),
            Work::Keys(op, work) => Ended::Keys(op, ready(perform_keys(&*self.keys, *work))),
            Work::SignIn(id, op, work, identity) => {
                let identity = identity.as_deref();
                let result = ready(self.executor.perform_sign_in(*work, identity, now, entropy));
                Ended::SignIn(id, op, result)
            }
            Work::Session(id, op, work, identity) => {
                let result = match identity {
                    Some(identity) => ready(self.executor.perform_user(work, &identity, now, entropy)),
                    None => Err(not_registered()),
                };
                Ended::Session(id, op, result)
            }
            Work::PrepareJoin(tenant) => {
                ready(self.executor.prefetch_endpoints(tenant, now, entropy));
                Ended::PrepareJoin
            }
        }
    }

    /// The identity in force, as it is published.
    pub(crate) fn identity(&self, tenant: TenantId) -> Option<Box<Identity>> {
        self.views.get(&tenant)?.identity().cloned().map(Box::new)
    }
}

fn not_registered() -> Failure {
    let message = "this machine has no identity in the tenant any more".to_owned();
    Failure::local(FailureClass::NeedsUser, Who::User, "NotRegistered", message, "Sign in again.")
}

/// Everything in this world answers at once.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("something waits for what is outside of this world"),
    }
}
