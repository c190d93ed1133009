//! What is durable, and what it is made of.

use crate::{LedgerLine, Phase, RetainedKeys};
use model::{
    Account, Backend, CertificateDer, DeviceId, Failure, IntentId, IntuneDeviceId, JoinType, KeyHandle,
    MachineBinding, RequestId, TenantId, Timestamp, Trace,
};

/// The decision to register, on disk before anything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its name; the keys carry it.
    pub id: IntentId,
    /// With which tenant.
    pub tenant: TenantId,
    /// Whether the machine is joined or registered.
    pub join_type: JoinType,
    /// Which backend makes the keys.
    pub backend: Backend,
    /// What the keys are bound to.
    pub binding: MachineBinding,
    /// When it was decided.
    pub at: Timestamp,
}

/// The two keys of one intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceKeys {
    /// The key of the device certificate.
    pub device: KeyHandle,
    /// The key that session keys are encrypted to.
    pub transport: KeyHandle,
}

/// Where DRS wants to be spoken to (its Discover document, or the profile's documented endpoints).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// `JoinEndpoint`, an https URL that ends in `/`.
    pub join: String,
    /// `DeviceJoinService.ServiceVersion`, `2.0` as a rule.
    pub join_version: String,
    /// How they were learnt.
    pub source: EndpointSource,
}

model::word_enum! {
    /// How the endpoints were learnt; shown by `status`.
    pub enum EndpointSource {
        /// From the Discover document.
        Discovered = "discovered",
        /// Discover failed: the documented endpoints of the cloud profile.
        Documented = "documented",
    }
}

/// The raw answer to a join, stored before it is parsed.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// HTTP status of the reply.
    pub status: u16,
    /// The body as it came; at most 256 KiB.
    pub body: Vec<u8>,
    /// The server's `request-id`, if it sent one.
    pub trace: Trace,
    /// When it came.
    pub at: Timestamp,
}

impl std::fmt::Debug for StoredReply {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "reply({}, {} bytes)", self.status, self.body.len())
    }
}

/// What the reply to a join holds, after the hard checks of docs/architecture.md, section 5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The device id: first RDN of the certificate's subject.
    pub device: DeviceId,
    /// The device certificate.
    pub certificate: CertificateDer,
    /// SHA-1 over the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// `notBefore` of the certificate, in whole seconds.
    pub not_before: Timestamp,
    /// `notAfter` of the certificate, in whole seconds.
    pub not_after: Timestamp,
    /// Issuer, EKU and OIDs that were not as expected; a surprise is a warning only.
    pub warnings: Vec<String>,
}

/// The committed identity of this machine in one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The intent it came from.
    pub intent: Intent,
    /// The keys that its certificate and its session keys are made for.
    pub keys: DeviceKeys,
    /// What was issued.
    pub issued: Issued,
    /// Where it was registered.
    pub endpoints: Endpoints,
    /// Who registered it: the owner.
    pub owner: Account,
    /// When it was committed.
    pub registered_at: Timestamp,
    /// When the directory first proved to know it.
    pub verified_at: Option<Timestamp>,
    /// Its Intune half.
    pub intune: Intune,
    /// Why it may not be used, if so; the keys stay.
    pub suspended: Option<Suspension>,
}

/// The Intune half of an identity; each arrow between two of them is one durable write
/// (docs/architecture.md, section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intune {
    /// Never asked for.
    None,
    /// The decision is on disk; no key is made.
    Intent(IntuneIntent),
    /// The key is made.
    KeyReady(IntuneIntent, KeyHandle),
    /// An enrolment request was announced and its end is not known.
    Posting {
        /// The decision that led to the request.
        intent: IntuneIntent,
        /// The key that the request asks a certificate for.
        key: KeyHandle,
        /// Counts from 1.
        attempt: u32,
        /// The `client-request-id` that the request carries.
        request: RequestId,
    },
    /// The reply is stored and not read yet.
    ReplyStored {
        /// The decision that led to the request.
        intent: IntuneIntent,
        /// The key that the request asks a certificate for.
        key: KeyHandle,
        /// The attempt that was answered.
        attempt: u32,
        /// The `client-request-id` of the request that was answered.
        request: RequestId,
        /// The raw reply.
        reply: StoredReply,
    },
    /// The reply was read, and Intune knows the machine.
    Enrolled(Box<IntuneIdentity>),
}

