//! What goes into the machine and what comes out of it.

pub use crate::snapshot::*;
pub use crate::state_name::StateName;
pub use ::machine::OpId;

use model::{
    Account, Backend, DeviceFacts, DomainName, Failure, IntentId, JoinType, KeyHandle, MachineBinding, Phase,
    RequestId, TenantId, Timestamp, TokenRef,
};

/// What the machine must know of its surroundings; the same for its whole life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The tenant this machine belongs to.
    pub tenant: TenantId,
    /// What a new identity asks for.
    pub join_type: JoinType,
    /// Which backend makes the keys of a new identity.
    pub backend: Backend,
    /// What a new identity is bound to.
    pub binding: MachineBinding,
    /// What the device calls itself.
    pub device: DeviceFacts,
    /// Whether a registered device enrols into Intune (`apply_policy`).
    pub intune: IntunePolicy,
}

/// Whether a registered device enrols into Intune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntunePolicy {
    /// `apply_policy = true`.
    Enrol,
    /// `apply_policy = false`.
    Stay,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The last durable state of this tenant, or [`Snapshot::absent`]; always the first event.
    Restored(Snapshot),
    /// Keys were made before anybody signed in: those of the next intent.
    Prepared(Box<SparePair>),
    /// A person of this tenant signed in; the machine owns the token set from here on.
    SignedIn {
        /// Who.
        account: Account,
        /// The domain that was asked for; becomes `TargetDomain` of the join.
        domain: DomainName,
        /// Their token set.
        token: TokenRef,
    },
    /// An operator asked for something.
    Asked(Ask),
    /// The machine's administrator says that it is the same machine although its components changed: the keys
    /// are to be bound to it as it is now. Not an [`Ask`], because those end an identity.
    Rebind,
    /// A person's session met this failure, which may say something about the device.
    Suspected(Failure),
    /// The work with this id ended.
    Done(OpId, Result<Reply, Failure>),
    /// The moment named by `wake_at` has come (or an earlier one: judge by `now`).
    Woke,
}

/// Keys that no tenant has a claim to yet, and the name that they carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparePair {
    /// The intent that they will be the keys of.
    pub id: IntentId,
    /// The keys.
    pub keys: DeviceKeys,
}

/// What an operator can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Leave the tenant: delete the device object with its own certificate, then the keys.
    Leave,
    /// Leave without the network: the object left behind goes to the ledger and into the report.
    ForceLeave,
}

/// What the machine wants done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make this the durable state before the next command starts.
    Persist {
        /// The state.
        snapshot: Box<Snapshot>,
        /// Why.
        because: Milestone,
    },
    /// Start this work; its end comes back as [`Event::Done`] with the same id.
    Run(OpId, Box<Work>),
    /// Abandon this work; only ever a work without outside effect.
    Cancel(OpId),
    /// End this token set; this or [`Command::HandOver`] exactly once for each that came in.
    Forget(TokenRef),
    /// The device is verified: this person's session owns the token set from here on.
    HandOver {
        /// Whose session.
        account: Account,
        /// Their token set.
        token: TokenRef,
    },
    /// Tell whoever listens.
    Report(Box<Status>),
    /// An event that changes nothing here.
    Ignored(EventKind),
}

/// The kind of an ignored event, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A second [`Event::Restored`].
    Restored,
    /// Keys for the next intent where there is one already, or of a backend that is not in use.
    Prepared,
    /// A sign-in that cannot be used now (its token is forgotten).
    SignedIn,
    /// An ask that is already being done or has nothing to do.
    Asked,
    /// [`Event::Rebind`] without an identity, or while something else is done with its keys.
    Rebind,
    /// A suspicion that says nothing here, or comes while something else is done.
    Suspected,
    /// An answer to a work that is not in flight.
    StaleDone,
    /// A wake-up before its time.
    Woke,
}

/// What follows from one event; `wake_at` says when [`Event::Woke`] is due.
pub type Batch = ::machine::Batch<Command>;

/// Why a snapshot is made durable: what else hangs on this write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Milestone {
    /// A step like any other.
    Step,
    /// The directory has proved to know the identity: from here on it may take the place of another.
    Verified,
    /// Keys made ahead of time are this tenant's from here on, and nobody else's.
    TookPreparedKeys,
    /// Somebody asked to leave, and no key or certificate is left; what the ledger knows stays.
    Left,
}

