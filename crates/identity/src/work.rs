//! What is done outside for an identity, and how it ends.

use crate::{
    DeviceKeys, Endpoints, Identity, Intent, IntuneIntent, IntuneIssued, Issued, Phase, StoredReply,
};
use model::{Backend, DeviceFacts, DomainName, Failure, KeyHandle, Nonce, RequestId, TenantId, TokenRef};

/// One thing to be done outside. None of them sleeps, retries or polls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Ask DRS where to join. Read only. Ends in [`Reply::Discovered`].
    Discover {
        /// The tenant whose DRS is asked.
        tenant: TenantId,
        /// For services that want a token (401/403 without).
        token: TokenRef,
    },
    /// Fetch a nonce for the first PRT, beside the join. Read only. Ends in [`Reply::Nonce`].
    Nonce {
        /// The tenant whose sign-in service is asked.
        tenant: TenantId,
    },
    /// Make the device and the transport key of this intent. Ends in [`Reply::Keys`].
    CreateKeys(Intent),
    /// Send the join request. **Irreversible.** Ends in [`Reply::JoinAnswered`] for any 2xx reply.
    Join(Box<JoinOrder>),
    /// Parse and check the stored reply; no network. Ends in [`Reply::Issued`].
    ReadJoin {
        /// The intent whose keys the certificate must be for.
        intent: Intent,
        /// The keys of the intent; the certificate must be for the device key.
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
        /// What was fetched beside the join; where there is none the work fetches its own.
        nonce: Option<Nonce>,
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
                | Work::Nonce { .. }
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
            Work::Verify { .. } | Work::Nonce { .. } => Phase::Verify,
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
}

/// Everything one join request is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinOrder {
    /// The decision that this request carries out; its keys carry its id.
    pub intent: Intent,
    /// Its keys, the same in every attempt.
    pub keys: DeviceKeys,
    /// Where the request goes, and the version it names.
    pub endpoints: Endpoints,
    /// Counts from 1 over the life of the intent.
    pub attempt: u32,
    /// `client-request-id`, on disk before the request leaves.
    pub request: RequestId,
    /// `TargetDomain`: the domain that was asked for at the sign-in.
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
    /// Of [`Work::Discover`]: where the join request goes, as the service says.
    Discovered(Endpoints),
    /// Of [`Work::Discover`]: the documented endpoints serve, and why the service's answer does not.
    Documented(Endpoints, Box<Failure>),
    /// Of [`Work::Nonce`]: it came.
    Nonce(Nonce),
    /// Of [`Work::CreateKeys`]: the device key and the transport key.
    Keys(DeviceKeys),
    /// Of [`Work::Join`]: the reply as it came, not parsed yet.
    JoinAnswered(StoredReply),
    /// Of [`Work::ReadJoin`]: what the stored reply holds, parsed and checked.
    Issued(Box<Issued>),
    /// Of [`Work::Verify`]: the directory gave the first PRT.
    Verified,
    /// Of [`Work::CreateIntuneKey`]: the handle of the new key.
    IntuneKey(KeyHandle),
    /// Of [`Work::EnrolIntune`]: the reply as it came, not parsed yet.
    IntuneAnswered(StoredReply),
    /// Of [`Work::ReadEnrolment`]: what the stored reply holds, parsed and checked.
    IntuneIssued(Box<IntuneIssued>),
    /// Of [`Work::CheckIn`]: Intune took the inventory.
    CheckedIn,
    /// Of [`Work::Rebind`]: the same keys in new handles.
    Rebound {
        /// The keys of the identity.
        keys: DeviceKeys,
        /// The key of its Intune half, if it has one.
        intune: Option<KeyHandle>,
    },
    /// Of [`Work::Retire`]: Intune took the request to retire the device.
    Retired,
    /// Of [`Work::Unregister`]: the device object is deleted, or was gone already.
    Unregistered,
    /// Of [`Work::EraseKeys`]: every key is destroyed that this machine can reach.
    Erased,
}