/// The decision to enrol, on disk before its key is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntuneIntent {
    /// Its name; the key carries it.
    pub id: IntentId,
    /// Who enrols, and becomes the owner in Intune.
    pub owner: Account,
    /// When it was decided.
    pub at: Timestamp,
    /// A request left whose end is not known: nobody but the owner goes on with it.
    pub in_doubt: bool,
}

/// The committed enrolment of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntuneIdentity {
    /// Who enrolled it (intune.md 2.4: nobody else can).
    pub owner: Account,
    /// The key of the Intune certificate.
    pub key: KeyHandle,
    /// What was issued.
    pub issued: IntuneIssued,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// When the inventory was sent.
    pub inventory_at: Option<Timestamp>,
}

/// What Intune issued, after the checks of its dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntuneIssued {
    /// Intune's own id of the device.
    pub device: IntuneDeviceId,
    /// The Intune certificate.
    pub certificate: CertificateDer,
    /// SHA-1 over the DER, 40 upper-case hex digits.
    pub thumbprint: String,
    /// `notBefore` of the certificate, in whole seconds.
    pub not_before: Timestamp,
    /// `notAfter` of the certificate, in whole seconds.
    pub not_after: Timestamp,
    /// What was not as expected; a surprise is a warning only.
    pub warnings: Vec<String>,
}

impl Intune {
    /// The key that was made for it, if there is one.
    pub fn key(&self) -> Option<&KeyHandle> {
        match self {
            Intune::None | Intune::Intent(_) => None,
            Intune::KeyReady(_, key) | Intune::Posting { key, .. } | Intune::ReplyStored { key, .. } => {
                Some(key)
            }
            Intune::Enrolled(enrolled) => Some(&enrolled.key),
        }
    }

    /// The id that Intune gave the device, once it is enrolled.
    pub fn device(&self) -> Option<IntuneDeviceId> {
        match self {
            Intune::Enrolled(enrolled) => Some(enrolled.issued.device),
            _ => None,
        }
    }

    /// Whether nothing of it is left to be done.
    pub fn is_complete(&self) -> bool {
        matches!(self, Intune::Enrolled(enrolled) if enrolled.inventory_at.is_some())
    }

    /// Puts another handle of the same key in its place, where one was made.
    pub fn replace_key(&mut self, new: KeyHandle) {
        match self {
            Intune::None | Intune::Intent(_) => {}
            Intune::KeyReady(_, key) | Intune::Posting { key, .. } | Intune::ReplyStored { key, .. } => {
                *key = new
            }
            Intune::Enrolled(enrolled) => enrolled.key = new,
        }
    }

    /// Who alone may go on with it; anybody of the tenant where it is open.
    pub fn owner(&self) -> Option<&Account> {
        match self {
            Intune::Posting { intent, .. } | Intune::ReplyStored { intent, .. } => Some(&intent.owner),
            Intune::Intent(intent) | Intune::KeyReady(intent, _) if intent.in_doubt => Some(&intent.owner),
            Intune::Enrolled(enrolled) => Some(&enrolled.owner),
            Intune::None | Intune::Intent(_) | Intune::KeyReady(..) => None,
        }
    }
}

model::word_enum! {
    /// Why an identity may not be used.
    pub enum Suspension {
        /// The device object is disabled (135011).
        Disabled = "disabled",
        /// The device object is gone (700003, or 50155 outside the grace period and twice, 10 minutes apart).
        Deleted = "deleted",
        /// The backend cannot load the keys, and not for a passing reason.
        KeyUnavailable = "key_unavailable",
        /// This is not the machine that the keys are bound to.
        ClonedMachine = "cloned_machine",
    }
}

/// The last attempt of a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The phase whose last attempt it is.
    pub phase: Phase,
    /// When it ended.
    pub at: Timestamp,
    /// None when it went well.
    pub failure: Option<Failure>,
}

