//! The good answer to a work; every number makes other keys and other objects.

use lifecycle::{
    DeviceKeys, EndpointSource, Endpoints, Identity, IntuneIssued, Issued, Reply, StoredReply, Work,
};
use model::{
    Backend, CertificateDer, Guid, Id, IntentId, KeyHandle, KeyPurpose, RsaPublicKey, Timestamp, Trace,
};

pub(super) fn numbered<K>(n: u64) -> Id<K> {
    let mut bytes = [7; 16];
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    Id::new(Guid::from_bytes(bytes))
}

fn key(purpose: KeyPurpose, (intent, backend): (IntentId, Backend), n: u64) -> KeyHandle {
    let public = RsaPublicKey { modulus: n.to_be_bytes().to_vec(), exponent: vec![1, 0, 1] };
    KeyHandle { backend, purpose, intent, public, wrapped: vec![0] }
}

/// Keys of an intent, made in a place; `n` tells two pairs apart.
pub(super) fn keys(intent: IntentId, backend: Backend, n: u64) -> DeviceKeys {
    DeviceKeys {
        device: key(KeyPurpose::Device, (intent, backend), n),
        transport: key(KeyPurpose::Transport, (intent, backend), n),
    }
}

/// The same keys, bound to the boot state.
pub(super) fn boot_bound(keys: DeviceKeys) -> DeviceKeys {
    let bound = |key: KeyHandle| KeyHandle { wrapped: BOOT_BOUND.to_vec(), ..key };
    DeviceKeys { device: bound(keys.device), transport: bound(keys.transport) }
}

/// How a handle that is bound to the boot state is told from others here.
pub(super) const BOOT_BOUND: [u8; 1] = [1];

pub(super) fn endpoints() -> Endpoints {
    let join = "https://drs.example/EnrollmentServer/device/".to_owned();
    Endpoints { join, join_version: "2.0".to_owned(), source: EndpointSource::Discovered }
}

pub(super) fn issued(n: u64) -> Issued {
    Issued {
        device: numbered(n),
        certificate: CertificateDer(vec![0x30, 0]),
        thumbprint: "AB".repeat(20),
        not_before: Timestamp::from_secs(0),
        not_after: Timestamp::from_secs(4_000_000_000),
        warnings: Vec::new(),
    }
}

fn stored(at: Timestamp) -> StoredReply {
    StoredReply { status: 200, body: b"{}".to_vec(), trace: Trace::default(), at }
}

pub(super) fn reply(work: &Work, now: Timestamp, n: u64) -> Reply {
    match work {
        Work::Discover { .. } => Reply::Discovered(endpoints()),
        Work::Nonce { .. } => Reply::Nonce(model::Nonce { value: "AwAB".to_owned(), at: now }),
        Work::CreateKeys(intent) => Reply::Keys(keys(intent.id, intent.backend, n)),
        Work::Join(_) => Reply::JoinAnswered(stored(now)),
        Work::ReadJoin { .. } => Reply::Issued(Box::new(issued(n))),
        Work::Verify { .. } => Reply::Verified,
        Work::CreateIntuneKey { intent, backend } => {
            Reply::IntuneKey(key(KeyPurpose::Intune, (intent.id, *backend), n))
        }
        Work::EnrolIntune(_) => Reply::IntuneAnswered(stored(now)),
        Work::ReadEnrolment { .. } => Reply::IntuneIssued(Box::new(IntuneIssued {
            device: numbered(n),
            certificate: CertificateDer(vec![0x30, 1]),
            thumbprint: "CD".repeat(20),
            not_before: Timestamp::from_secs(0),
            not_after: Timestamp::from_secs(4_000_000_000),
            warnings: Vec::new(),
        })),
        Work::CheckIn { .. } => Reply::CheckedIn,
        Work::Rebind(identity) => rebound(identity),
        Work::Retire { .. } => Reply::Retired,
        Work::Unregister { .. } => Reply::Unregistered,
        Work::EraseKeys(_) => Reply::Erased,
    }
}

/// The same keys in other handles.
fn rebound(identity: &Identity) -> Reply {
    let anew = |key: &KeyHandle| KeyHandle { wrapped: vec![2; key.wrapped.len() + 1], ..key.clone() };
    let DeviceKeys { device, transport } = &identity.keys;
    let keys = DeviceKeys { device: anew(device), transport: anew(transport) };
    Reply::Rebound { keys, intune: identity.intune.key().map(anew) }
}