/// One thing to be done outside. None of them sleeps, retries or polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Ask DRS where to join. Read only. Ends in [`Reply::Discovered`].
    Discover {
        /// The tenant.
        tenant: TenantId,
        /// For services that want a token (401/403 without).
        token: TokenRef,
    },
    /// Make the device and the transport key of this intent. Ends in [`Reply::Keys`].
    CreateKeys(Intent),
    /// Send the join request. **Irreversible.** Ends in [`Reply::JoinAnswered`] for any 2xx reply.
    Join(Box<JoinOrder>),
    /// Parse and check the stored reply; no network. Ends in [`Reply::Issued`].
    ReadJoin {
        /// The intent whose keys the certificate must be for.
        intent: Intent,
        /// The keys.
        keys: DeviceKeys,
        /// What is on disk.
        reply: StoredReply,
    },
    /// Prove to the directory that the device is known (the first PRT). Ends in [`Reply::Verified`].
    Verify {
        /// The identity to prove.
        identity: Box<Identity>,
        /// Whose token set to use.
        token: TokenRef,
    },
    /// Make the key of the Intune certificate. Ends in [`Reply::IntuneKey`].
    CreateIntuneKey {
        /// What it is for.
        intent: IntuneIntent,
        /// Where the other keys of the identity are.
        backend: Backend,
    },
    /// Send the enrolment request. **Irreversible.** Ends in [`Reply::IntuneAnswered`] for any 2xx reply.
    EnrolIntune(Box<EnrolOrder>),
    /// Parse and check the stored reply of Intune; no network. Ends in [`Reply::IntuneIssued`].
    ReadEnrolment {
        /// The key that the certificate must be for.
        key: KeyHandle,
        /// What is on disk.
        reply: StoredReply,
    },
    /// Send the inventory to Intune. Ends in [`Reply::CheckedIn`].
    CheckIn {
        /// The enrolled identity; the session of its Intune owner is used.
        identity: Box<Identity>,
        /// What the device says of itself.
        device: DeviceFacts,
    },
    /// Bind the keys of this identity to the machine as it is now; local. Ends in [`Reply::Rebound`].
    Rebind(Box<Identity>),
    /// Retire the device in Intune, where that is offered. **Irreversible.** Ends in [`Reply::Retired`].
    Retire {
        /// The enrolled identity; the session of its Intune owner is used, if there is one.
        identity: Box<Identity>,
    },
    /// Delete the device object with its own certificate. **Irreversible.** Ends in [`Reply::Unregistered`].
    Unregister {
        /// The identity to delete.
        identity: Box<Identity>,
        /// The last resort: a DRS bearer token, if a person is signed in.
        token: Option<TokenRef>,
        /// `client-request-id`.
        request: RequestId,
    },
    /// Destroy these keys. **Irreversible**, and local. Ends in [`Reply::Erased`].
    EraseKeys(Vec<KeyHandle>),
}

impl Work {
    /// Whether it may change something outside that cannot be taken back; never cancelled, always announced.
    pub fn is_irreversible(&self) -> bool {
        !matches!(
            self,
            Work::Discover { .. }
                | Work::ReadJoin { .. }
                | Work::Verify { .. }
                | Work::CreateKeys(_)
                | Work::CreateIntuneKey { .. }
                | Work::ReadEnrolment { .. }
                // Every key store leaves the old handles as they were, the TPM and a token too.
                | Work::Rebind(_)
        )
    }

    /// The step that `status` files its end under.
    pub fn phase(&self) -> Phase {
        match self {
            Work::Discover { .. } => Phase::Discover,
            Work::CreateKeys(_) => Phase::CreateKeys,
            Work::Join(_) => Phase::Join,
            Work::ReadJoin { .. } => Phase::ReadReply,
            Work::Verify { .. } => Phase::Verify,
            Work::CreateIntuneKey { .. } => Phase::IntuneKey,
            Work::EnrolIntune(_) => Phase::IntuneEnrol,
            Work::ReadEnrolment { .. } => Phase::IntuneRead,
            Work::CheckIn { .. } => Phase::CheckIn,
            Work::Rebind(_) => Phase::Rebind,
            Work::Retire { .. } => Phase::Retire,
            Work::Unregister { .. } => Phase::Unregister,
            Work::EraseKeys(_) => Phase::EraseKeys,
        }
    }

