//! One value of each kind.

use identity::{Identity, Intune, Snapshot, Stage, Status, StatusPhase};
use lifecycle::{DeviceKeys, EndpointSource, Endpoints, Intent, Issued};
use model::{
    Account, Backend, CertificateDer, Failure, FailureClass, Guid, Id, JoinType, KeyHandle, KeyPurpose,
    MachineBinding, RsaPublicKey, Timestamp, Who,
};
use std::sync::Arc;
use tenancy_model::{MemberId, MemberView, TenantView};
use views::DomainView;

/// A machine in this phase and state that waits for nothing.
pub(super) fn status(phase: StatusPhase, state: &str) -> Status {
    let state = state.parse().unwrap();
    let snapshot = Snapshot::absent(id(1));
    Status { tenant: id(1), phase, state, waits_for: None, wake_at: None, failure: None, snapshot }
}

/// The same with this identity.
pub(super) fn registered(phase: StatusPhase, state: &str, identity: Identity) -> Status {
    let snapshot = Snapshot { stage: Stage::Registered(Box::new(identity)), ..Snapshot::absent(id(1)) };
    Status { snapshot, ..status(phase, state) }
}

/// A domain of a tenant, with the machine's status there if it has one.
pub(super) fn view(domain: &str, status: Option<Status>) -> DomainView {
    DomainView {
        domain: domain.parse().unwrap(),
        tenant: status
            .map(|status| TenantView { current: Some(member(1, status)), ..TenantView::absent(id(1)) }),
        config: None,
        missing: None,
        last_sign_in: None,
        users: vec![],
        key_tests: Default::default(),
        bound_to: Default::default(),
    }
}

/// A machine of the tenant with this status.
pub(super) fn member(number: u64, status: Status) -> MemberView {
    MemberView { id: MemberId(number), status: Arc::new(status) }
}

/// A verified identity of alex, with keys in software, that is good for ten days from [`NOW`].
pub(super) fn identity() -> Identity {
    let day = 24 * 3600;
    Identity {
        intent: Intent {
            id: id(2),
            tenant: id(1),
            join_type: JoinType::Join,
            backend: Backend::Soft,
            binding: MachineBinding { components: vec![] },
            at: NOW,
        },
        keys: DeviceKeys { device: key(KeyPurpose::Device), transport: key(KeyPurpose::Transport) },
        issued: Issued {
            device: id(3),
            certificate: CertificateDer(vec![0x30, 0]),
            thumbprint: "AB".repeat(20),
            not_before: NOW,
            not_after: Timestamp::from_secs(NOW.as_secs() + 10 * day),
            warnings: vec![],
        },
        endpoints: Endpoints {
            join: "https://drs.example/device/".to_owned(),
            join_version: "2.0".to_owned(),
            source: EndpointSource::Documented,
        },
        owner: owner(),
        registered_at: NOW,
        verified_at: Some(NOW),
        intune: Intune::None,
        suspended: None,
    }
}

pub(super) fn owner() -> Account {
    Account { tenant: id(1), object: id(4), upn: "alex@contoso.com".parse().unwrap() }
}

pub(super) fn key(purpose: KeyPurpose) -> KeyHandle {
    let public = RsaPublicKey { modulus: vec![9; 256], exponent: vec![1, 0, 1] };
    KeyHandle { backend: Backend::Soft, purpose, intent: id(2), public, wrapped: vec![purpose as u8] }
}

pub(super) fn failure(class: FailureClass, code: &str) -> Failure {
    Failure::local(class, Who::Nobody, code, "it failed".to_owned(), "Do something.")
}

/// The id of which every byte is `n`.
pub(super) fn id<K>(n: u8) -> Id<K> {
    Id::new(Guid::from_bytes([n; 16]))
}

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