/// The whole durable truth about this machine in one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The tenant whose identity it is.
    pub tenant: TenantId,
    /// How far it is.
    pub stage: Stage,
    /// Every other object the server made or may have made.
    pub ledger: Vec<LedgerLine>,
    /// The last attempt of each phase that was ever tried, in the order of [`Phase::ALL`].
    pub attempts: Vec<Attempt>,
    /// When join requests left in the last 24 hours; at most three are allowed per intent.
    pub posts: Vec<Timestamp>,
}

impl Snapshot {
    /// What a tenant looks like before its first sign-in.
    pub fn absent(tenant: TenantId) -> Snapshot {
        Snapshot {
            tenant,
            stage: Stage::Unregistered { retained: None },
            ledger: Vec::new(),
            attempts: Vec::new(),
            posts: Vec::new(),
        }
    }
}

/// How far the registration is; each arrow between two of them is one durable write (docs/architecture.md,
/// section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Not registered. Keys of a closed intent stay and serve the next attempt.
    Unregistered {
        /// The keys of an intent that was refused.
        retained: Option<Box<RetainedKeys>>,
    },
    /// The decision is on disk; no key is made.
    Intent(Intent),
    /// Both keys are made; no request is under way.
    KeysReady(Intent, DeviceKeys),
    /// Join request announced; whether it left is not known until the next stage.
    Joining {
        /// The decision that led to the request.
        intent: Intent,
        /// The keys that the request asks a certificate for.
        keys: DeviceKeys,
        /// Counts from 1.
        attempt: u32,
        /// The `client-request-id` that the request carries.
        request: RequestId,
        /// The endpoint that the request goes to.
        endpoints: Endpoints,
        /// Who signs in.
        owner: Account,
    },
    /// The reply is stored and not read yet.
    ReplyStored {
        /// The decision that led to the request.
        intent: Intent,
        /// The keys that the request asks a certificate for.
        keys: DeviceKeys,
        /// The attempt that was answered.
        attempt: u32,
        /// The `client-request-id` of the request that was answered.
        request: RequestId,
        /// Where it was sent.
        endpoints: Endpoints,
        /// Who signed in.
        owner: Account,
        /// The raw reply.
        reply: StoredReply,
    },
    /// The identity is committed.
    Registered(Box<Identity>),
    /// On the way out; every step is on disk before it is taken.
    Leaving {
        /// The identity that leaves.
        identity: Box<Identity>,
        /// The step that is to be taken next.
        step: LeaveStep,
    },
}

impl Stage {
    /// Whether nothing of a tenant is here: no intent, no keys, no identity.
    pub fn is_bare(&self) -> bool {
        matches!(self, Stage::Unregistered { retained: None })
    }

    /// The intent that it is about, or came from; of a tenant that is not registered the one whose keys stay.
    pub fn intent(&self) -> Option<&Intent> {
        match self {
            Stage::Unregistered { retained } => retained.as_deref().map(|it| &it.intent),
            Stage::Intent(intent)
            | Stage::KeysReady(intent, _)
            | Stage::Joining { intent, .. }
            | Stage::ReplyStored { intent, .. } => Some(intent),
            Stage::Registered(identity) | Stage::Leaving { identity, .. } => Some(&identity.intent),
        }
    }

    /// The backend that made its keys, or is to make them; none where no identity hangs on them.
    pub fn backend(&self) -> Option<Backend> {
        match self {
            Stage::Unregistered { .. } => None,
            Stage::Intent(intent) => Some(intent.backend),
            Stage::KeysReady(_, keys) | Stage::Joining { keys, .. } | Stage::ReplyStored { keys, .. } => {
                Some(keys.device.backend)
            }
            Stage::Registered(identity) | Stage::Leaving { identity, .. } => {
                Some(identity.keys.device.backend)
            }
        }
    }

    /// The committed identity, also while it leaves.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Stage::Registered(identity) | Stage::Leaving { identity, .. } => Some(identity),
            _ => None,
        }
    }
}

model::word_enum! {
    /// The steps of leaving, in order.
    pub enum LeaveStep {
        /// Retire in Intune.
        Retire = "retire",
        /// Delete the device object.
        Unregister = "unregister",
        /// Destroy the keys.
        Erase = "erase",
    }
}