    /// The token set it uses.
    pub fn token(&self) -> Option<TokenRef> {
        match self {
            Work::Discover { token, .. } | Work::Verify { token, .. } => Some(*token),
            Work::Join(order) => Some(order.token),
            Work::Unregister { token, .. } => *token,
            _ => None,
        }
    }
}

/// Everything one join request is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinOrder {
    /// The intent.
    pub intent: Intent,
    /// Its keys, the same in every attempt.
    pub keys: DeviceKeys,
    /// Where to.
    pub endpoints: Endpoints,
    /// Counts from 1 over the life of the intent.
    pub attempt: u32,
    /// `client-request-id`, on disk before the request leaves.
    pub request: RequestId,
    /// `TargetDomain`.
    pub domain: DomainName,
    /// Whose token set to use.
    pub token: TokenRef,
    /// What the device says of itself.
    pub device: DeviceFacts,
}

/// Everything one enrolment request is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolOrder {
    /// The registered identity.
    pub identity: Box<Identity>,
    /// The intent; the session of its owner is used.
    pub intent: IntuneIntent,
    /// Its key, the same in every attempt.
    pub key: KeyHandle,
    /// `client-request-id`, on disk before the request leaves.
    pub request: RequestId,
    /// What the device says of itself.
    pub device: DeviceFacts,
}

/// How a work ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Of [`Work::Discover`].
    Discovered(Endpoints),
    /// Of [`Work::CreateKeys`].
    Keys(DeviceKeys),
    /// Of [`Work::Join`]: the reply as it came, not parsed yet.
    JoinAnswered(StoredReply),
    /// Of [`Work::ReadJoin`].
    Issued(Box<Issued>),
    /// Of [`Work::Verify`].
    Verified,
    /// Of [`Work::CreateIntuneKey`].
    IntuneKey(KeyHandle),
    /// Of [`Work::EnrolIntune`]: the reply as it came, not parsed yet.
    IntuneAnswered(StoredReply),
    /// Of [`Work::ReadEnrolment`].
    IntuneIssued(Box<IntuneIssued>),
    /// Of [`Work::CheckIn`].
    CheckedIn,
    /// Of [`Work::Rebind`]: the same keys in new handles.
    Rebound {
        /// The keys of the identity.
        keys: DeviceKeys,
        /// The key of its Intune half, if it has one.
        intune: Option<KeyHandle>,
    },
    /// Of [`Work::Retire`].
    Retired,
    /// Of [`Work::Unregister`].
    Unregistered,
    /// Of [`Work::EraseKeys`].
    Erased,
}

/// The word of architecture's phases that a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusPhase {
    /// Not registered.
    Unregistered,
    /// On the way in.
    Enrolling,
    /// Registered.
    Registered,
    /// Registered and enrolled into Intune.
    IntuneEnrolled,
    /// Registered, and may not be used.
    Suspended,
    /// On the way out.
    Leaving,
}

/// What a person has to do before the machine goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitsFor {
    /// A sign-in that starts the registration.
    FirstSignIn,
    /// A sign-in that finishes a registration under way (the same keys wait).
    SignInToFinish,
    /// A sign-in that proves the registration to the directory.
    SignInToVerify,
    /// A sign-in that enrols into Intune.
    SignInForIntune,
    /// An administrator who removes the cause of the last failure.
    Administrator,
    /// An operator: `leave` could not delete the object, `leave --force` would leave it behind.
    Operator,
}

/// What the machine tells whoever listens, after every change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The tenant.
    pub tenant: TenantId,
    /// The phase in the user's words.
    pub phase: StatusPhase,
    /// The machine's own state.
    pub state: StateName,
    /// For whom it waits, if it does.
    pub waits_for: Option<WaitsFor>,
    /// When it goes on by itself, if it waits for time.
    pub wake_at: Option<Timestamp>,
    /// The failure that made it stop or wait, until the next success.
    pub failure: Option<Failure>,
    /// The durable truth it is about.
    pub snapshot: Snapshot,
}

impl Status {
    /// Whether the identity is as it shall be, so that nothing happens by itself.
    pub fn is_at_rest(&self) -> bool {
        self.state.is_at_rest()
    }
}
