//! What goes into the machine.

use crate::{LeaveKind, OpId, PreparedPair, Reply, Snapshot};
use model::{
    Account, Backend, DeviceFacts, DomainName, Failure, JoinType, MachineBinding, TenantId, TokenRef,
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
    pub intune: IntuneEnrolment,
}

/// Whether a registered device enrols into Intune.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntuneEnrolment {
    /// `apply_policy = true`.
    Enabled,
    /// `apply_policy = false`.
    Disabled,
}

/// What happened outside; nothing else moves the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The last durable state of this tenant, or [`Snapshot::absent`]; always the first event.
    Restored(Snapshot),
    /// Keys were made before anybody signed in: those of the next intent.
    Prepared(Box<PreparedPair>),
    /// A person of this tenant signed in; the machine owns the token set from here on.
    SignedIn {
        /// The person; one of another tenant is not taken in.
        account: Account,
        /// The domain that was asked for; becomes `TargetDomain` of the join.
        domain: DomainName,
        /// Their token set.
        token: TokenRef,
    },
    /// An operator asks to leave the tenant.
    LeaveRequested(LeaveKind),
    /// The machine's administrator says that it is the same machine although its components changed: the keys
    /// are to be bound to it as it is now. Not a leave, which ends an identity.
    Rebind,
    /// A person's session met this failure, which may say something about the device.
    Suspected(Failure),
    /// The work with this id ended.
    Done(OpId, Result<Reply, Failure>),
    /// The moment named by `wake_at` has come (or an earlier one: judge by `now`).
    Woke,
}
