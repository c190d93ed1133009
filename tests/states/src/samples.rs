//! One value of each kind that the machine of a device takes in, for the explorer and the tests.

use lifecycle::*;
use model::{
    Account, Backend, CertificateDer, Delivery, DeviceFacts, DeviceTrouble, Failure, FailureClass, Guid, Id,
    JoinType, KeyHandle, KeyPurpose, MachineBinding, Nonce, RsaPublicKey, TenantId, Timestamp, TokenRef,
    Trace, Who,
};

/// An id of sixteen such bytes.
pub fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

/// The tenant of every sample.
pub fn tenant() -> TenantId {
    id(1)
}

/// Facts of a machine with keys in software.
pub fn facts(intune: IntuneEnrolment) -> Facts {
    Facts {
        tenant: tenant(),
        join_type: JoinType::Join,
        backend: Backend::Soft,
        binding: MachineBinding { components: vec![("machine-id".to_owned(), "00".to_owned())] },
        device: DeviceFacts {
            display_name: "lap-0042".to_owned(),
            os_version: "Unknown".to_owned(),
            os_id: "Unknown".to_owned(),
            os_version_id: "Unknown".to_owned(),
            arch: "x86_64".to_owned(),
            manufacturer: "Unknown".to_owned(),
        },
        intune,
    }
}

/// A sign-in whose token set has this number.
pub fn signed_in(token: u64) -> Event {
    let upn = "alex@contoso.com";
    // The name is a constant of this file, which the tests parse.
    let (Ok(upn), Ok(domain)) = (upn.parse(), "contoso.com".parse()) else { return Event::Woke };
    let account = Account { tenant: tenant(), object: id(2), upn };
    Event::SignedIn { account, domain, token: TokenRef(token) }
}

fn key(purpose: KeyPurpose, intent: &Intent, n: u8) -> KeyHandle {
    let public = RsaPublicKey { modulus: vec![n; 4], exponent: vec![1, 0, 1] };
    KeyHandle { backend: intent.backend, purpose, intent: intent.id, public, wrapped: vec![n] }
}

/// Keys of an intent; `n` tells two pairs apart.
pub fn keys(intent: &Intent, n: u8) -> DeviceKeys {
    DeviceKeys {
        device: key(KeyPurpose::Device, intent, n),
        transport: key(KeyPurpose::Transport, intent, n),
    }
}

fn intune_key(intent: &IntuneIntent, n: u8) -> KeyHandle {
    let public = RsaPublicKey { modulus: vec![n; 4], exponent: vec![1, 0, 1] };
    let (backend, purpose) = (Backend::Soft, KeyPurpose::Intune);
    KeyHandle { backend, purpose, intent: intent.id, public, wrapped: vec![n] }
}

/// Keys made ahead of time, the nth pair.
pub fn prepared(n: u8) -> PreparedPair {
    let key = |purpose| {
        let public = RsaPublicKey { modulus: vec![n; 4], exponent: vec![1, 0, 1] };
        KeyHandle { backend: Backend::Soft, purpose, intent: id(n), public, wrapped: vec![n] }
    };
    let keys = DeviceKeys { device: key(KeyPurpose::Device), transport: key(KeyPurpose::Transport) };
    PreparedPair { id: id(n), keys }
}

/// Endpoints that were discovered.
pub fn endpoints() -> Endpoints {
    let join = "https://drs.example/EnrollmentServer/device/".to_owned();
    Endpoints { join, join_version: "2.0".to_owned(), source: EndpointSource::Discovered }
}

/// What the service issues.
pub fn issued() -> Issued {
    Issued {
        device: id(9),
        certificate: CertificateDer(vec![0x30, 0]),
        thumbprint: "AB".repeat(20),
        not_before: Timestamp::from_secs(0),
        not_after: Timestamp::from_secs(4_000_000_000),
        warnings: Vec::new(),
    }
}

/// The good answer to a work.
pub fn reply(work: &Work, now: Timestamp, n: u8) -> Reply {
    match work {
        Work::Discover { .. } => Reply::Discovered(endpoints()),
        Work::Nonce { .. } => Reply::Nonce(Nonce { value: "AwAB".to_owned(), at: now }),
        Work::CreateKeys(intent) => Reply::Keys(keys(intent, n)),
        Work::Join(_) => Reply::JoinAnswered(StoredReply {
            status: 200,
            body: b"{}".to_vec(),
            trace: Trace::default(),
            at: now,
        }),
        Work::ReadJoin { .. } => Reply::Issued(Box::new(issued())),
        Work::Verify { .. } => Reply::Verified,
        Work::CreateIntuneKey { intent, .. } => Reply::IntuneKey(intune_key(intent, n)),
        Work::EnrolIntune(_) => Reply::IntuneAnswered(StoredReply {
            status: 200,
            body: b"[]".to_vec(),
            trace: Trace::default(),
            at: now,
        }),
        Work::ReadEnrolment { .. } => Reply::IntuneIssued(Box::new(IntuneIssued {
            device: id(8),
            certificate: CertificateDer(vec![0x30, 1]),
            thumbprint: "CD".repeat(20),
            not_before: Timestamp::from_secs(0),
            not_after: Timestamp::from_secs(4_000_000_000),
            warnings: Vec::new(),
        })),
        Work::CheckIn { .. } => Reply::CheckedIn,
        Work::Rebind(identity) => rebound(identity, n),
        Work::Retire { .. } => Reply::Retired,
        Work::Unregister { .. } => Reply::Unregistered,
        Work::EraseKeys(_) => Reply::Erased,
    }
}

/// The keys of an identity in the nth handles.
fn rebound(identity: &Identity, n: u8) -> Reply {
    let anew = |key: &KeyHandle| KeyHandle { wrapped: vec![n, n], ..key.clone() };
    let DeviceKeys { device, transport } = &identity.keys;
    let keys = DeviceKeys { device: anew(device), transport: anew(transport) };
    Reply::Rebound { keys, intune: identity.intune.key().map(anew) }
}

/// A failure of a class that got so far.
pub fn failure(class: FailureClass, delivery: Delivery, code: &str) -> Failure {
    let mut failure = Failure::local(class, Who::User, code, "it failed".to_owned(), "Do something.");
    failure.delivery = delivery;
    failure.trouble = DeviceTrouble::from_code(code);
    failure.cause = model::refusal(code.trim_start_matches("AADSTS")).and_then(|line| line.cause);
    failure
}
